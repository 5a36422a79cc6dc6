// SPDX-License-Identifier: MIT OR Apache-2.0
//! The exchange trades two tokens over the in-memory host.

use braid_sdk as braid;
use braid_sdk::{mock, prelude::*};
use exchange::{Exchange, ExchangeError};

#[braid::interface]
trait TokenCaller {
    fn approve(&mut self, spender: Address, amount: U256) -> bool;
    #[view]
    fn balance_of(&self, owner: Address) -> U256;
}

#[braid::interface]
trait ExchangeCaller {
    fn add_liquidity(&mut self, amount_a: U256, amount_b: U256) -> U256;
    fn swap(&mut self, token_in: Address, amount_in: U256, min_out: U256) -> U256;
    #[view]
    fn reserves(&self) -> (U256, U256);
}

fn number(number: u64) -> U256 {
    number.into()
}

fn open() -> (Address, Address, ExchangeCaller) {
    mock::reset();
    let supply = (String::from("Coin"), String::from("C"), number(1_000_000));
    let a = mock::deploy::<token::Token, _>(&supply).unwrap();
    let b = mock::deploy::<token::Token, _>(&supply).unwrap();
    let exchange = mock::deploy::<Exchange, _>(&(a, b)).unwrap();
    for token in [a, b] {
        assert_eq!(TokenCaller::at(token).approve(exchange, U256::MAX), Ok(true));
    }
    let caller = ExchangeCaller::at(exchange);
    assert_eq!(caller.add_liquidity(number(10_000), number(20_000)), Ok(number(10_000)));
    (a, b, caller)
}

#[test]
fn a_swap_pays_by_the_constant_product_less_the_fee() {
    let (a, b, exchange) = open();
    // 1000 * 997 * 20000 / (10000 * 1000 + 1000 * 997) = 1813.2
    assert_eq!(exchange.swap(a, number(1_000), number(1_813)), Ok(number(1_813)));
    assert_eq!(exchange.reserves(), Ok((number(11_000), number(18_187))));
    let owned = TokenCaller::at(b).balance_of(mock::DEFAULT_SENDER);
    assert_eq!(owned, Ok(number(1_000_000 - 20_000 + 1_813)));
}

#[test]
fn a_swap_below_the_wanted_output_changes_nothing() {
    let (a, _, exchange) = open();
    let error =
        ExchangeError::InsufficientOutput { amount_out: number(1_813), min_out: number(1_814) };
    let refused = exchange.swap(a, number(1_000), number(1_814));
    assert_eq!(refused, Err(CallError::Revert(braid::ContractError::encode(&error))));
    assert_eq!(exchange.reserves(), Ok((number(10_000), number(20_000))));
    let owned = TokenCaller::at(a).balance_of(mock::DEFAULT_SENDER);
    assert_eq!(owned, Ok(number(1_000_000 - 10_000)));
}
