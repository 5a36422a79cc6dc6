// Command generate writes what stands between a contract in Go and the chain:
// the main package with its exports, and the interface as JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

func main() {
	directory := flag.String("dir", ".", "the folder of the contract's package")
	path := flag.String("import", "contract", "its import path")
	core := flag.String("core", "core", "the folder of package braid/core")
	out := flag.String("out", "main.go", "the main package to write")
	description := flag.String("interface", "interface.json", "the interface to write")
	flag.Parse()
	build.Default.CgoEnabled = false
	if err := run(*directory, *path, *core, *out, *description); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(directory, path, core, out, description string) error {
	c, err := load(directory, path, core)
	if err != nil {
		return err
	}
	if err := c.findMethods(); err != nil {
		return err
	}
	c.findEvents()
	source, err := c.source(path)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(c.description(), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, source, 0o644); err != nil {
		return err
	}
	return os.WriteFile(description, append(text, '\n'), 0o644)
}

// contract is a package and what was found in it.
type contract struct {
	files   *token.FileSet
	syntax  []*ast.File
	info    *types.Info
	pkg     *types.Package
	named   *types.TypeName // nil where functions of the package are the methods
	methods []method
	deploy  *method
	events  []event
	coder   coder
}

type method struct {
	name       string // in Go
	public     string // in the interface
	mutability string
	hasContext bool
	hasError   bool
	inputs     []parameter
	outputs    []parameter
}

type parameter struct {
	name string
	kind *kind
}

type event struct {
	name   string
	fields []parameter
}

func load(directory, path, core string) (*contract, error) {
	c := &contract{files: token.NewFileSet()}
	var err error
	if c.syntax, err = parse(c.files, directory); err != nil {
		return nil, err
	}
	if c.syntax[0].Name.Name == "main" {
		return nil, fmt.Errorf("%s is package main; a contract is a package of its own name, "+
			"the main package is generated", directory)
	}
	absolute, err := filepath.Abs(directory)
	if err != nil {
		return nil, err
	}
	from := importer.ForCompiler(c.files, "source", nil).(types.ImporterFrom)
	standard := located{from: from, directory: absolute}
	coreFiles, err := parse(c.files, core)
	if err != nil {
		return nil, err
	}
	known := types.Config{Importer: standard, IgnoreFuncBodies: true}
	if standard.core, err = known.Check(corePath, c.files, coreFiles, nil); err != nil {
		return nil, err
	}
	c.info = &types.Info{
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
		Types: map[ast.Expr]types.TypeAndValue{},
	}
	config := types.Config{Importer: standard}
	c.pkg, err = config.Check(path, c.files, c.syntax, c.info)
	return c, err
}

// parse reads the Go files of a folder that are built for contracts.
func parse(files *token.FileSet, directory string) ([]*ast.File, error) {
	target := build.Default
	target.GOOS, target.GOARCH = "wasip1", "wasm"
	names, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var syntax []*ast.File
	for _, name := range names {
		fits, err := target.MatchFile(directory, filepath.Base(name))
		if err != nil {
			return nil, err
		}
		if !fits || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		syntax = append(syntax, file)
	}
	if len(syntax) == 0 {
		return nil, fmt.Errorf("%s holds no Go files", directory)
	}
	return syntax, nil
}

// located imports as a file of a folder would.
type located struct {
	from      types.ImporterFrom
	directory string
	core      *types.Package
}

func (l located) Import(path string) (*types.Package, error) {
	if path == corePath && l.core != nil {
		return l.core, nil
	}
	return l.from.ImportFrom(path, l.directory, 0)
}

// findMethods takes the exported methods of the one type whose methods take a
// context, or the exported functions where no type does.
func (c *contract) findMethods() error {
	candidates := map[string][]*ast.FuncDecl{}
	for _, file := range c.syntax {
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || !function.Name.IsExported() {
				continue
			}
			owner := receiver(function)
			if owner == "" || ast.IsExported(owner) {
				candidates[owner] = append(candidates[owner], function)
			}
		}
	}
	var owners []string
	for owner, functions := range candidates {
		if owner != "" && c.anyTakesContext(functions) {
			owners = append(owners, owner)
		}
	}
	sort.Strings(owners)
	owner := ""
	switch {
	case len(owners) > 1:
		return fmt.Errorf("%s are all contracts; a package holds one", strings.Join(owners, ", "))
	case len(owners) == 1:
		owner = owners[0]
		c.named = c.pkg.Scope().Lookup(owner).(*types.TypeName)
	case !c.anyTakesContext(candidates[""]):
		return fmt.Errorf("no contract found: an exported type whose exported methods take a " +
			"core.Context first, or exported functions that do")
	}
	for _, function := range candidates[owner] {
		if err := c.addMethod(function); err != nil {
			return fmt.Errorf("%s: %s: %w", c.files.Position(function.Pos()), function.Name.Name, err)
		}
	}
	return c.checkNames()
}

func (c *contract) checkNames() error {
	seen := map[string]string{}
	for _, m := range c.methods {
		if other, found := seen[m.signature()]; found {
			return fmt.Errorf("%s and %s are both %s", other, m.name, m.signature())
		}
		seen[m.signature()] = m.name
	}
	return nil
}

func receiver(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return ""
	}
	kind := function.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name
	}
	return "?"
}

func (c *contract) anyTakesContext(functions []*ast.FuncDecl) bool {
	for _, function := range functions {
		signature := c.info.Defs[function.Name].Type().(*types.Signature)
		if takesContext(signature) {
			return true
		}
	}
	return false
}

func takesContext(signature *types.Signature) bool {
	return signature.Params().Len() > 0 && coreName(signature.Params().At(0).Type()) == "Context"
}

func (c *contract) addMethod(function *ast.FuncDecl) error {
	signature := c.info.Defs[function.Name].Type().(*types.Signature)
	if signature.Variadic() || signature.TypeParams() != nil {
		return fmt.Errorf("a method is neither variadic nor generic")
	}
	m := method{name: function.Name.Name, public: lowerFirst(function.Name.Name), mutability: "nonpayable"}
	m.hasContext = takesContext(signature)
	for i := range signature.Params().Len() {
		if i == 0 && m.hasContext {
			continue
		}
		parameter, err := c.parameter(signature.Params().At(i), fmt.Sprintf("argument %d", i))
		if err != nil {
			return err
		}
		m.inputs = append(m.inputs, parameter)
	}
	results := signature.Results()
	for i := range results.Len() {
		if i == results.Len()-1 && results.At(i).Type().String() == "error" {
			m.hasError = true
			continue
		}
		parameter, err := c.parameter(results.At(i), fmt.Sprintf("result %d", i+1))
		if err != nil {
			return err
		}
		m.outputs = append(m.outputs, parameter)
	}
	if function.Doc != nil {
		for _, line := range function.Doc.List {
			switch word := strings.TrimPrefix(line.Text, "//braid:"); word {
			case line.Text:
			case "view", "payable":
				m.mutability = word
			default:
				return fmt.Errorf("//braid:%s is unknown; there are view and payable", word)
			}
		}
	}
	if m.name == "Deploy" {
		c.deploy = &m
		return nil
	}
	c.methods = append(c.methods, m)
	return nil
}

func (c *contract) parameter(variable *types.Var, what string) (parameter, error) {
	kind, err := kindOf(variable.Type(), 0)
	if err != nil {
		return parameter{}, fmt.Errorf("%s: %w", what, err)
	}
	name := variable.Name()
	if name == "_" {
		name = ""
	}
	return parameter{name, kind}, nil
}

// findEvents takes the calls of Log whose event is a constant text.
func (c *contract) findEvents() {
	seen := map[string]bool{}
	for _, file := range c.syntax {
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || call.Ellipsis.IsValid() || len(call.Args)%2 != 1 {
				return true
			}
			function, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || function.Sel.Name != "Log" || coreName(c.info.Types[function.X].Type) != "Context" {
				return true
			}
			found, ok := c.event(call.Args)
			if ok && !seen[found.signature()] {
				seen[found.signature()] = true
				c.events = append(c.events, found)
			}
			return true
		})
	}
}

func (c *contract) event(args []ast.Expr) (event, bool) {
	text := func(expression ast.Expr) (string, bool) {
		value := c.info.Types[expression].Value
		if value == nil {
			return "", false
		}
		var text string
		err := json.Unmarshal([]byte(value.ExactString()), &text)
		return text, err == nil
	}
	name, ok := text(args[0])
	if !ok {
		return event{}, false
	}
	found := event{name: name}
	for i := 1; i+1 < len(args); i += 2 {
		key, ok := text(args[i])
		value := types.Default(c.info.Types[args[i+1]].Type)
		kind, err := kindOf(value, 0)
		if !ok || err != nil {
			return event{}, false
		}
		found.fields = append(found.fields, parameter{key, kind})
	}
	return found, true
}

func (e event) signature() string { return e.name + signatureOf(e.fields) }

func (m method) signature() string { return m.public + signatureOf(m.inputs) }

func signatureOf(parameters []parameter) string {
	names := make([]string, len(parameters))
	for i, p := range parameters {
		names[i] = p.kind.signature()
	}
	return "(" + strings.Join(names, ",") + ")"
}

// lowerFirst names a Go method as other languages would: BalanceOf is
// balanceOf, TokenURI tokenURI, ID id, URLOf urlOf.
func lowerFirst(name string) string {
	letters := []rune(name)
	for i := range letters {
		isUpper := letters[i] >= 'A' && letters[i] <= 'Z'
		nextIsLower := i+1 < len(letters) && letters[i+1] >= 'a' && letters[i+1] <= 'z'
		if !isUpper || i > 0 && nextIsLower {
			break
		}
		letters[i] += 'a' - 'A'
	}
	return string(letters)
}

func (c *contract) source(path string) ([]byte, error) {
	var out strings.Builder
	receiver := "contract"
	fmt.Fprintln(&out, "// Code generated by braid. DO NOT EDIT.\n\npackage main")
	c.coder.prefix = c.pkg
	var body strings.Builder
	if c.named != nil {
		receiver = "instance"
		fmt.Fprintf(&body, "var instance contract.%s\n\n", c.named.Name())
	}
	fmt.Fprintln(&body, "func init() {\n\tcore.Register(")
	for _, m := range c.methods {
		fmt.Fprintf(&body, "core.Method%s,\n", c.method(m, receiver))
	}
	fmt.Fprintln(&body, ")\n}\n\n//go:wasmexport call\nfunc call(inputBytes int32) int32 { return core.Serve(inputBytes) }")
	if c.deploy != nil {
		fmt.Fprintf(&body, "\n//go:wasmexport deploy\nfunc deploy(inputBytes int32) int32 {\n"+
			"return core.ServeConstructor(inputBytes, %s)\n}\n", "core.Method"+c.method(*c.deploy, receiver))
	}
	fmt.Fprintln(&body, "\nfunc main() {}")
	c.coder.helpers(&body)
	fmt.Fprintf(&out, "\nimport (\n\"braid/core\"\n\ncontract %q\n", path)
	for _, other := range c.coder.imports() {
		fmt.Fprintf(&out, "%q\n", other)
	}
	fmt.Fprintln(&out, ")")
	return format.Source([]byte(out.String() + "\n" + body.String()))
}

// method is the entry of a method in the table.
func (c *contract) method(m method, receiver string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "{Signature: %q, IsPayable: %v, Run: func(ctx core.Context, d *core.Decoder) (core.Item, error) {\n",
		m.signature(), m.mutability == "payable")
	var args, results, items []string
	if m.hasContext {
		args = append(args, "ctx")
	}
	for i, p := range m.inputs {
		name := fmt.Sprintf("a%d", i)
		fmt.Fprintf(&out, "%s := %s\n", name, c.coder.decode(p.kind, "d"))
		args = append(args, name)
	}
	for i, p := range m.outputs {
		name := fmt.Sprintf("r%d", i)
		results = append(results, name)
		items = append(items, c.coder.encode(p.kind, name))
	}
	if m.hasError {
		results = append(results, "err")
	}
	call := fmt.Sprintf("%s.%s(%s)", receiver, m.name, strings.Join(args, ", "))
	if len(results) > 0 {
		call = strings.Join(results, ", ") + " := " + call
	}
	fmt.Fprintln(&out, call)
	if m.hasError {
		fmt.Fprintln(&out, "if err != nil {\nreturn core.Item{}, err\n}")
	}
	fmt.Fprintf(&out, "return core.Tuple(%s), nil\n}}", strings.Join(items, ", "))
	return out.String()
}

type entry map[string]any

// description is the interface as Solidity's compiler writes it.
func (c *contract) description() []entry {
	list := func(parameters []parameter, isEvent bool) []entry {
		all := make([]entry, 0, len(parameters))
		for _, p := range parameters {
			one := p.kind.description(p.name)
			if isEvent {
				one["indexed"] = false
			}
			all = append(all, one)
		}
		return all
	}
	var all []entry
	if c.deploy != nil {
		all = append(all, entry{"type": "constructor", "inputs": list(c.deploy.inputs, false),
			"stateMutability": c.deploy.mutability})
	}
	for _, m := range c.methods {
		all = append(all, entry{"type": "function", "name": m.public, "inputs": list(m.inputs, false),
			"outputs": list(m.outputs, false), "stateMutability": m.mutability})
	}
	for _, e := range c.events {
		all = append(all, entry{"type": "event", "name": e.name, "inputs": list(e.fields, true), "anonymous": false})
	}
	return all
}
