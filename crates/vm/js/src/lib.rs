//! The JavaScript strand: an engine for metered scripts, and the frozen world that they run in.
//!
//! A script comes from the compiler of this strand, which has written the metering into it. An
//! engine ([`engine::JsEngine`]) runs it over a door ([`engine::Door`]); the only one is
//! [`QuickJs`]. Before any contract, each context runs the prelude: JavaScript of this crate that
//! takes away what engines do differently and meters what is linear.

mod config;
pub mod engine;
mod prelude;
mod quickjs;

pub use config::{EngineChoice, JsConfig};
pub use quickjs::QuickJs;
