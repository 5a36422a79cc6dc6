package core

// packField is a value as the field of an object holds it: the length of its
// type's text, the text, and the value by the Solidity ABI.
func packField(value any) []byte {
	item, kind := encodeAny(value)
	bytes := []byte{byte(len(kind) >> 8), byte(len(kind))}
	bytes = append(bytes, kind...)
	return append(bytes, Tuple(item).data...)
}

func unpackField(bytes []byte) (any, error) {
	if len(bytes) < 2 || len(bytes) < 2+int(bytes[0])<<8+int(bytes[1]) {
		return nil, Failure("a field is damaged")
	}
	bytes, length := bytes[2:], int(bytes[0])<<8+int(bytes[1])
	kind, d := string(bytes[:length]), NewDecoder(bytes[length:])
	switch kind {
	case "uint8":
		return uint8(d.Uint(8)), nil
	case "uint16":
		return uint16(d.Uint(16)), nil
	case "uint32":
		return uint32(d.Uint(32)), nil
	case "uint64":
		return d.Uint(64), nil
	case "int8":
		return int8(d.Int(8)), nil
	case "int16":
		return int16(d.Int(16)), nil
	case "int32":
		return int32(d.Int(32)), nil
	case "int64":
		return d.Int(64), nil
	case "uint256":
		return d.Uint256(), nil
	case "bool":
		return d.Bool(), nil
	case "string":
		return d.Text(), nil
	case "bytes":
		return d.Bytes(), nil
	case "address":
		return d.Address(), nil
	case "bytes32":
		return ObjectID(d.Word()), nil
	case "string[]":
		inner, count := d.Slice()
		texts := make([]string, count)
		for i := range texts {
			texts[i] = inner.Text()
		}
		return texts, nil
	}
	return nil, Failure("a field of type " + kind + " is none that Go reads")
}
