//! The JavaScript strand: an engine for metered scripts, and the frozen world that they run in.
//!
//! A script comes from the compiler of this strand, which has written the metering into it. An
//! engine ([`engine::JsEngine`]) runs it over a door ([`engine::Door`]): [`QuickJs`], [`V8`]
//! where a build has it, or [`Both`], which holds one to the other. Before any contract, each
//! context runs the prelude: JavaScript of this crate that takes away what engines do differently
//! and meters what is linear.

mod both;
mod codec;
mod config;
mod door;
pub mod engine;
mod foreign;
mod keys;
pub mod limits;
mod machine;
pub mod marshal;
mod pool;
mod prelude;
mod quickjs;
mod units;
mod v8;
mod warmer;
mod watchdog;

pub use both::Both;
pub use config::{EngineChoice, JsConfig};
pub use machine::JsVm;
pub use quickjs::QuickJs;
pub use units::{Script, UnitCompiler};
pub use v8::V8;
