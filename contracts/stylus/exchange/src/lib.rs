//! A constant-product exchange between two tokens, over the public SDK of Arbitrum Stylus. The
//! tokens may live in any machine; the fee of 0.3 % stays with the reserves.

#![no_std]
extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;
use stylus_sdk::prelude::*;

sol! {
    event LiquidityAdded(
        address indexed provider, uint256 amountA, uint256 amountB, uint256 minted
    );
    event LiquidityRemoved(
        address indexed provider, uint256 amountA, uint256 amountB, uint256 burned
    );
    event Swap(
        address indexed trader, address indexed tokenIn, uint256 amountIn, uint256 amountOut
    );

    error ZeroAmount();
    error SameToken(address token);
    error UnknownToken(address token);
    error InsufficientLiquidity();
    error InsufficientShares(address provider, uint256 available, uint256 needed);
    error InsufficientOutput(uint256 amountOut, uint256 minOut);
    error TransferFailed(address token);
}

sol_interface! {
    interface IToken {
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
    }
}

#[derive(SolidityError)]
pub enum ExchangeError {
    ZeroAmount(ZeroAmount),
    SameToken(SameToken),
    UnknownToken(UnknownToken),
    InsufficientLiquidity(InsufficientLiquidity),
    InsufficientShares(InsufficientShares),
    InsufficientOutput(InsufficientOutput),
    TransferFailed(TransferFailed),
}

type Outcome<T> = Result<T, ExchangeError>;

sol_storage! {
    #[entrypoint]
    pub struct Exchange {
        address token_a;
        address token_b;
        uint256 reserve_a;
        uint256 reserve_b;
        uint256 total_shares;
        mapping(address => uint256) shares;
    }
}

#[public]
impl Exchange {
    #[constructor]
    pub fn constructor(&mut self, token_a: Address, token_b: Address) -> Outcome<()> {
        if token_a == token_b {
            return Err(ExchangeError::SameToken(SameToken { token: token_a }));
        }
        self.token_a.set(token_a);
        self.token_b.set(token_b);
        Ok(())
    }

    #[selector(name = "tokenA")]
    pub fn token_a(&self) -> Address {
        self.token_a.get()
    }

    #[selector(name = "tokenB")]
    pub fn token_b(&self) -> Address {
        self.token_b.get()
    }

    pub fn reserves(&self) -> (U256, U256) {
        (self.reserve_a.get(), self.reserve_b.get())
    }

    #[selector(name = "totalShares")]
    pub fn total_shares(&self) -> U256 {
        self.total_shares.get()
    }

    pub fn shares(&self, provider: Address) -> U256 {
        self.shares.get(provider)
    }

    pub fn quote(&self, token_in: Address, amount_in: U256) -> Outcome<U256> {
        if amount_in.is_zero() {
            return Err(ExchangeError::ZeroAmount(ZeroAmount {}));
        }
        let (reserve_in, reserve_out) = self.ordered(token_in)?;
        if reserve_in.is_zero() || reserve_out.is_zero() {
            return Err(ExchangeError::InsufficientLiquidity(InsufficientLiquidity {}));
        }
        let charged = amount_in * U256::from(997);
        Ok(charged * reserve_out / (reserve_in * U256::from(1000) + charged))
    }

    #[selector(name = "addLiquidity")]
    pub fn add_liquidity(&mut self, amount_a: U256, amount_b: U256) -> Outcome<U256> {
        if amount_a.is_zero() || amount_b.is_zero() {
            return Err(ExchangeError::ZeroAmount(ZeroAmount {}));
        }
        self.pull(self.token_a.get(), amount_a)?;
        self.pull(self.token_b.get(), amount_b)?;
        let (total, (reserve_a, reserve_b)) = (self.total_shares.get(), self.reserves());
        let mut minted = amount_a;
        if !total.is_zero() {
            minted = (amount_a * total / reserve_a).min(amount_b * total / reserve_b);
        }
        if minted.is_zero() {
            return Err(ExchangeError::ZeroAmount(ZeroAmount {}));
        }
        self.reserve_a.set(reserve_a + amount_a);
        self.reserve_b.set(reserve_b + amount_b);
        self.total_shares.set(total + minted);
        let provider = self.vm().msg_sender();
        let held = self.shares.get(provider);
        self.shares.insert(provider, held + minted);
        self.vm().log(LiquidityAdded { provider, amountA: amount_a, amountB: amount_b, minted });
        Ok(minted)
    }

    #[selector(name = "removeLiquidity")]
    pub fn remove_liquidity(&mut self, burned: U256) -> Outcome<(U256, U256)> {
        if burned.is_zero() {
            return Err(ExchangeError::ZeroAmount(ZeroAmount {}));
        }
        let provider = self.vm().msg_sender();
        let available = self.shares.get(provider);
        let Some(rest) = available.checked_sub(burned) else {
            let error = InsufficientShares { provider, available, needed: burned };
            return Err(ExchangeError::InsufficientShares(error));
        };
        let (total, (reserve_a, reserve_b)) = (self.total_shares.get(), self.reserves());
        let (amount_a, amount_b) = (reserve_a * burned / total, reserve_b * burned / total);
        // All own numbers change before foreign code runs.
        self.shares.insert(provider, rest);
        self.total_shares.set(total - burned);
        self.reserve_a.set(reserve_a - amount_a);
        self.reserve_b.set(reserve_b - amount_b);
        self.push(self.token_a.get(), amount_a)?;
        self.push(self.token_b.get(), amount_b)?;
        self.vm().log(LiquidityRemoved { provider, amountA: amount_a, amountB: amount_b, burned });
        Ok((amount_a, amount_b))
    }

    pub fn swap(&mut self, token_in: Address, amount_in: U256, min_out: U256) -> Outcome<U256> {
        self.ordered(token_in)?;
        self.pull(token_in, amount_in)?;
        // The price is taken after the foreign call, so that a re-entrant token gains nothing.
        let amount_out = self.quote(token_in, amount_in)?;
        if amount_out < min_out {
            let error = InsufficientOutput { amountOut: amount_out, minOut: min_out };
            return Err(ExchangeError::InsufficientOutput(error));
        }
        let (reserve_a, reserve_b) = self.reserves();
        let mut token_out = self.token_b.get();
        if token_in == self.token_a.get() {
            self.reserve_a.set(reserve_a + amount_in);
            self.reserve_b.set(reserve_b - amount_out);
        } else {
            self.reserve_b.set(reserve_b + amount_in);
            self.reserve_a.set(reserve_a - amount_out);
            token_out = self.token_a.get();
        }
        self.push(token_out, amount_out)?;
        let trader = self.vm().msg_sender();
        self.vm().log(Swap {
            trader,
            tokenIn: token_in,
            amountIn: amount_in,
            amountOut: amount_out,
        });
        Ok(amount_out)
    }
}

impl Exchange {
    fn ordered(&self, token_in: Address) -> Outcome<(U256, U256)> {
        let (reserve_a, reserve_b) = self.reserves();
        if token_in == self.token_a.get() {
            return Ok((reserve_a, reserve_b));
        }
        if token_in == self.token_b.get() {
            return Ok((reserve_b, reserve_a));
        }
        Err(ExchangeError::UnknownToken(UnknownToken { token: token_in }))
    }

    fn pull(&mut self, token: Address, amount: U256) -> Outcome<()> {
        let (from, to) = (self.vm().msg_sender(), self.vm().contract_address());
        let context = Call::new_mutating(self);
        let moved = IToken::new(token).transfer_from(self.vm(), context, from, to, amount);
        accept(token, moved.is_ok_and(|moved| moved))
    }

    fn push(&mut self, token: Address, amount: U256) -> Outcome<()> {
        let to = self.vm().msg_sender();
        let context = Call::new_mutating(self);
        let moved = IToken::new(token).transfer(self.vm(), context, to, amount);
        accept(token, moved.is_ok_and(|moved| moved))
    }
}

fn accept(token: Address, is_moved: bool) -> Outcome<()> {
    if is_moved {
        return Ok(());
    }
    Err(ExchangeError::TransferFailed(TransferFailed { token }))
}
