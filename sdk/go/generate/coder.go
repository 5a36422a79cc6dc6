package main

import (
	"fmt"
	"go/types"
	"sort"
	"strings"
)

// coder writes expressions that read and write values, and the functions that
// they need.
type coder struct {
	prefix    *types.Package
	packages  map[string]bool
	functions map[string]string
	needsBig  bool
}

// nameOf is the type as the main package writes it.
func (c *coder) nameOf(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == c.prefix {
			return "contract"
		}
		if p.Path() != corePath {
			if c.packages == nil {
				c.packages = map[string]bool{}
			}
			c.packages[p.Path()] = true
		}
		return p.Name()
	})
}

func (c *coder) imports() []string {
	if c.needsBig {
		if c.packages == nil {
			c.packages = map[string]bool{}
		}
		c.packages["math/big"] = true
	}
	paths := make([]string, 0, len(c.packages))
	for path := range c.packages {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	return paths
}

// decode is an expression that reads a value from the decoder d.
func (c *coder) decode(k *kind, d string) string {
	name := c.nameOf(k.goType)
	switch k.form {
	case formUint:
		return fmt.Sprintf("%s(%s.Uint(%d))", name, d, k.bits)
	case formInt:
		return fmt.Sprintf("%s(%s.Int(%d))", name, d, k.bits)
	case formBool:
		return fmt.Sprintf("%s(%s.Bool())", name, d)
	case formString:
		return fmt.Sprintf("%s(%s.Text())", name, d)
	case formBytes:
		return fmt.Sprintf("%s(%s.Bytes())", name, d)
	case formAddress:
		return fmt.Sprintf("%s.Address()", d)
	case formWord:
		return fmt.Sprintf("%s(%s.Word())", name, d)
	case formUint256:
		return fmt.Sprintf("%s.Uint256()", d)
	case formBig:
		c.needsBig = true
		return fmt.Sprintf("decodeBig(%s)", d)
	}
	return fmt.Sprintf("%s(%s)", c.function("decode", k), d)
}

// encode is an expression that encodes the value v.
func (c *coder) encode(k *kind, v string) string {
	switch k.form {
	case formUint:
		return fmt.Sprintf("core.EncodeUint(uint64(%s))", v)
	case formInt:
		return fmt.Sprintf("core.EncodeInt(int64(%s))", v)
	case formBool:
		return fmt.Sprintf("core.EncodeBool(bool(%s))", v)
	case formString:
		return fmt.Sprintf("core.EncodeString(string(%s))", v)
	case formBytes:
		return fmt.Sprintf("core.EncodeBytes([]byte(%s))", v)
	case formAddress:
		return fmt.Sprintf("core.EncodeAddress(%s)", v)
	case formWord:
		return fmt.Sprintf("core.EncodeWord(%s)", v)
	case formUint256:
		return fmt.Sprintf("core.EncodeUint256(%s)", v)
	case formFixed:
		return fmt.Sprintf("core.EncodeFixed(%s[:])", v)
	case formBig:
		c.needsBig = true
		return fmt.Sprintf("encodeBig(%s)", v)
	}
	return fmt.Sprintf("%s(%s)", c.function("encode", k), v)
}

// function is the name of a function that reads or writes values of the kind.
func (c *coder) function(verb string, k *kind) string {
	key := verb + " " + c.nameOf(k.goType)
	if c.functions == nil {
		c.functions = map[string]string{}
	}
	name := verb + word(c.nameOf(k.goType))
	if _, found := c.functions[key]; !found {
		c.functions[key] = "" // it may need itself no more than once
		if verb == "decode" {
			c.functions[key] = c.decoder(name, k)
		} else {
			c.functions[key] = c.encoder(name, k)
		}
	}
	return name
}

// word makes a type part of a name; no two types give the same.
func word(name string) string {
	var out strings.Builder
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, "_%x_", r)
		}
	}
	return "_" + out.String()
}

func (c *coder) decoder(name string, k *kind) string {
	var out strings.Builder
	fmt.Fprintf(&out, "func %s(d *core.Decoder) (v %s) {\n", name, c.nameOf(k.goType))
	if k.isDynamic() && k.form != formList {
		fmt.Fprintln(&out, "d = d.Inner()")
	}
	switch k.form {
	case formFixed:
		fmt.Fprintln(&out, "d.Fixed(v[:])")
	case formList:
		fmt.Fprintf(&out, "d, count := d.Slice()\nv = make(%s, count)\n", c.nameOf(k.goType))
		fmt.Fprintf(&out, "for i := range v {\nv[i] = %s\n}\n", c.decode(k.inner, "d"))
	case formArray:
		fmt.Fprintf(&out, "for i := range v {\nv[i] = %s\n}\n", c.decode(k.inner, "d"))
	case formStruct:
		for _, f := range k.fields {
			fmt.Fprintf(&out, "v.%s = %s\n", f.name, c.decode(f.kind, "d"))
		}
	}
	fmt.Fprintln(&out, "return v\n}")
	return out.String()
}

func (c *coder) encoder(name string, k *kind) string {
	var out strings.Builder
	fmt.Fprintf(&out, "func %s(v %s) core.Item {\n", name, c.nameOf(k.goType))
	switch k.form {
	case formStruct:
		var items []string
		for _, f := range k.fields {
			items = append(items, c.encode(f.kind, "v."+f.name))
		}
		fmt.Fprintf(&out, "return core.Tuple(%s)\n}\n", strings.Join(items, ", "))
	default:
		fmt.Fprintln(&out, "items := make([]core.Item, len(v))")
		fmt.Fprintf(&out, "for i := range v {\nitems[i] = %s\n}\n", c.encode(k.inner, "v[i]"))
		if k.form == formList {
			fmt.Fprintln(&out, "return core.List(items...)\n}")
		} else {
			fmt.Fprintln(&out, "return core.Tuple(items...)\n}")
		}
	}
	return out.String()
}

// helpers writes the functions that were asked for.
func (c *coder) helpers(out *strings.Builder) {
	keys := make([]string, 0, len(c.functions))
	for key := range c.functions {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		fmt.Fprintf(out, "\n%s", c.functions[key])
	}
	if c.needsBig {
		out.WriteString(bigHelpers)
	}
}

const bigHelpers = `
func decodeBig(d *core.Decoder) *big.Int {
	word := d.Word()
	return new(big.Int).SetBytes(word[:])
}

func encodeBig(n *big.Int) core.Item {
	core.Request(n != nil && n.Sign() >= 0 && n.BitLen() <= 256, "a number does not fit uint256")
	var word [32]byte
	n.FillBytes(word[:])
	return core.EncodeWord(word)
}
`
