//go:build !wasip1

package core

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"unsafe"
)

// The functions of the host over the chain in memory, for programs that do not
// run on one.

const (
	mockNotFound   = 1
	mockPermission = 2
	mockBadName    = 3
	mockTooLong    = 4
	mockTooMany    = 6
	mockHasObjects = 7

	mockNameBytesMax  = 64
	mockValueBytesMax = 64 << 10
	mockFieldsMax     = 256
)

func chain() *Mock {
	if mock == nil {
		panic(Failure("there is no chain: begin with core.NewMock()"))
	}
	return mock
}

func at(from unsafe.Pointer, bytes uint32) []byte {
	if bytes == 0 {
		return nil
	}
	return slices.Clone(unsafe.Slice((*byte)(from), bytes))
}

func put(into unsafe.Pointer, bytes []byte) {
	copy(unsafe.Slice((*byte)(into), len(bytes)), bytes)
}

func (m *Mock) keep(bytes []byte) int32 {
	m.buffer = bytes
	return int32(len(bytes))
}

func hostInputRead(unsafe.Pointer, uint32, uint32) {
	panic(Failure("in tests methods are called by their names"))
}

func hostFinish(unsafe.Pointer, uint32) {}

func hostRevert(from unsafe.Pointer, bytes uint32) {
	panic(Failure(revertReason(1, at(from, bytes))))
}

func hostBufferBytes() uint32 { return uint32(len(chain().buffer)) }

func hostBufferRead(into unsafe.Pointer, offset, bytes uint32) {
	if bytes > 0 {
		put(into, chain().buffer[offset:offset+bytes])
	}
}

func hostStorageGet(key unsafe.Pointer, keyBytes uint32) int32 {
	record, ok := chain().state.records[string(at(key, keyBytes))]
	if !ok {
		return -1
	}
	return chain().keep(record)
}

func hostStoragePut(key unsafe.Pointer, keyBytes uint32, value unsafe.Pointer, valueBytes uint32) {
	chain().refuseIfStatic()
	chain().state.records[string(at(key, keyBytes))] = at(value, valueBytes)
}

func hostStorageDelete(key unsafe.Pointer, keyBytes uint32) int32 {
	chain().refuseIfStatic()
	name := string(at(key, keyBytes))
	_, ok := chain().state.records[name]
	delete(chain().state.records, name)
	return flag(ok)
}

func flag(is bool) int32 {
	if is {
		return 1
	}
	return 0
}

func hostObjectCreate(ownerKind uint32, owner, into unsafe.Pointer) int32 {
	m := chain()
	m.refuseIfStatic()
	m.state.created++
	seed := binary.BigEndian.AppendUint64(append(m.Transaction[:], m.Contract[:]...), m.state.created)
	id := ObjectID(keccak256(seed))
	m.state.objects[id] = mockObject{m.Contract, Address(at(owner, 32)), ownerKind != ownerIsAddress, map[string][]byte{}}
	put(into, id[:])
	return 0
}

func hostObjectGet(id, into unsafe.Pointer) int32 {
	object, ok := chain().state.objects[ObjectID(at(id, 32))]
	if !ok {
		return -1
	}
	put(into, append(object.creator[:], object.owner[:]...))
	return flag(object.isInObject)
}

func hostObjectField(id, name unsafe.Pointer, nameBytes uint32) int32 {
	value, ok := chain().state.objects[ObjectID(at(id, 32))].fields[string(at(name, nameBytes))]
	if !ok {
		return -1
	}
	return chain().keep(value)
}

// change is the object, if the contract may change it: as its creator, or as
// its owner through other objects.
func change(id unsafe.Pointer) (name ObjectID, object mockObject, code int32) {
	m := chain()
	m.refuseIfStatic()
	name = ObjectID(at(id, 32))
	object, ok := m.state.objects[name]
	if !ok {
		return name, object, mockNotFound
	}
	owner := object
	for owner.isInObject {
		if owner, ok = m.state.objects[ObjectID(owner.owner)]; !ok {
			return name, object, mockPermission
		}
	}
	if object.creator != m.Contract && owner.owner != m.Contract {
		return name, object, mockPermission
	}
	return name, object, 0
}

func hostObjectSetField(id, name unsafe.Pointer, nameBytes uint32, value unsafe.Pointer, valueBytes uint32) int32 {
	_, object, code := change(id)
	if code != 0 {
		return code
	}
	field := string(at(name, nameBytes))
	_, isThere := object.fields[field]
	switch {
	case len(field) == 0 || len(field) > mockNameBytesMax:
		return mockBadName
	case valueBytes > mockValueBytesMax:
		return mockTooLong
	case !isThere && len(object.fields) == mockFieldsMax:
		return mockTooMany
	}
	object.fields[field] = at(value, valueBytes)
	return 0
}

func hostObjectSetOwner(id unsafe.Pointer, ownerKind uint32, owner unsafe.Pointer) int32 {
	name, object, code := change(id)
	if code == 0 {
		object.owner, object.isInObject = Address(at(owner, 32)), ownerKind != ownerIsAddress
		chain().state.objects[name] = object
	}
	return code
}

func hostObjectDelete(id unsafe.Pointer) int32 {
	name, _, code := change(id)
	if code != 0 {
		return code
	}
	for _, other := range chain().state.objects {
		if other.isInObject && ObjectID(other.owner) == name {
			return mockHasObjects
		}
	}
	delete(chain().state.objects, name)
	return 0
}

func hostObjectList(ownerKind uint32, owner, after unsafe.Pointer, afterBytes, limit uint32) int32 {
	whose, above := Address(at(owner, 32)), []byte(nil)
	if afterBytes != ^uint32(0) {
		above = at(after, afterBytes)
	}
	var names [][]byte
	for id, object := range chain().state.objects {
		isTheirs := object.owner == whose && object.isInObject == (ownerKind != ownerIsAddress)
		if isTheirs && (above == nil || bytes.Compare(id[:], above) > 0) {
			names = append(names, id[:])
		}
	}
	slices.SortFunc(names, bytes.Compare)
	names = names[:min(len(names), int(limit))]
	chain().keep(bytes.Join(names, nil))
	return int32(len(names))
}

func hostCaller(into unsafe.Pointer)   { put(into, chain().Sender[:]) }
func hostOrigin(into unsafe.Pointer)   { put(into, chain().Origin[:]) }
func hostContract(into unsafe.Pointer) { put(into, chain().Contract[:]) }

func hostValue(into unsafe.Pointer) { putNumber(into, chain().Value) }

func hostBalance(address, into unsafe.Pointer) {
	putNumber(into, chain().state.balances[Address(at(address, 32))])
}

func putNumber(into unsafe.Pointer, number Uint256) {
	word := number.Bytes()
	put(into, word[:])
}

func number(from unsafe.Pointer) Uint256 { return Uint256FromBytes([32]byte(at(from, 32))) }

func hostTransfer(to, amount unsafe.Pointer) int32 {
	chain().refuseIfStatic()
	return flag(chain().move(chain().Contract, Address(at(to, 32)), number(amount)))
}

func hostCall(to, value, input unsafe.Pointer, inputBytes uint32, _ int64, flags uint32) int32 {
	m := chain()
	contract, amount, data := Address(at(to, 32)), number(value), at(input, inputBytes)
	if flags != 0 && !amount.IsZero() || m.IsStatic && !amount.IsZero() {
		m.refuseIfStatic()
	}
	revert := func(reason string) int32 {
		m.keep(encodeRevert(reason))
		return 1
	}
	answer := m.answers[contract][[4]byte(data)]
	if answer == nil {
		return revert("the test has no answer for " + hexText(data[:4]) + " of " + contract.String())
	}
	if !m.move(m.Contract, contract, amount) {
		return revert("the balance does not cover the value of the call")
	}
	result, err := answer(NewDecoder(data[4:]), amount)
	if err != nil {
		m.move(contract, m.Contract, amount)
		return revert(err.Error())
	}
	m.keep(result.data)
	return 0
}

func hostEmit(topics unsafe.Pointer, topicCount uint32, data unsafe.Pointer, dataBytes uint32) {
	chain().refuseIfStatic()
	event := MockEvent{Data: at(data, dataBytes)}
	for words := at(topics, 32*topicCount); len(words) > 0; words = words[32:] {
		event.Topics = append(event.Topics, Hash(words))
	}
	chain().Events = append(chain().Events, event)
}

func hostBlockNumber() int64                  { return int64(chain().Height) }
func hostBlockTimestamp() int64               { return chain().Time }
func hostChainID() int64                      { return int64(chain().ChainID) }
func hostTransactionHash(into unsafe.Pointer) { put(into, chain().Transaction[:]) }
func hostGasLeft() int64                      { return 1 << 62 }
func hostIsStatic() int32                     { return flag(chain().IsStatic) }

func hostKeccak256(from unsafe.Pointer, bytes uint32, into unsafe.Pointer) {
	hash := keccak256(at(from, bytes))
	put(into, hash[:])
}

func hostSha256(from unsafe.Pointer, bytes uint32, into unsafe.Pointer) {
	hash := sha256.Sum256(at(from, bytes))
	put(into, hash[:])
}

func hostDebug(from unsafe.Pointer, bytes uint32) {
	chain().Lines = append(chain().Lines, string(at(from, bytes)))
}
