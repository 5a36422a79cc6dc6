// Package nft is things that are each of their own, as state objects: whoever
// owns the object owns the thing.
package nft

import "braid/core"

// NFT makes things and hands them over.
type NFT struct{}

// Thing is what there is to know of one.
type Thing struct {
	ID    core.ObjectID
	Owner core.Address
	Name  string
	Tags  []string
}

// Mint makes a thing for its first owner.
func (n *NFT) Mint(ctx core.Context, owner core.Address, name string, tags []string) (core.ObjectID, error) {
	core.Request(owner != core.ZeroAddress, "nobody would own it")
	obj, err := ctx.CreateObject()
	if err != nil {
		return core.ObjectID{}, err
	}
	core.Error(obj.Set("name", name))
	core.Error(obj.Set("tags", tags))
	core.Error(obj.SetOwner(owner))
	ctx.Log("Minted", "id", obj.ID(), "owner", owner, "name", name)
	return obj.ID(), nil
}

// Transfer hands a thing over; its owner does.
func (n *NFT) Transfer(ctx core.Context, id core.ObjectID, to core.Address) error {
	obj, err := ctx.GetObject(id)
	if err != nil {
		return err
	}
	from := obj.Owner()
	if err := obj.SetOwner(to); err != nil {
		return err
	}
	ctx.Log("Transferred", "id", id, "from", from, "to", to)
	return nil
}

// Burn removes a thing; its owner does.
func (n *NFT) Burn(ctx core.Context, id core.ObjectID) error { return ctx.DeleteObject(id) }

// Describe tells all of a thing.
//
//braid:view
func (n *NFT) Describe(ctx core.Context, id core.ObjectID) (Thing, error) {
	obj, err := ctx.GetObject(id)
	if err != nil {
		return Thing{}, err
	}
	name, err := obj.Get("name")
	core.Error(err)
	tags, err := obj.Get("tags")
	core.Error(err)
	return Thing{id, obj.Owner(), name.(string), tags.([]string)}, nil
}
