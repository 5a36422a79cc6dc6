// Package probe does what a program of Go may do and a chain must be able to
// repeat: maps, goroutines, clocks, random numbers, garbage, panics, calls.
package probe

import (
	"crypto/rand"
	"math/big"
	"os"
	"time"

	"braid/core"
)

// Probe is only its methods.
type Probe struct{}

// Pair is a struct that crosses.
type Pair struct {
	Number *big.Int
	Names  []string
}

// MapOrder is the order of a map, as a number.
func (p *Probe) MapOrder(ctx core.Context) (order uint64) {
	m := map[string]uint64{}
	for i := range uint64(20) {
		m[string([]byte{'k', byte('a' + i)})] = i
	}
	for _, value := range m {
		order = order*31 + value
	}
	return order
}

// Goroutines is a sum that many goroutines make.
func (p *Probe) Goroutines(ctx core.Context, count uint32) (sum uint64) {
	results := make(chan uint64)
	for i := range count {
		go func() {
			time.Sleep(time.Duration(i%7) * time.Second)
			results <- uint64(i)
		}()
	}
	for range count {
		sum = sum*31 + <-results
	}
	return sum
}

// Clock is the time before and after an hour of sleep.
func (p *Probe) Clock(ctx core.Context) (before, after int64) {
	before = time.Now().Unix()
	time.Sleep(time.Hour)
	return before, time.Now().Unix()
}

// Random is what crypto/rand gives.
func (p *Probe) Random(ctx core.Context) (word core.Hash, err error) {
	_, err = rand.Read(word[:])
	return word, err
}

// Garbage makes so many kilobytes that nobody keeps.
func (p *Probe) Garbage(ctx core.Context, count uint32) (last uint64) {
	for i := range count {
		block := make([]uint64, 128)
		block[i%128] = uint64(i)
		keep = block
		last += block[i%128]
	}
	return last
}

var keep []uint64

// Panic ends with what Go says of an index.
func (p *Probe) Panic(ctx core.Context, index uint32) uint64 {
	return []uint64{1, 2, 3}[index]
}

// Deadlock waits for ever.
func (p *Probe) Deadlock(ctx core.Context) { <-make(chan int) }

// Exit leaves the program.
func (p *Probe) Exit(ctx core.Context) { os.Exit(3) }

// Spin runs until the gas is used up.
func (p *Probe) Spin(ctx core.Context) {
	for {
	}
}

// Double doubles the number and the list.
func (p *Probe) Double(ctx core.Context, pair Pair) Pair {
	pair.Number = new(big.Int).Lsh(pair.Number, 1)
	pair.Names = append(pair.Names, pair.Names...)
	return pair
}

// Forward calls a method without arguments that gives a number.
func (p *Probe) Forward(ctx core.Context, to core.Address, method string) (uint64, error) {
	output, err := ctx.Call(to, method)
	if err != nil {
		return 0, err
	}
	return core.NewDecoder(output).Uint256().Uint64(), nil
}

// Make makes an object for its first owner, with a number in its field "level".
func (p *Probe) Make(ctx core.Context, owner core.Address) (core.ObjectID, error) {
	obj, err := ctx.CreateObject()
	if err != nil {
		return core.ObjectID{}, err
	}
	core.Error(obj.Set("level", uint64(41)))
	return obj.ID(), obj.SetOwner(owner)
}

// Level is that number, whoever wrote it last.
//
//braid:view
func (p *Probe) Level(ctx core.Context, id core.ObjectID) (uint64, error) {
	obj, err := ctx.GetObject(id)
	if err != nil {
		return 0, err
	}
	level, err := obj.Get("level")
	core.Error(err)
	return level.(uint64), nil
}
