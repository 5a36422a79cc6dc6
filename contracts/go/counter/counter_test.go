package counter

import (
	"testing"

	"braid/core"
)

func TestCounter(t *testing.T) {
	chain := core.NewMock()
	counter := new(Counter)
	id, err := core.Run(chain, counter.Initialize)
	if err != nil {
		t.Fatal(err)
	}
	increment := func(ctx core.Context) (uint64, error) { return counter.Increment(ctx, id) }
	for expected := range uint64(3) {
		if count, err := core.Run(chain, increment); err != nil || count != expected+1 {
			t.Fatal(count, err)
		}
	}
	unknown := func(ctx core.Context) (uint64, error) { return counter.Increment(ctx, core.ObjectID{}) }
	if _, err := core.Run(chain, unknown); err != core.ErrNotFound {
		t.Fatal(err)
	}
}
