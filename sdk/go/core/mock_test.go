//go:build !wasip1

package core

import "testing"

func TestKeccak(t *testing.T) {
	// The empty text, and one longer than a block of the hash.
	for text, expected := range map[string]string{
		"":                          "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
		"transfer(address,uint256)": "0xa9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b",
	} {
		if hash := Keccak256([]byte(text)).String(); hash != expected {
			t.Errorf("%q: %s", text, hash)
		}
	}
}

func TestFailureTakesBack(t *testing.T) {
	chain := NewMock()
	write := func(value string, err error) error {
		return Do(chain, func(ctx Context) error {
			ctx.Set([]byte("key"), []byte(value))
			ctx.Log("Written", "value", value)
			return err
		})
	}
	Assert(write("one", nil))
	if err := write("two", ErrNotFound); err != ErrNotFound {
		t.Fatal(err)
	}
	if err := Do(chain, func(ctx Context) error { panic("out") }); err == nil || err.Error() != "out" {
		t.Fatal(err)
	}
	value, _ := Context{}.Get([]byte("key"))
	if string(value) != "one" || len(chain.Events) != 1 {
		t.Fatal(string(value), chain.Events)
	}
	chain.IsStatic = true
	if write("three", nil) == nil {
		t.Fatal("a static call wrote")
	}
}

func TestObjectsHaveOwners(t *testing.T) {
	chain := NewMock()
	id, err := Run(chain, func(ctx Context) (ObjectID, error) {
		object, err := ctx.CreateObject()
		Error(err)
		Error(object.Set("level", uint64(7)))
		return object.ID(), object.SetOwner(ctx.Sender())
	})
	Error(err)
	set := func() error {
		return Do(chain, func(ctx Context) error {
			object, err := ctx.GetObject(id)
			Error(err)
			return object.Set("level", uint64(8))
		})
	}
	Error(set())
	chain.Sender = MockAddress("bob")
	if set() != ErrPermission {
		t.Fatal("a stranger changed it")
	}
	object, err := Context{}.GetObjectWithOwner(MockAddress("alice"))
	Error(err)
	if level, _ := object.Get("level"); level != uint64(8) {
		t.Fatal(level)
	}
}

func TestCoinAndCalls(t *testing.T) {
	chain := NewMock()
	chain.SetBalance(chain.Sender, NewUint256(10))
	chain.Value = NewUint256(4)
	other := MockAddress("other")
	chain.Answer(other, "double(uint64)", func(d *Decoder, value Uint256) (Item, error) {
		n := d.Uint(64)
		if n > 100 {
			return Item{}, Failure("too much")
		}
		return EncodeUint(2 * n), nil
	})
	double := func(n uint64) (uint64, error) {
		return Run(chain, func(ctx Context) (uint64, error) {
			output, err := ctx.CallWithValue(other, NewUint256(1), "double", n)
			if err != nil {
				return 0, err
			}
			return NewDecoder(output).Uint(64), nil
		})
	}
	if n, err := double(21); n != 42 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := double(101); err == nil || err.Error() != "too much" {
		t.Fatal(err)
	}
	if _, err := double(1); err != nil {
		t.Fatal(err)
	}
	balance := Context{}.Balance
	if balance(chain.Sender) != NewUint256(2) || balance(other) != NewUint256(2) || balance(chain.Contract) != NewUint256(6) {
		t.Fatal(balance(chain.Sender), balance(other), balance(chain.Contract))
	}
	if _, err := double(1); err == nil {
		t.Fatal("the sender had 2 and paid 4")
	}
}
