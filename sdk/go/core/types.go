package core

import (
	"errors"
	"math/bits"
)

// Address names an account or a contract of any machine. An Ethereum address
// is twelve zero bytes and its twenty.
type Address [32]byte

// ObjectID names a state object.
type ObjectID [32]byte

// Hash is a hash of 32 bytes.
type Hash [32]byte

// ZeroAddress is nobody's address.
var ZeroAddress Address

func (a Address) String() string   { return hexText(a[:]) }
func (id ObjectID) String() string { return hexText(id[:]) }
func (h Hash) String() string      { return hexText(h[:]) }

// AddressFromString reads 20 or 32 bytes in hexadecimal, with or without 0x.
func AddressFromString(text string) Address { return Address(fromHex(text)) }

// IDFromString reads up to 32 bytes in hexadecimal, with or without 0x.
func IDFromString(text string) ObjectID { return ObjectID(fromHex(text)) }

// HashFromString reads up to 32 bytes in hexadecimal, with or without 0x.
func HashFromString(text string) Hash { return Hash(fromHex(text)) }

func hexText(bytes []byte) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 2+2*len(bytes))
	text = append(text, "0x"...)
	for _, b := range bytes {
		text = append(text, digits[b>>4], digits[b&15])
	}
	return string(text)
}

func fromHex(text string) (word [32]byte) {
	if len(text) >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') {
		text = text[2:]
	}
	Request(len(text)%2 == 0 && len(text) <= 64, "not hexadecimal of at most 32 bytes: "+text)
	begin := 32 - len(text)/2
	for i := range len(text) {
		c := text[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			Request(false, "not hexadecimal: "+text)
		}
		word[begin+i/2] |= c << (4 * (1 - i%2))
	}
	return word
}

// ErrOverflow is a sum, difference or product that 256 bits do not hold.
var ErrOverflow = errors.New("the number does not fit 256 bits")

// Uint256 is a number of 256 bits. The zero value is zero. Its arithmetic is
// checked: what does not fit takes the call back.
type Uint256 struct {
	limbs [4]uint64 // the least first
}

// NewUint256 is the number n.
func NewUint256(n uint64) Uint256 { return Uint256{[4]uint64{n}} }

// Uint256FromBytes reads 32 bytes, the most significant first.
func Uint256FromBytes(bytes [32]byte) (n Uint256) {
	for i := range n.limbs {
		n.limbs[i] = be64(bytes[24-8*i:])
	}
	return n
}

// Bytes is the number in 32 bytes, the most significant first.
func (n Uint256) Bytes() (bytes [32]byte) {
	for i, limb := range n.limbs {
		putBE64(bytes[24-8*i:], limb)
	}
	return bytes
}

// Cmp is -1, 0 or +1, as n is less than m, equal, or more.
func (n Uint256) Cmp(m Uint256) int {
	for i := 3; i >= 0; i-- {
		if n.limbs[i] != m.limbs[i] {
			if n.limbs[i] < m.limbs[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// IsZero tells whether n is zero.
func (n Uint256) IsZero() bool { return n == Uint256{} }

// IsUint64 tells whether n fits 64 bits.
func (n Uint256) IsUint64() bool { return n == NewUint256(n.limbs[0]) }

// Uint64 is n, which must fit.
func (n Uint256) Uint64() uint64 {
	Request(n.IsUint64(), "the number does not fit 64 bits")
	return n.limbs[0]
}

// Add is n + m.
func (n Uint256) Add(m Uint256) (sum Uint256) {
	var carry uint64
	for i := range n.limbs {
		sum.limbs[i], carry = bits.Add64(n.limbs[i], m.limbs[i], carry)
	}
	Assert(carry == 0, ErrOverflow)
	return sum
}

// Sub is n - m.
func (n Uint256) Sub(m Uint256) (difference Uint256) {
	var borrow uint64
	for i := range n.limbs {
		difference.limbs[i], borrow = bits.Sub64(n.limbs[i], m.limbs[i], borrow)
	}
	Assert(borrow == 0, ErrOverflow)
	return difference
}

// Mul is n * m.
func (n Uint256) Mul(m Uint256) (product Uint256) {
	for i, a := range n.limbs {
		var carry uint64
		for j, b := range m.limbs {
			if i+j >= 4 {
				Assert(a == 0 || b == 0, ErrOverflow)
				continue
			}
			high, low := bits.Mul64(a, b)
			var c uint64
			low, c = bits.Add64(low, carry, 0)
			high += c
			product.limbs[i+j], c = bits.Add64(product.limbs[i+j], low, 0)
			carry = high + c
		}
		Assert(carry == 0, ErrOverflow)
	}
	return product
}

// DivMod64 is n / m and the rest. A zero m takes the call back.
func (n Uint256) DivMod64(m uint64) (quotient Uint256, rest uint64) {
	Request(m != 0, "division by zero")
	for i := 3; i >= 0; i-- {
		quotient.limbs[i], rest = bits.Div64(rest, n.limbs[i], m)
	}
	return quotient, rest
}

// String is the number in decimal.
func (n Uint256) String() string {
	var digits [78]byte
	at := len(digits)
	for {
		var digit uint64
		n, digit = n.DivMod64(10)
		at--
		digits[at] = byte('0' + digit)
		if n.IsZero() {
			return string(digits[at:])
		}
	}
}

func be64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0])<<56 | uint64(b[1])<<48 | uint64(b[2])<<40 | uint64(b[3])<<32 |
		uint64(b[4])<<24 | uint64(b[5])<<16 | uint64(b[6])<<8 | uint64(b[7])
}

func putBE64(b []byte, n uint64) {
	_ = b[7]
	for i := range 8 {
		b[i] = byte(n >> (56 - 8*i))
	}
}
