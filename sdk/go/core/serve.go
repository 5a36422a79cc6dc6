package core

import "unsafe"

// Method is what "braid go build" makes of a method.
type Method struct {
	// Signature is the method as the Solidity ABI names it.
	Signature string
	// IsPayable tells whether coin may come with a call.
	IsPayable bool
	// Run reads the arguments, calls the method, and encodes its results.
	Run func(Context, *Decoder) (Item, error)

	selector [4]byte
}

var methods []Method

// Register tells which methods there are. It runs before the first call.
func Register(all ...Method) {
	for i := range all {
		hash := Keccak256([]byte(all[i].Signature))
		all[i].selector = [4]byte(hash[:])
	}
	methods = all
}

// Serve answers a call.
func Serve(inputBytes int32) int32 {
	input := read(inputBytes)
	if len(input) < 4 {
		return fail("a call names a method in its first 4 bytes")
	}
	for i := range methods {
		if methods[i].selector == [4]byte(input) {
			return run(&methods[i], input[4:])
		}
	}
	return fail("there is no method of selector " + hexText(input[:4]))
}

// ServeConstructor makes the contract.
func ServeConstructor(inputBytes int32, constructor Method) int32 {
	return run(&constructor, read(inputBytes))
}

func read(bytes int32) []byte {
	input := make([]byte, bytes)
	if bytes > 0 {
		hostInputRead(start(input), 0, size(input))
	}
	return input
}

func run(method *Method, arguments []byte) (code int32) {
	defer func() {
		if cause := recover(); cause != nil {
			code = fail(reasonOf(cause))
		}
	}()
	ctx := Context{}
	if !method.IsPayable && !ctx.Value().IsZero() {
		return fail(method.Signature + " takes no coin")
	}
	result, err := method.Run(ctx, NewDecoder(arguments))
	if err != nil {
		return fail(err.Error())
	}
	hostFinish(start(result.data), size(result.data))
	return 0
}

func reasonOf(cause any) string {
	switch c := cause.(type) {
	case error:
		return c.Error()
	case string:
		return c
	}
	return "panic"
}

func fail(reason string) int32 {
	data := encodeRevert(reason)
	hostRevert(unsafe.Pointer(unsafe.SliceData(data)), size(data))
	return 1
}
