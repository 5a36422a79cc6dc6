//! The macros of `braid-sdk`; its documentation shows them in use.
//!
//! They write names and positions only. What depends on a type (its name in a signature, its place
//! in the interface) is computed by the compiler from `AbiType`, so aliases and structs are right.

mod contract;
mod derive;
mod interface;
mod method;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemImpl, ItemTrait, parse_macro_input};

/// Makes a contract of an `impl` block.
///
/// Methods take `&self` or `&mut self` and owned arguments; the attributes `#[constructor]`,
/// `#[view]`, `#[pure]`, `#[payable]`, `#[receive]`, `#[fallback]` and `#[name("...")]` say the
/// rest, and `#[internal]` keeps a method out of the interface. A method may return `Result`; its
/// error must implement `ContractError`. Arguments of the macro: `events(...)` and `errors(...)`,
/// the types that the interface shall name.
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as contract::Arguments);
    finish(contract::expand(&arguments, parse_macro_input!(item as ItemImpl)))
}

/// Makes a caller of a trait: `Erc20::at(address).transfer(to, amount)` calls a contract of any
/// machine and gives `Result<_, CallError>`.
#[proc_macro_attribute]
pub fn interface(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(interface::expand(&parse_macro_input!(item as ItemTrait)))
}

/// Implements `Event` for a struct; `#[indexed]` fields become topics.
#[proc_macro_derive(Event, attributes(indexed))]
pub fn event(item: TokenStream) -> TokenStream {
    finish(derive::event(&parse_macro_input!(item as DeriveInput)))
}

/// Implements `ContractError` for a struct, or for an enum with one error a variant.
#[proc_macro_derive(ContractError)]
pub fn contract_error(item: TokenStream) -> TokenStream {
    finish(derive::contract_error(&parse_macro_input!(item as DeriveInput)))
}

/// Implements `AbiType` for a struct: a Solidity struct of its fields.
#[proc_macro_derive(AbiType)]
pub fn abi_type(item: TokenStream) -> TokenStream {
    finish(derive::abi_type(&parse_macro_input!(item as DeriveInput)))
}

/// Implements `Storage` for a struct whose fields are kept under their names.
#[proc_macro_derive(Storage)]
pub fn storage(item: TokenStream) -> TokenStream {
    finish(derive::storage(&parse_macro_input!(item as DeriveInput)))
}

fn finish(expanded: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    expanded.unwrap_or_else(|error| error.to_compile_error()).into()
}
