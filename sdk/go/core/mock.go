//go:build !wasip1

package core

// Mock is a chain in memory with one contract, on which its methods run in
// "go test" ("braid go test"). There is one at a time in a process: tests that
// use it do not run side by side.
//
//	chain := core.NewMock()
//	id, err := core.Run(chain, func(ctx core.Context) (core.ObjectID, error) {
//		return new(Counter).Initialize(ctx)
//	})
//
// It keeps the rules of state, coin and objects, and takes back what a method
// did that fails. It knows no gas, and no other contract but by Answer.
type Mock struct {
	// Contract is the address of the contract that runs.
	Contract Address
	// Sender is who calls.
	Sender Address
	// Origin is who signed the transaction.
	Origin Address
	// Value is the coin that comes with a call. Sender pays it.
	Value Uint256
	// Height is the number of the block.
	Height uint64
	// Time is the time of the block in seconds since 1970.
	Time int64
	// ChainID is the number of the chain.
	ChainID uint64
	// Transaction is the hash of the transaction.
	Transaction Hash
	// IsStatic tells whether nothing may be written.
	IsStatic bool
	// Events are those that calls emitted, in their order.
	Events []MockEvent
	// Lines are what calls said for debugging.
	Lines []string

	state   mockState
	answers map[Address]map[[4]byte]MockAnswer
	buffer  []byte
}

// MockEvent is an event that was emitted.
type MockEvent struct {
	Topics []Hash
	Data   []byte
}

// MockAnswer is what a method of another contract does. An error reverts.
type MockAnswer func(arguments *Decoder, value Uint256) (Item, error)

// mockState is what a call that fails leaves as it was.
type mockState struct {
	records  map[string][]byte
	balances map[Address]Uint256
	objects  map[ObjectID]mockObject
	created  uint64
}

type mockObject struct {
	creator, owner Address
	isInObject     bool
	fields         map[string][]byte
}

var mock *Mock

// NewMock begins a chain on which nothing happened yet. Contexts reach it from
// now on, until there is another.
func NewMock() *Mock {
	mock = &Mock{
		Contract: MockAddress("contract"),
		Sender:   MockAddress("alice"),
		Origin:   MockAddress("alice"),
		Height:   1,
		Time:     1_700_000_000,
		ChainID:  31337,
		state: mockState{
			records:  map[string][]byte{},
			balances: map[Address]Uint256{},
			objects:  map[ObjectID]mockObject{},
		},
		answers: map[Address]map[[4]byte]MockAnswer{},
	}
	return mock
}

// MockAddress is an address that follows from a name.
func MockAddress(name string) (address Address) {
	hash := keccak256([]byte(name))
	copy(address[12:], hash[12:])
	return address
}

// SetBalance gives an account so much coin, in wei.
func (m *Mock) SetBalance(account Address, amount Uint256) { m.state.balances[account] = amount }

// Answer is how calls of a method of another contract are answered, named with
// its types as in "balanceOf(address)".
func (m *Mock) Answer(contract Address, method string, answer MockAnswer) {
	selector := keccak256([]byte(method))
	if m.answers[contract] == nil {
		m.answers[contract] = map[[4]byte]MockAnswer{}
	}
	m.answers[contract][[4]byte(selector[:])] = answer
}

// Run runs a method as a call of the chain's contract: what it returns, or why
// it fails. A call that fails has done nothing. Sender pays Value before.
func Run[T any](m *Mock, method func(Context) (T, error)) (result T, err error) {
	mock = m
	state, events := m.state.copied(), len(m.Events)
	defer func() {
		if cause := recover(); cause != nil {
			err = Failure(reasonOf(cause))
		}
		if err != nil {
			m.state, m.Events = state, m.Events[:events]
		}
	}()
	if !m.move(m.Sender, m.Contract, m.Value) {
		return result, Failure("the balance does not cover the value of the call")
	}
	return method(Context{})
}

// Do is Run for a method that returns nothing but an error.
func Do(m *Mock, method func(Context) error) error {
	_, err := Run(m, func(ctx Context) (struct{}, error) { return struct{}{}, method(ctx) })
	return err
}

func (s mockState) copied() mockState {
	copied := mockState{map[string][]byte{}, map[Address]Uint256{}, map[ObjectID]mockObject{}, s.created}
	for key, record := range s.records {
		copied.records[key] = record
	}
	for account, amount := range s.balances {
		copied.balances[account] = amount
	}
	for id, object := range s.objects {
		fields := map[string][]byte{}
		for name, value := range object.fields {
			fields[name] = value
		}
		object.fields = fields
		copied.objects[id] = object
	}
	return copied
}

func (m *Mock) move(from, to Address, amount Uint256) bool {
	balance := m.state.balances[from]
	if balance.Cmp(amount) < 0 {
		return false
	}
	m.state.balances[from] = balance.Sub(amount)
	m.state.balances[to] = m.state.balances[to].Add(amount)
	return true
}

func (m *Mock) refuseIfStatic() {
	if m.IsStatic {
		panic(Failure("a write where nothing may be written"))
	}
}
