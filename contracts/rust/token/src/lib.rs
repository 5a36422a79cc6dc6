// SPDX-License-Identifier: MIT OR Apache-2.0
//! A fungible token in the shape of ERC-20 (EIP-20). The deployer owns the whole supply first.
#![cfg_attr(target_arch = "wasm32", no_std)]

use braid_sdk as braid;
use braid_sdk::prelude::*;

/// An amount moved.
#[derive(Event)]
pub struct Transfer {
    #[indexed]
    from: Address,
    #[indexed]
    to: Address,
    amount: U256,
}

/// An owner lets somebody spend.
#[derive(Event)]
pub struct Approval {
    #[indexed]
    owner: Address,
    #[indexed]
    spender: Address,
    amount: U256,
}

/// Why an amount did not move.
#[derive(Debug, PartialEq, Eq, ContractError)]
pub enum TokenError {
    /// The owner has less.
    InsufficientBalance { owner: Address, available: U256, needed: U256 },
    /// The owner allowed less.
    InsufficientAllowance { spender: Address, available: U256, needed: U256 },
    /// Nobody can receive.
    InvalidReceiver { receiver: Address },
}

/// The storage of the token.
#[derive(Storage)]
pub struct Token {
    name: Value<String>,
    symbol: Value<String>,
    total_supply: Value<U256>,
    balances: Mapping<Address, U256>,
    allowances: Mapping<(Address, Address), U256>,
}

#[braid::contract(events(Transfer, Approval), errors(TokenError))]
impl Token {
    #[constructor]
    fn new(&mut self, name: String, symbol: String, supply: U256) {
        self.name.set(&name);
        self.symbol.set(&symbol);
        self.total_supply.set(&supply);
        self.balances.set(&host::caller(), &supply);
        emit(&Transfer { from: Address::ZERO, to: host::caller(), amount: supply });
    }

    #[view]
    fn name(&self) -> String {
        self.name.get()
    }

    #[view]
    fn symbol(&self) -> String {
        self.symbol.get()
    }

    #[view]
    fn decimals(&self) -> u8 {
        18
    }

    #[view]
    fn total_supply(&self) -> U256 {
        self.total_supply.get()
    }

    #[view]
    fn balance_of(&self, owner: Address) -> U256 {
        self.balances.get(&owner)
    }

    #[view]
    fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.get(&(owner, spender))
    }

    fn transfer(&mut self, to: Address, amount: U256) -> Result<bool, TokenError> {
        self.move_amount(host::caller(), to, amount)?;
        Ok(true)
    }

    fn approve(&mut self, spender: Address, amount: U256) -> bool {
        let owner = host::caller();
        self.allowances.set(&(owner, spender), &amount);
        emit(&Approval { owner, spender, amount });
        true
    }

    fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        amount: U256,
    ) -> Result<bool, TokenError> {
        let spender = host::caller();
        let allowed = self.allowances.get(&(from, spender));
        // The largest number means "without limit", as most tokens have it.
        if allowed != U256::MAX {
            let error =
                TokenError::InsufficientAllowance { spender, available: allowed, needed: amount };
            let rest = allowed.checked_sub(amount).ok_or(error)?;
            self.allowances.set(&(from, spender), &rest);
        }
        self.move_amount(from, to, amount)?;
        Ok(true)
    }

    #[internal]
    fn move_amount(&mut self, from: Address, to: Address, amount: U256) -> Result<(), TokenError> {
        if to.is_zero() {
            return Err(TokenError::InvalidReceiver { receiver: to });
        }
        let available = self.balances.get(&from);
        let error = TokenError::InsufficientBalance { owner: from, available, needed: amount };
        let rest = available.checked_sub(amount).ok_or(error)?;
        self.balances.set(&from, &rest);
        // Read after the first write, so that a transfer to oneself changes nothing.
        let sum = self.balances.get(&to) + amount;
        self.balances.set(&to, &sum);
        emit(&Transfer { from, to, amount });
        Ok(())
    }
}
