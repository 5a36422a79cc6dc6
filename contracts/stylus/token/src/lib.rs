//! A fungible token in the shape of ERC-20 (EIP-20), over the public SDK of Arbitrum Stylus.

#![no_std]
extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, U8, U256};
use alloy_sol_types::sol;
use stylus_sdk::prelude::*;

sol! {
    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    error InsufficientBalance(address owner, uint256 available, uint256 needed);
    error InsufficientAllowance(address spender, uint256 available, uint256 needed);
    error InvalidReceiver(address receiver);
}

#[derive(SolidityError)]
pub enum TokenError {
    InsufficientBalance(InsufficientBalance),
    InsufficientAllowance(InsufficientAllowance),
    InvalidReceiver(InvalidReceiver),
}

sol_storage! {
    #[entrypoint]
    pub struct Token {
        string name;
        string symbol;
        uint256 total_supply;
        mapping(address => uint256) balances;
        mapping(address => mapping(address => uint256)) allowances;
    }
}

#[public]
impl Token {
    #[constructor]
    pub fn constructor(&mut self, name: String, symbol: String, supply: U256) {
        let owner = self.vm().msg_sender();
        self.name.set_str(name);
        self.symbol.set_str(symbol);
        self.total_supply.set(supply);
        self.balances.insert(owner, supply);
        self.vm().log(Transfer { from: Address::ZERO, to: owner, amount: supply });
    }

    pub fn name(&self) -> String {
        self.name.get_string()
    }

    pub fn symbol(&self) -> String {
        self.symbol.get_string()
    }

    pub fn decimals(&self) -> U8 {
        U8::from(18)
    }

    #[selector(name = "totalSupply")]
    pub fn total_supply(&self) -> U256 {
        self.total_supply.get()
    }

    #[selector(name = "balanceOf")]
    pub fn balance_of(&self, owner: Address) -> U256 {
        self.balances.get(owner)
    }

    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    pub fn transfer(&mut self, to: Address, amount: U256) -> Result<bool, TokenError> {
        self.move_from(self.vm().msg_sender(), to, amount)?;
        Ok(true)
    }

    pub fn approve(&mut self, spender: Address, amount: U256) -> bool {
        let owner = self.vm().msg_sender();
        self.allowances.setter(owner).insert(spender, amount);
        self.vm().log(Approval { owner, spender, amount });
        true
    }

    #[selector(name = "transferFrom")]
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        amount: U256,
    ) -> Result<bool, TokenError> {
        let spender = self.vm().msg_sender();
        let available = self.allowances.getter(from).get(spender);
        let Some(rest) = available.checked_sub(amount) else {
            let error = InsufficientAllowance { spender, available, needed: amount };
            return Err(TokenError::InsufficientAllowance(error));
        };
        self.allowances.setter(from).insert(spender, rest);
        self.move_from(from, to, amount)?;
        Ok(true)
    }
}

impl Token {
    fn move_from(&mut self, from: Address, to: Address, amount: U256) -> Result<(), TokenError> {
        if to == Address::ZERO {
            return Err(TokenError::InvalidReceiver(InvalidReceiver { receiver: to }));
        }
        let available = self.balances.get(from);
        let Some(rest) = available.checked_sub(amount) else {
            let error = InsufficientBalance { owner: from, available, needed: amount };
            return Err(TokenError::InsufficientBalance(error));
        };
        self.balances.insert(from, rest);
        // The supply bounds every balance, so this sum fits.
        let held = self.balances.get(to);
        self.balances.insert(to, held + amount);
        self.vm().log(Transfer { from, to, amount });
        Ok(())
    }
}
