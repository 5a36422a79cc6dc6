// Package core is what a contract in Go imports: the frame it runs in, its
// state objects, calls to contracts of any machine, and events.
//
// A contract is a package with an exported type whose exported methods are
// what others may call:
//
//	type Counter struct{}
//
//	func (c *Counter) Initialize(ctx core.Context) (core.ObjectID, error)
//
// "braid go build" writes what stands between the methods and the chain. A
// method that returns an error, or panics, takes back all that its call did.
package core
