// SPDX-License-Identifier: MIT OR Apache-2.0
//! A constant-product exchange between two tokens; the fee of 0.3 % stays with the reserves.
//!
//! The tokens may live in any machine: they are called by the Solidity ABI.
#![cfg_attr(target_arch = "wasm32", no_std)]

use braid_sdk as braid;
use braid_sdk::prelude::*;

/// The part of a token that the exchange needs.
#[braid::interface]
pub trait Token {
    fn transfer(&mut self, to: Address, amount: U256) -> bool;
    fn transfer_from(&mut self, from: Address, to: Address, amount: U256) -> bool;
}

/// Somebody brought both tokens.
#[derive(Event)]
pub struct LiquidityAdded {
    #[indexed]
    provider: Address,
    amount_a: U256,
    amount_b: U256,
    minted: U256,
}

/// Somebody took both tokens.
#[derive(Event)]
pub struct LiquidityRemoved {
    #[indexed]
    provider: Address,
    amount_a: U256,
    amount_b: U256,
    burned: U256,
}

/// Somebody changed one token for the other.
#[derive(Event)]
pub struct Swap {
    #[indexed]
    trader: Address,
    #[indexed]
    token_in: Address,
    amount_in: U256,
    amount_out: U256,
}

/// Why the exchange refused.
#[derive(Debug, PartialEq, Eq, ContractError)]
pub enum ExchangeError {
    /// Nothing to do.
    ZeroAmount,
    /// A token against itself.
    SameToken { token: Address },
    /// Neither of the two tokens.
    UnknownToken { token: Address },
    /// There is nothing to trade against.
    InsufficientLiquidity,
    /// The provider has fewer shares.
    InsufficientShares { provider: Address, available: U256, needed: U256 },
    /// The price is worse than the trader wants.
    InsufficientOutput { amount_out: U256, min_out: U256 },
    /// A token answered `false`.
    TransferFailed { token: Address },
}

use ExchangeError as Error;

/// The storage of the exchange.
#[derive(Storage)]
pub struct Exchange {
    token_a: Value<Address>,
    token_b: Value<Address>,
    reserve_a: Value<U256>,
    reserve_b: Value<U256>,
    total_shares: Value<U256>,
    shares: Mapping<Address, U256>,
}

#[braid::contract(events(LiquidityAdded, LiquidityRemoved, Swap), errors(ExchangeError))]
impl Exchange {
    #[constructor]
    fn new(&mut self, token_a: Address, token_b: Address) -> Result<(), Error> {
        if token_a == token_b {
            return Err(Error::SameToken { token: token_a });
        }
        self.token_a.set(&token_a);
        self.token_b.set(&token_b);
        Ok(())
    }

    #[view]
    fn token_a(&self) -> Address {
        self.token_a.get()
    }

    #[view]
    fn token_b(&self) -> Address {
        self.token_b.get()
    }

    #[view]
    fn reserves(&self) -> (U256, U256) {
        (self.reserve_a.get(), self.reserve_b.get())
    }

    #[view]
    fn total_shares(&self) -> U256 {
        self.total_shares.get()
    }

    #[view]
    fn shares(&self, provider: Address) -> U256 {
        self.shares.get(&provider)
    }

    #[view]
    fn quote(&self, token_in: Address, amount_in: U256) -> Result<U256, Error> {
        if amount_in.is_zero() {
            return Err(Error::ZeroAmount);
        }
        let (reserve_in, reserve_out) =
            if self.is_first(token_in)? { self.reserves() } else { swapped(self.reserves()) };
        if reserve_in.is_zero() || reserve_out.is_zero() {
            return Err(Error::InsufficientLiquidity);
        }
        let charged = amount_in * U256::from(997_u32);
        Ok(charged * reserve_out / (reserve_in * U256::from(1000_u32) + charged))
    }

    fn add_liquidity(&mut self, amount_a: U256, amount_b: U256) -> Result<U256, Error> {
        if amount_a.is_zero() || amount_b.is_zero() {
            return Err(Error::ZeroAmount);
        }
        pull(self.token_a.get(), amount_a)?;
        pull(self.token_b.get(), amount_b)?;
        let (reserve_a, reserve_b) = self.reserves();
        let total = self.total_shares.get();
        let minted = if total.is_zero() {
            amount_a
        } else {
            (amount_a * total / reserve_a).min(amount_b * total / reserve_b)
        };
        if minted.is_zero() {
            return Err(Error::ZeroAmount);
        }
        let provider = host::caller();
        self.reserve_a.set(&(reserve_a + amount_a));
        self.reserve_b.set(&(reserve_b + amount_b));
        self.total_shares.set(&(total + minted));
        self.shares.set(&provider, &(self.shares.get(&provider) + minted));
        emit(&LiquidityAdded { provider, amount_a, amount_b, minted });
        Ok(minted)
    }

    fn remove_liquidity(&mut self, burned: U256) -> Result<(U256, U256), Error> {
        if burned.is_zero() {
            return Err(Error::ZeroAmount);
        }
        let provider = host::caller();
        let available = self.shares.get(&provider);
        let error = Error::InsufficientShares { provider, available, needed: burned };
        let rest = available.checked_sub(burned).ok_or(error)?;
        let (reserve_a, reserve_b) = self.reserves();
        let total = self.total_shares.get();
        let amount_a = reserve_a * burned / total;
        let amount_b = reserve_b * burned / total;
        // All own numbers change before foreign code runs.
        self.shares.set(&provider, &rest);
        self.total_shares.set(&(total - burned));
        self.reserve_a.set(&(reserve_a - amount_a));
        self.reserve_b.set(&(reserve_b - amount_b));
        push(self.token_a.get(), amount_a)?;
        push(self.token_b.get(), amount_b)?;
        emit(&LiquidityRemoved { provider, amount_a, amount_b, burned });
        Ok((amount_a, amount_b))
    }

    fn swap(&mut self, token_in: Address, amount_in: U256, min_out: U256) -> Result<U256, Error> {
        let is_first = self.is_first(token_in)?;
        pull(token_in, amount_in)?;
        // The price is taken after the foreign call, so that a re-entrant token gains nothing.
        let amount_out = self.quote(token_in, amount_in)?;
        if amount_out < min_out {
            return Err(Error::InsufficientOutput { amount_out, min_out });
        }
        let (reserve_a, reserve_b) = self.reserves();
        let token_out = if is_first {
            self.reserve_a.set(&(reserve_a + amount_in));
            self.reserve_b.set(&(reserve_b - amount_out));
            self.token_b.get()
        } else {
            self.reserve_b.set(&(reserve_b + amount_in));
            self.reserve_a.set(&(reserve_a - amount_out));
            self.token_a.get()
        };
        push(token_out, amount_out)?;
        emit(&Swap { trader: host::caller(), token_in, amount_in, amount_out });
        Ok(amount_out)
    }

    #[internal]
    fn is_first(&self, token: Address) -> Result<bool, Error> {
        if token == self.token_a.get() {
            Ok(true)
        } else if token == self.token_b.get() {
            Ok(false)
        } else {
            Err(Error::UnknownToken { token })
        }
    }
}

fn swapped((first, second): (U256, U256)) -> (U256, U256) {
    (second, first)
}

fn pull(token: Address, amount: U256) -> Result<(), Error> {
    let moved = Token::at(token).transfer_from(host::caller(), host::contract(), amount);
    if moved.or_bubble() { Ok(()) } else { Err(Error::TransferFailed { token }) }
}

fn push(token: Address, amount: U256) -> Result<(), Error> {
    let moved = Token::at(token).transfer(host::caller(), amount);
    if moved.or_bubble() { Ok(()) } else { Err(Error::TransferFailed { token }) }
}
