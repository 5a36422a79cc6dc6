//go:build !wasip1

package core

import (
	"encoding/binary"
	"math/bits"
)

// keccak256 is Ethereum's hash: the permutation of FIPS 202 with a padding of
// its own, for tests that run without a host.
func keccak256(message []byte) (hash [32]byte) {
	const rate = 136
	padded := append([]byte{}, message...)
	padded = append(padded, make([]byte, rate-len(message)%rate)...)
	padded[len(message)] |= 0x01
	padded[len(padded)-1] |= 0x80
	var state [25]uint64
	for ; len(padded) > 0; padded = padded[rate:] {
		for lane := range rate / 8 {
			state[lane] ^= binary.LittleEndian.Uint64(padded[8*lane:])
		}
		permute(&state)
	}
	for lane := range 4 {
		binary.LittleEndian.PutUint64(hash[8*lane:], state[lane])
	}
	return hash
}

func permute(state *[25]uint64) {
	constant := byte(1)
	for range 24 {
		var parity [5]uint64
		for i, lane := range state {
			parity[i%5] ^= lane
		}
		for i := range state {
			state[i] ^= parity[(i+4)%5] ^ bits.RotateLeft64(parity[(i+1)%5], 1)
		}
		// Rotate each lane, and move it to where it goes.
		x, y, moved := 1, 0, state[1]
		for round := range 24 {
			x, y = y, (2*x+3*y)%5
			turn := (round + 1) * (round + 2) / 2
			moved, state[x+5*y] = state[x+5*y], bits.RotateLeft64(moved, turn%64)
		}
		for row := 0; row < 25; row += 5 {
			lanes := [5]uint64(state[row:])
			for i := range lanes {
				state[row+i] = lanes[i] ^ (^lanes[(i+1)%5] & lanes[(i+2)%5])
			}
		}
		for power := range 7 {
			if constant&1 != 0 {
				state[0] ^= 1 << (1<<power - 1)
			}
			carry := constant >> 7
			constant = constant<<1 ^ carry*0x71
		}
	}
}
