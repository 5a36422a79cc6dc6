//! The native strand as the registry sees it.

use primitives::{VmKind, VmVersion};
use vm::{CodeError, CodeReport, Vm, VmStatus};

/// The native strand. Its contracts are registered and not deployed, so it accepts no code.
#[derive(Debug, Clone, Copy, Default)]
pub struct NativeVm {
    contracts: u64,
}

impl NativeVm {
    /// The strand with so many contracts.
    #[must_use]
    pub const fn new(contracts: u64) -> Self {
        Self { contracts }
    }
}

impl Vm for NativeVm {
    fn kind(&self) -> VmKind {
        VmKind::Native
    }

    fn version(&self) -> VmVersion {
        VmVersion { major: 1, minor: 0, patch: 0, features: Vec::new() }
    }

    fn recognizes(&self, _code: &[u8]) -> bool {
        false
    }

    fn validate(&self, _code: &[u8]) -> Result<CodeReport, CodeError> {
        Err(CodeError::Malformed {
            kind: VmKind::Native,
            offset: 0,
            reason: "native contracts are registered when a node starts, not deployed".to_owned(),
        })
    }

    fn prepare(&self, _code: &[u8]) {}

    fn status(&self) -> VmStatus {
        VmStatus { counters: vec![("contracts", self.contracts)] }
    }
}
