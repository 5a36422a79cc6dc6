package core

import "unsafe"

// Object is a state object: named fields, and an owner. Objects are things of
// the state that contracts of every machine see.
type Object interface {
	// ID is the object's name.
	ID() ObjectID
	// Contract is the contract that made it.
	Contract() Address
	// Owner is who has it: an account, a contract, or the name of an object.
	Owner() Address
	// SetOwner hands it over.
	SetOwner(owner Address) error
	// Get is the value of a field. A name or a hash comes back as an ObjectID,
	// an int as an int64, a uint as a uint64.
	Get(field string) (any, error)
	// Set sets a field to a number, a truth value, text, bytes, an address, a
	// name, a hash, or a list of texts.
	Set(field string, value any) error
}

const ownerIsAddress = 0

type object struct {
	id      ObjectID
	creator Address
	owner   Address
}

func (o *object) ID() ObjectID      { return o.id }
func (o *object) Owner() Address    { return o.owner }
func (o *object) Contract() Address { return o.creator }

// check tells whether the frame may change the object. The state lets its
// creator do so at any time; a contract in Go does so for itself and for an
// owner who calls.
func (o *object) check() error {
	ctx := Context{}
	if o.owner == ctx.ContractAddress() || o.owner == ctx.Sender() {
		return nil
	}
	return ErrPermission
}

func (o *object) SetOwner(owner Address) error {
	if err := o.check(); err != nil {
		return err
	}
	err := refusal(hostObjectSetOwner(unsafe.Pointer(&o.id), ownerIsAddress, unsafe.Pointer(&owner)))
	if err == nil {
		o.owner = owner
	}
	return err
}

func (o *object) Get(field string) (any, error) {
	name := []byte(field)
	if hostObjectField(unsafe.Pointer(&o.id), start(name), size(name)) < 0 {
		return nil, Failure("object has no field " + field)
	}
	return unpackField(buffer())
}

func (o *object) Set(field string, value any) error {
	if err := o.check(); err != nil {
		return err
	}
	name, bytes := []byte(field), packField(value)
	return refusal(hostObjectSetField(unsafe.Pointer(&o.id), start(name), size(name), start(bytes), size(bytes)))
}

func createObject(ctx Context) (Object, error) {
	o := &object{creator: ctx.ContractAddress(), owner: ctx.ContractAddress()}
	code := hostObjectCreate(ownerIsAddress, unsafe.Pointer(&o.owner), unsafe.Pointer(&o.id))
	return o, refusal(code)
}

func getObject(id ObjectID) (Object, error) {
	var record [2]Address // creator and owner
	if hostObjectGet(unsafe.Pointer(&id), unsafe.Pointer(&record)) < 0 {
		return nil, ErrNotFound
	}
	return &object{id, record[0], record[1]}, nil
}

func objectOf(owner Address) (Object, error) {
	none := ^uint32(0)
	if hostObjectList(ownerIsAddress, unsafe.Pointer(&owner), nil, none, 1) == 0 {
		return nil, ErrNotFound
	}
	return getObject(ObjectID(buffer()))
}

func deleteObject(id ObjectID) error {
	found, err := getObject(id)
	if err != nil {
		return err
	}
	if err := found.(*object).check(); err != nil {
		return err
	}
	return refusal(hostObjectDelete(unsafe.Pointer(&id)))
}

// refusal is what the state says of a change, as docs/src/objects.md numbers it.
func refusal(code int32) error {
	switch code {
	case 0:
		return nil
	case 1:
		return ErrNotFound
	case 2:
		return ErrPermission
	case 3:
		return Failure("the name of a field is empty, too long or not text")
	case 4:
		return Failure("the value of a field is too long")
	case 6:
		return Failure("the object has as many fields as one may have")
	case 7:
		return Failure("the object has objects of its own")
	}
	return Failure("the state refuses the change of the object")
}
