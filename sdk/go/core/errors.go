package core

import "errors"

// Failure is why a call takes back what it did. Panic with one anywhere.
type Failure string

func (f Failure) Error() string { return string(f) }

// ErrNotFound is a state object that does not exist.
var ErrNotFound = errors.New("object not found")

// ErrPermission is a change of an object by someone who does not own it.
var ErrPermission = errors.New("not the owner of the object")

// Request takes the call back, with the message, unless the condition holds.
func Request(condition bool, message ...any) {
	if !condition {
		panic(Failure(text("request failed", message)))
	}
}

// Assert takes the call back unless the condition holds: true, or no error.
func Assert(condition any, message ...any) {
	switch c := condition.(type) {
	case nil:
	case bool:
		if !c {
			panic(Failure(text("assertion failed", message)))
		}
	case error:
		panic(Failure(text(c.Error(), message)))
	default:
		panic(Failure("an assertion is a truth value or an error"))
	}
}

// Error takes the call back unless err is nil.
func Error(err error) {
	if err != nil {
		panic(Failure(err.Error()))
	}
}

func text(otherwise string, message []any) string {
	if len(message) == 0 {
		return otherwise
	}
	switch m := message[0].(type) {
	case string:
		return m
	case error:
		return m.Error()
	case interface{ String() string }:
		return m.String()
	}
	return otherwise
}
