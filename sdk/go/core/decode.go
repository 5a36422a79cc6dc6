package core

// Decoder reads values by the Solidity ABI, one after another. What is not
// what it should be takes the call back.
type Decoder struct {
	data []byte // what offsets count from
	at   int
}

// NewDecoder reads data.
func NewDecoder(data []byte) *Decoder { return &Decoder{data: data} }

// Word is the next 32 bytes.
func (d *Decoder) Word() [32]byte {
	if len(d.data)-d.at < 32 {
		bad("they end too early")
	}
	word := [32]byte(d.data[d.at:])
	d.at += 32
	return word
}

// Uint is a number of so many bits, at most 64.
func (d *Decoder) Uint(bits uint) uint64 {
	word := d.Word()
	n := be64(word[24:])
	if [24]byte(word[:24]) != [24]byte{} || bits < 64 && n>>bits != 0 {
		bad("a number is too large for its type")
	}
	return n
}

// Int is a number with a sign of so many bits, at most 64.
func (d *Decoder) Int(bits uint) int64 {
	word := d.Word()
	n := int64(be64(word[24:]))
	var fill byte
	if n < 0 {
		fill = 0xff
	}
	for _, b := range word[:24] {
		if b != fill {
			bad("a number is too large for its type")
		}
	}
	if n<<(64-bits)>>(64-bits) != n {
		bad("a number is too large for its type")
	}
	return n
}

// Uint256 is a number of 256 bits.
func (d *Decoder) Uint256() Uint256 { return Uint256FromBytes(d.Word()) }

// Address is an address.
func (d *Decoder) Address() Address {
	word := d.Word()
	if [12]byte(word[:12]) != [12]byte{} {
		bad("an address has more than 20 bytes")
	}
	return word
}

// Bool is a truth value.
func (d *Decoder) Bool() bool { return d.Uint(1) == 1 }

// Fixed fills bytes, at most 32.
func (d *Decoder) Fixed(bytes []byte) {
	word := d.Word()
	copy(bytes, word[:])
	for _, b := range word[len(bytes):] {
		if b != 0 {
			bad("fixed bytes are followed by others")
		}
	}
}

// Inner reads a value of no fixed size, which stands where an offset says.
func (d *Decoder) Inner() *Decoder {
	offset := d.Uint(64)
	if offset > uint64(len(d.data)) {
		bad("an offset points behind the end")
	}
	return NewDecoder(d.data[offset:])
}

// Bytes is bytes of any number.
func (d *Decoder) Bytes() []byte {
	inner := d.Inner()
	count := inner.Uint(64)
	rest := inner.data[inner.at:]
	if count > uint64(len(rest)) {
		bad("bytes end too early")
	}
	return rest[:count:count]
}

// Text is text.
func (d *Decoder) Text() string { return string(d.Bytes()) }

// Slice reads the number of values of a list, each of at least a word, and
// gives what reads them.
func (d *Decoder) Slice() (*Decoder, int) {
	inner := d.Inner()
	count := inner.Uint(64)
	rest := inner.data[inner.at:]
	if count > uint64(len(rest)/32) {
		bad("a list ends too early")
	}
	return NewDecoder(rest), int(count)
}

func bad(reason string) { panic(Failure("bad arguments: " + reason)) }
