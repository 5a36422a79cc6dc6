//! Types, values and interfaces of contracts, and the codecs between values and bytes.
//!
//! A contract of any machine has an [`Interface`]: methods, events and errors whose parameters
//! have a [`Type`]. A [`Value`] goes to bytes and back through a codec, each a module with
//! `encode` and `decode`: [`solidity`], the wire between machines, [`bcs`] for Move, [`borsh`] for
//! Solana and Rust, [`json`] for people.
//!
//! This crate knows no state and no machine.

mod argument;
mod argument_text;
pub mod bcs;
mod binary;
pub mod borsh;
mod display;
mod error;
mod event;
mod human;
mod integer;
mod interface;
mod interface_json;
pub mod json;
pub mod limits;
mod method;
mod parse;
pub mod revert;
pub mod solidity;
pub mod typed;
mod types;
mod value;

pub use argument::{ArgumentError, ArgumentPlace, ArgumentProblem, Resolver, parse_argument};
pub use display::{Shown, show_bytes, show_text};
pub use error::{DecodeError, EncodeError, InterfaceError, LookupError, TypeError};
pub use event::{DecodedEvent, Event, EventParameter};
pub use interface::{Interface, selector};
pub use method::{Constructor, ErrorDefinition, Method, Mutability};
pub use revert::{RevertReason, decode_revert, encode_error_string, encode_panic};
pub use types::{CustomType, EnumType, Parameter, TupleType, Type, Variant};
pub use value::Value;
