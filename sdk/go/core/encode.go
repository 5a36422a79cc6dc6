package core

// Item is a value by the Solidity ABI.
type Item struct {
	data      []byte
	isDynamic bool
}

// Tuple is values one after another: arguments, a struct, a fixed array.
func Tuple(items ...Item) Item {
	headBytes, allBytes, isDynamic := 0, 0, false
	for _, item := range items {
		allBytes += len(item.data)
		if item.isDynamic {
			headBytes += 32
			allBytes += 32
			isDynamic = true
		} else {
			headBytes += len(item.data)
		}
	}
	data := make([]byte, 0, allBytes)
	tail := headBytes
	for _, item := range items {
		if item.isDynamic {
			data = append(data, numberWord(uint64(tail))...)
			tail += len(item.data)
		} else {
			data = append(data, item.data...)
		}
	}
	for _, item := range items {
		if item.isDynamic {
			data = append(data, item.data...)
		}
	}
	return Item{data, isDynamic}
}

// List is values of one type whose number is not part of the type.
func List(items ...Item) Item {
	return Item{append(numberWord(uint64(len(items))), Tuple(items...).data...), true}
}

// EncodeUint is a number of any size up to 64 bits.
func EncodeUint(n uint64) Item { return Item{numberWord(n), false} }

// EncodeInt is a number with a sign of any size up to 64 bits.
func EncodeInt(n int64) Item {
	data := numberWord(uint64(n))
	if n < 0 {
		for i := range 24 {
			data[i] = 0xff
		}
	}
	return Item{data, false}
}

// EncodeUint256 is a number of 256 bits.
func EncodeUint256(n Uint256) Item { return EncodeWord(n.Bytes()) }

// EncodeWord is 32 bytes.
func EncodeWord(word [32]byte) Item { return Item{word[:], false} }

// EncodeFixed is at most 32 bytes of fixed number.
func EncodeFixed(bytes []byte) Item {
	data := make([]byte, 32)
	copy(data, bytes)
	return Item{data, false}
}

// EncodeAddress is an address. An identity that is no Ethereum address goes by
// its alias.
func EncodeAddress(a Address) Item {
	if [12]byte(a[:12]) != [12]byte{} {
		hash := Keccak256(a[:])
		a = Address{}
		copy(a[12:], hash[12:])
	}
	return EncodeWord(a)
}

// EncodeBool is a truth value.
func EncodeBool(b bool) Item {
	if b {
		return EncodeUint(1)
	}
	return EncodeUint(0)
}

// EncodeBytes is bytes of any number.
func EncodeBytes(bytes []byte) Item {
	data := make([]byte, 32+(len(bytes)+31)/32*32)
	putBE64(data[24:], uint64(len(bytes)))
	copy(data[32:], bytes)
	return Item{data, true}
}

// EncodeString is text.
func EncodeString(text string) Item { return EncodeBytes([]byte(text)) }

func numberWord(n uint64) []byte {
	data := make([]byte, 32)
	putBE64(data[24:], n)
	return data
}

// encodeAny is a value and its type as a signature names it.
func encodeAny(value any) (item Item, name string) {
	switch v := value.(type) {
	case Address:
		return EncodeAddress(v), "address"
	case ObjectID:
		return EncodeWord(v), "bytes32"
	case Hash:
		return EncodeWord(v), "bytes32"
	case Uint256:
		return EncodeUint256(v), "uint256"
	case bool:
		return EncodeBool(v), "bool"
	case string:
		return EncodeString(v), "string"
	case []byte:
		return EncodeBytes(v), "bytes"
	case uint8:
		return EncodeUint(uint64(v)), "uint8"
	case uint16:
		return EncodeUint(uint64(v)), "uint16"
	case uint32:
		return EncodeUint(uint64(v)), "uint32"
	case uint64:
		return EncodeUint(v), "uint64"
	case uint:
		return EncodeUint(uint64(v)), "uint64"
	case int8:
		return EncodeInt(int64(v)), "int8"
	case int16:
		return EncodeInt(int64(v)), "int16"
	case int32:
		return EncodeInt(int64(v)), "int32"
	case int64:
		return EncodeInt(v), "int64"
	case int:
		return EncodeInt(int64(v)), "int64"
	case []uint64:
		return encodeAll(v, EncodeUint), "uint64[]"
	case []string:
		return encodeAll(v, EncodeString), "string[]"
	case []Address:
		return encodeAll(v, EncodeAddress), "address[]"
	case []Uint256:
		return encodeAll(v, EncodeUint256), "uint256[]"
	case error:
		return EncodeString(v.Error()), "string"
	}
	panic(Failure("a value of a type that has no place in a call or an event"))
}

func encodeAll[T any](values []T, encode func(T) Item) Item {
	items := make([]Item, len(values))
	for i, value := range values {
		items[i] = encode(value)
	}
	return List(items...)
}
