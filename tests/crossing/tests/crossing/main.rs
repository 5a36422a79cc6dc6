//! Transactions through contracts of many machines. One file holds one behaviour; what must hold
//! of every transaction (coin, gas, traces) is checked by the world that runs them.

mod abi;
mod counters;
mod delegate;
mod deploy;
mod depth;
mod disabled;
mod estimate;
mod events;
mod exchange;
mod gas_sweep;
mod go;
mod javascript;
mod lifecycle;
mod native;
mod objects;
mod parameters;
mod permissions;
mod random;
mod reentrancy;
mod refused;
mod revert;
mod snapshot;
mod solana;
mod solana_token;
mod static_call;
mod stylus;
mod trap;
mod upgrade;
mod value;
