package core

import "unsafe"

// start is where the bytes are; the host touches none of an empty slice.
func start(bytes []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(bytes)) }

func size(bytes []byte) uint32 { return uint32(len(bytes)) }

// buffer is the result of the call before.
func buffer() []byte {
	bytes := make([]byte, hostBufferBytes())
	hostBufferRead(start(bytes), 0, size(bytes))
	return bytes
}

func word(read func(unsafe.Pointer)) (word [32]byte) {
	read(unsafe.Pointer(&word))
	return word
}
