//! Behaviour of the whole crate: codecs against each other, against other libraries and against
//! bad input.

extern crate braid_abi as abi;

mod arguments;
mod bad_input;
mod examples;
mod interfaces;
mod oracles;
mod round_trips;
mod strategies;
mod typed;
