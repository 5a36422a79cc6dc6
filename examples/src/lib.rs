//! Programs that use the engine as a library: `cargo run -p braid-examples --bin quickstart`.
