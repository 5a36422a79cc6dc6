package core

import "unsafe"

// Context is the frame that a method runs in.
type Context struct{}

// BlockHeight is the number of the block.
func (Context) BlockHeight() uint64 { return uint64(hostBlockNumber()) }

// BlockTime is the time of the block in seconds since 1970.
func (Context) BlockTime() int64 { return hostBlockTimestamp() }

// ChainID is the number of the chain.
func (Context) ChainID() uint64 { return uint64(hostChainID()) }

// ContractAddress is the contract's own address.
func (Context) ContractAddress() Address { return word(hostContract) }

// Sender is who called: an account or a contract.
func (Context) Sender() Address { return word(hostCaller) }

// Origin is who signed the transaction.
func (Context) Origin() Address { return word(hostOrigin) }

// TransactionHash is the hash of the transaction.
func (Context) TransactionHash() Hash { return word(hostTransactionHash) }

// Value is the coin that came with the call, in wei.
func (Context) Value() Uint256 { return Uint256FromBytes(word(hostValue)) }

// GasLeft is the gas that is left.
func (Context) GasLeft() uint64 { return uint64(hostGasLeft()) }

// IsStatic tells whether nothing may be written.
func (Context) IsStatic() bool { return hostIsStatic() != 0 }

// Balance is the coin that addr has, in wei.
func (Context) Balance(addr Address) Uint256 {
	var amount [32]byte
	hostBalance(unsafe.Pointer(&addr), unsafe.Pointer(&amount))
	return Uint256FromBytes(amount)
}

// Transfer moves coin of the contract, in wei, without running code.
func (Context) Transfer(to Address, amount Uint256) error {
	bytes := amount.Bytes()
	if hostTransfer(unsafe.Pointer(&to), unsafe.Pointer(&bytes)) == 0 {
		return Failure("the balance does not cover the transfer")
	}
	return nil
}

// Call calls a method of a contract of any machine. The method is named with
// its types, as in "add(uint64)", or without where the types of args tell
// them. The result is read with NewDecoder. A callee that fails is an error;
// what it did is taken back, what the caller did is not.
func (ctx Context) Call(contract Address, method string, args ...any) ([]byte, error) {
	return ctx.CallWithValue(contract, Uint256{}, method, args...)
}

// CallWithValue is Call with coin, in wei.
func (Context) CallWithValue(contract Address, value Uint256, method string, args ...any) ([]byte, error) {
	return call(contract, value, method, args, 0)
}

// Query is Call that may write nothing.
func (Context) Query(contract Address, method string, args ...any) ([]byte, error) {
	const flagStatic = 1
	return call(contract, Uint256{}, method, args, flagStatic)
}

func call(contract Address, value Uint256, method string, args []any, flags uint32) ([]byte, error) {
	items, signature := encodeCall(method, args)
	selector := Keccak256([]byte(signature))
	input := append(selector[:4:4], Tuple(items...).data...)
	amount := value.Bytes()
	status := hostCall(unsafe.Pointer(&contract), unsafe.Pointer(&amount), start(input), size(input), -1, flags)
	output := buffer()
	if status == 0 {
		return output, nil
	}
	return output, Failure(revertReason(status, output))
}

// Log emits an event. The arguments are names and values in turn; the types of
// the values are part of the event.
func (Context) Log(event string, keyValues ...any) {
	Request(len(keyValues)%2 == 0, "an event takes names and values in turn")
	values := make([]any, 0, len(keyValues)/2)
	for i := 1; i < len(keyValues); i += 2 {
		values = append(values, keyValues[i])
	}
	items, signature := encodeCall(event, values)
	topic := Keccak256([]byte(signature))
	data := Tuple(items...).data
	hostEmit(unsafe.Pointer(&topic), 1, start(data), size(data))
}

// Debug prints a line for the person who debugs. It is part of no result.
func (Context) Debug(line string) { hostDebug(start([]byte(line)), uint32(len(line))) }

// Get is a record of the contract's own storage, and whether there is one.
func (Context) Get(key []byte) ([]byte, bool) { return load(key) }

// Set puts a record into the contract's own storage.
func (Context) Set(key, value []byte) { store(key, value) }

// Delete removes a record; it tells whether there was one.
func (Context) Delete(key []byte) bool { return remove(key) }

// CreateObject makes a state object that the contract owns.
func (ctx Context) CreateObject() (Object, error) { return createObject(ctx) }

// GetObject is the object with this name, whichever contract made it.
func (Context) GetObject(id ObjectID) (Object, error) { return getObject(id) }

// GetObjectWithOwner is the first object, in the order of names, that belongs
// to owner.
func (Context) GetObjectWithOwner(owner Address) (Object, error) { return objectOf(owner) }

// DeleteObject removes an object and its fields.
func (Context) DeleteObject(id ObjectID) error { return deleteObject(id) }

// Keccak256 is Ethereum's hash.
func Keccak256(bytes []byte) (hash Hash) {
	hostKeccak256(start(bytes), size(bytes), unsafe.Pointer(&hash))
	return hash
}

// GetHash is the hash SHA-256.
func GetHash(bytes []byte) (hash Hash) {
	hostSha256(start(bytes), size(bytes), unsafe.Pointer(&hash))
	return hash
}

func load(key []byte) ([]byte, bool) {
	if hostStorageGet(start(key), size(key)) < 0 {
		return nil, false
	}
	return buffer(), true
}

func store(key, value []byte) {
	hostStoragePut(start(key), size(key), start(value), size(value))
}

func remove(key []byte) bool { return hostStorageDelete(start(key), size(key)) != 0 }
