//! The settings of the machine on one node, and its price.

/// What a compute unit costs in gas.
///
/// A unit is about one instruction of sBPF. Compiled code runs it in the time that the EVM needs
/// for a unit of gas or less, so the two count alike; what a frame does to the state is paid for
/// beside it, by the prices of the host.
pub const GAS_PER_COMPUTE_UNIT: u64 = 1;

/// Bytes of compiled programs that a node keeps unless it is told otherwise.
const CACHE_BYTES: u64 = 256 << 20;

/// The settings of the machine on one node. They change no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SvmConfig {
    /// Bytes of compiled programs kept in memory, about.
    pub cache_bytes: u64,
}

impl Default for SvmConfig {
    fn default() -> Self {
        Self { cache_bytes: CACHE_BYTES }
    }
}
