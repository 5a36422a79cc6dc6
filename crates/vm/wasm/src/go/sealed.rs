//! The host of a program that starts: it has no contract yet, so that nothing can be reached.

use primitives::{Address, B256, Bytes, CodeHash, Hash, U256, VmKind, Wei};
use vm::object::{ObjectKey, ObjectStore};
use vm::schedule::SCHEDULE_V1;
use vm::{
    CallOutcome, CallRequest, DeployOutcome, DeployRequest, Environment, GasMeter, Host,
    RecordPlace, ScanRequest, Schedule, Trap,
};

/// A host that offers the environment and nothing else.
pub(super) struct Sealed<'a> {
    environment: &'a Environment,
    schedule: Schedule,
}

impl<'a> Sealed<'a> {
    pub(super) const fn new(environment: &'a Environment) -> Self {
        Self { environment, schedule: SCHEDULE_V1 }
    }
}

/// What a call of anything ends with.
const REFUSED: Trap = Trap::Limit { what: "host calls before the first call", found: 1, limit: 0 };

/// Defines operations that are refused.
macro_rules! refused {
    ($($name:ident($($type:ty),*) -> $output:ty;)*) => {
        $(fn $name(&mut self, _: &mut GasMeter $(, _: $type)*) -> Result<$output, Trap> {
            Err(REFUSED)
        })*
    };
}

/// No object can be read, and none can be made.
impl ObjectStore for Sealed<'_> {
    fn prices(&self) -> &Schedule {
        &self.schedule
    }

    fn actor(&self) -> Address {
        Address::ZERO
    }

    fn refuses_writes(&self) -> bool {
        true
    }

    fn moment(&self) -> (Hash, u64) {
        (Hash::ZERO, 0)
    }

    fn count_creation(&mut self, _: &Address) -> u64 {
        0
    }

    fn warm(&mut self, _: &ObjectKey) -> bool {
        true
    }

    fn read(&mut self, _: &ObjectKey) -> Result<Option<Bytes>, Trap> {
        Err(REFUSED)
    }

    fn write(&mut self, _: &ObjectKey, _: Option<Bytes>) {}

    fn suffixes(
        &mut self,
        _: &ObjectKey,
        _: Option<&[u8]>,
        _: usize,
    ) -> Result<Vec<Vec<u8>>, Trap> {
        Err(REFUSED)
    }

    fn emit_event(&mut self, _: Vec<B256>, _: Bytes) {}
}

impl Host for Sealed<'_> {
    fn environment(&self) -> &Environment {
        self.environment
    }

    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    refused! {
        storage_get(&[u8]) -> Option<Bytes>;
        storage_put(&[u8], &[u8]) -> ();
        storage_delete(&[u8]) -> bool;
        storage_scan(&ScanRequest<'_>) -> Vec<(Bytes, Bytes)>;
        counter_get(&[u8]) -> U256;
        counter_add(&[u8], U256) -> bool;
        counter_sub(&[u8], U256) -> bool;
        transient_get(B256) -> B256;
        transient_put(B256, B256) -> ();
        balance(&Address) -> Wei;
        code_hash(&Address) -> Option<(VmKind, CodeHash)>;
        interface(&Address) -> Option<Bytes>;
        transfer(&Address, Wei) -> bool;
        call(&CallRequest<'_>) -> CallOutcome;
        call_as(&Address, &CallRequest<'_>) -> CallOutcome;
        record_get(&RecordPlace<'_>) -> Option<Bytes>;
        record_put(&RecordPlace<'_>, Option<&[u8]>) -> ();
        code_get(&CodeHash) -> Option<Bytes>;
        code_put(&[u8]) -> CodeHash;
        move_coin(&Address, &Address, Wei) -> bool;
        deploy(&DeployRequest<'_>) -> DeployOutcome;
        emit(&[B256], &[u8]) -> ();
        block_hash(u64) -> B256;
    }

    fn object_store(&mut self) -> &mut dyn ObjectStore {
        self
    }

    /// What a program prints while it starts is lost, but paid.
    fn debug(&mut self, gas: &mut GasMeter, _: &str) -> Result<(), Trap> {
        Ok(gas.charge(self.schedule.debug_base)?)
    }
}
