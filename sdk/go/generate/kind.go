package main

import (
	"fmt"
	"go/types"
	"strings"
)

// kind is a type of Go with its type by the Solidity ABI.
type kind struct {
	form   form
	bits   int // of numbers; bytes of fixed ones
	goType types.Type
	inner  *kind   // of lists and arrays
	count  int64   // of arrays
	fields []field // of structs
}

type field struct {
	name string
	kind *kind
}

type form int

const (
	formUint form = iota
	formInt
	formBool
	formString
	formBytes
	formFixed // bytes of a fixed number, at most 32
	formAddress
	formWord // an object's name or a hash
	formUint256
	formBig // *big.Int
	formList
	formArray
	formStruct
)

const (
	corePath      = "braid/core"
	nestingMax    = 16
	fixedBytesMax = 32
)

// coreName is the name of a type of package core.
func coreName(t types.Type) string {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != corePath {
		return ""
	}
	return named.Obj().Name()
}

func kindOf(t types.Type, depth int) (*kind, error) {
	if depth > nestingMax {
		return nil, fmt.Errorf("%s is nested too deep", t)
	}
	t = types.Unalias(t)
	switch coreName(t) {
	case "":
	case "Address":
		return &kind{form: formAddress, goType: t}, nil
	case "ObjectID", "Hash":
		return &kind{form: formWord, goType: t}, nil
	case "Uint256":
		return &kind{form: formUint256, goType: t}, nil
	default:
		return nil, fmt.Errorf("%s cannot cross between contracts", t)
	}
	if t.String() == "*math/big.Int" {
		return &kind{form: formBig, goType: t}, nil
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basicKind(t, u)
	case *types.Slice:
		if isByte(u.Elem()) {
			return &kind{form: formBytes, goType: t}, nil
		}
		inner, err := kindOf(u.Elem(), depth+1)
		return &kind{form: formList, goType: t, inner: inner}, err
	case *types.Array:
		if isByte(u.Elem()) && u.Len() > 0 && u.Len() <= fixedBytesMax {
			return &kind{form: formFixed, goType: t, bits: int(u.Len())}, nil
		}
		if u.Len() == 0 {
			return nil, fmt.Errorf("%s is an array of nothing", t)
		}
		inner, err := kindOf(u.Elem(), depth+1)
		return &kind{form: formArray, goType: t, inner: inner, count: u.Len()}, err
	case *types.Struct:
		return structKind(t, u, depth)
	}
	return nil, fmt.Errorf("%s cannot cross between contracts", t)
}

func isByte(t types.Type) bool {
	basic, ok := types.Unalias(t).(*types.Basic)
	return ok && basic.Kind() == types.Uint8
}

func basicKind(t types.Type, basic *types.Basic) (*kind, error) {
	number := func(form form, bits int) (*kind, error) {
		return &kind{form: form, bits: bits, goType: t}, nil
	}
	switch basic.Kind() {
	case types.Bool:
		return number(formBool, 0)
	case types.String:
		return number(formString, 0)
	case types.Uint8:
		return number(formUint, 8)
	case types.Uint16:
		return number(formUint, 16)
	case types.Uint32:
		return number(formUint, 32)
	case types.Uint64, types.Uint:
		return number(formUint, 64)
	case types.Int8:
		return number(formInt, 8)
	case types.Int16:
		return number(formInt, 16)
	case types.Int32:
		return number(formInt, 32)
	case types.Int64, types.Int:
		return number(formInt, 64)
	}
	return nil, fmt.Errorf("%s cannot cross between contracts", t)
}

func structKind(t types.Type, u *types.Struct, depth int) (*kind, error) {
	named, ok := t.(*types.Named)
	if !ok || !named.Obj().Exported() || named.TypeArgs() != nil {
		return nil, fmt.Errorf("%s is no exported struct of a package", t)
	}
	if u.NumFields() == 0 {
		return nil, fmt.Errorf("%s is a struct of nothing", t)
	}
	k := &kind{form: formStruct, goType: t}
	for i := range u.NumFields() {
		variable := u.Field(i)
		if !variable.Exported() {
			return nil, fmt.Errorf("%s: the field %s is not exported", t, variable.Name())
		}
		inner, err := kindOf(variable.Type(), depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, variable.Name(), err)
		}
		k.fields = append(k.fields, field{variable.Name(), inner})
	}
	return k, nil
}

// signature is the type as signatures of methods name it.
func (k *kind) signature() string {
	switch k.form {
	case formUint:
		return fmt.Sprintf("uint%d", k.bits)
	case formInt:
		return fmt.Sprintf("int%d", k.bits)
	case formBool:
		return "bool"
	case formString:
		return "string"
	case formBytes:
		return "bytes"
	case formFixed:
		return fmt.Sprintf("bytes%d", k.bits)
	case formAddress:
		return "address"
	case formWord:
		return "bytes32"
	case formUint256, formBig:
		return "uint256"
	case formList:
		return k.inner.signature() + "[]"
	case formArray:
		return fmt.Sprintf("%s[%d]", k.inner.signature(), k.count)
	}
	names := make([]string, len(k.fields))
	for i, f := range k.fields {
		names[i] = f.kind.signature()
	}
	return "(" + strings.Join(names, ",") + ")"
}

// description is the type as JSON interfaces describe it.
func (k *kind) description(name string) entry {
	suffix, base := "", k
	for base.inner != nil {
		if base.form == formList {
			suffix = "[]" + suffix
		} else {
			suffix = fmt.Sprintf("[%d]%s", base.count, suffix)
		}
		base = base.inner
	}
	if base.form != formStruct {
		return entry{"name": name, "type": k.signature()}
	}
	var components []entry
	for _, f := range base.fields {
		components = append(components, f.kind.description(lowerFirst(f.name)))
	}
	return entry{"name": name, "type": "tuple" + suffix, "components": components}
}

// isDynamic tells whether values have no fixed size.
func (k *kind) isDynamic() bool {
	switch k.form {
	case formString, formBytes, formList:
		return true
	case formArray:
		return k.inner.isDynamic()
	}
	for _, f := range k.fields {
		if f.kind.isDynamic() {
			return true
		}
	}
	return false
}
