package core

// encodeCall is the arguments, and the signature of what they go to.
func encodeCall(name string, args []any) ([]Item, string) {
	items := make([]Item, len(args))
	types := ""
	for i, arg := range args {
		item, kind := encodeAny(arg)
		items[i] = item
		if i > 0 {
			types += ","
		}
		types += kind
	}
	if name != "" && name[len(name)-1] == ')' {
		return items, name
	}
	return items, name + "(" + types + ")"
}

// The selector of Error(string).
var errorSelector = [4]byte{0x08, 0xc3, 0x79, 0xa0}

// encodeRevert is what a call that failed gives back.
func encodeRevert(reason string) []byte {
	return append(errorSelector[:4:4], Tuple(EncodeString(reason)).data...)
}

func revertReason(status int32, output []byte) (reason string) {
	if status != 1 {
		return "the callee was halted"
	}
	reason = "the callee reverted"
	if len(output) < 4 || [4]byte(output) != errorSelector {
		return reason
	}
	defer func() {
		// Revert data is the callee's; what cannot be read says nothing.
		_ = recover()
	}()
	return NewDecoder(output[4:]).Text()
}
