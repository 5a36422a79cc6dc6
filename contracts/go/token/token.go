// Package token is a coin with the interface of ERC-20.
package token

import "braid/core"

// Token keeps balances and allowances in the contract's own storage.
type Token struct{}

// Deploy gives the whole supply to who makes the contract.
func (t *Token) Deploy(ctx core.Context, name, symbol string, supply core.Uint256) {
	ctx.Set([]byte("name"), []byte(name))
	ctx.Set([]byte("symbol"), []byte(symbol))
	write(ctx, []byte("supply"), supply)
	write(ctx, balanceKey(ctx.Sender()), supply)
	ctx.Log("Transfer", "from", core.ZeroAddress, "to", ctx.Sender(), "value", supply)
}

//braid:view
func (t *Token) Name(ctx core.Context) string { return text(ctx, "name") }

//braid:view
func (t *Token) Symbol(ctx core.Context) string { return text(ctx, "symbol") }

//braid:view
func (t *Token) Decimals(ctx core.Context) uint8 { return 18 }

//braid:view
func (t *Token) TotalSupply(ctx core.Context) core.Uint256 { return read(ctx, []byte("supply")) }

//braid:view
func (t *Token) BalanceOf(ctx core.Context, owner core.Address) core.Uint256 {
	return read(ctx, balanceKey(owner))
}

//braid:view
func (t *Token) Allowance(ctx core.Context, owner, spender core.Address) core.Uint256 {
	return read(ctx, allowanceKey(owner, spender))
}

func (t *Token) Transfer(ctx core.Context, to core.Address, value core.Uint256) bool {
	move(ctx, ctx.Sender(), to, value)
	return true
}

func (t *Token) Approve(ctx core.Context, spender core.Address, value core.Uint256) bool {
	write(ctx, allowanceKey(ctx.Sender(), spender), value)
	ctx.Log("Approval", "owner", ctx.Sender(), "spender", spender, "value", value)
	return true
}

func (t *Token) TransferFrom(ctx core.Context, from, to core.Address, value core.Uint256) bool {
	key := allowanceKey(from, ctx.Sender())
	allowed := read(ctx, key)
	core.Request(allowed.Cmp(value) >= 0, "the allowance does not cover the transfer")
	write(ctx, key, allowed.Sub(value))
	move(ctx, from, to, value)
	return true
}

func move(ctx core.Context, from, to core.Address, value core.Uint256) {
	balance := read(ctx, balanceKey(from))
	core.Request(balance.Cmp(value) >= 0, "the balance does not cover the transfer")
	write(ctx, balanceKey(from), balance.Sub(value))
	write(ctx, balanceKey(to), read(ctx, balanceKey(to)).Add(value))
	ctx.Log("Transfer", "from", from, "to", to, "value", value)
}

func text(ctx core.Context, name string) string {
	bytes, _ := ctx.Get([]byte(name))
	return string(bytes)
}

func read(ctx core.Context, key []byte) core.Uint256 {
	bytes, found := ctx.Get(key)
	if !found {
		return core.Uint256{}
	}
	return core.Uint256FromBytes([32]byte(bytes))
}

func write(ctx core.Context, key []byte, value core.Uint256) {
	bytes := value.Bytes()
	ctx.Set(key, bytes[:])
}

func balanceKey(owner core.Address) []byte { return append([]byte{'b'}, owner[:]...) }

func allowanceKey(owner, spender core.Address) []byte {
	return append(append([]byte{'a'}, owner[:]...), spender[:]...)
}
