//! A host that has nothing, for programs that ask for nothing.

use braidvm::{
    Address, B256, Bytes, CodeHash, Hash, U256, VmKind, Wei,
    rooms::vm::{
        CallOutcome, CallRequest, DeployOutcome, DeployRequest, Environment, GasMeter, Host,
        RecordPlace, ScanRequest, Schedule, Trap,
        object::{ObjectKey, ObjectStore},
    },
};

/// Knows the environment and the prices; whatever else a program reaches for is a fault.
pub(super) struct SealedHost<'a> {
    environment: &'a Environment,
    schedule: Schedule,
}

impl<'a> SealedHost<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self { environment, schedule: Schedule::default() }
    }
}

macro_rules! refuse {
    ($($name:ident($($parameter:ty),*) -> $result:ty;)*) => {
        $(fn $name(&mut self, $(_: $parameter),*) -> Result<$result, Trap> {
            Err(Trap::Fault)
        })*
    };
}

impl Host for SealedHost<'_> {
    fn environment(&self) -> &Environment {
        self.environment
    }

    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn object_store(&mut self) -> &mut dyn ObjectStore {
        self
    }

    refuse! {
        storage_get(&mut GasMeter, &[u8]) -> Option<Bytes>;
        storage_put(&mut GasMeter, &[u8], &[u8]) -> ();
        storage_delete(&mut GasMeter, &[u8]) -> bool;
        storage_scan(&mut GasMeter, &ScanRequest<'_>) -> Vec<(Bytes, Bytes)>;
        counter_get(&mut GasMeter, &[u8]) -> U256;
        counter_add(&mut GasMeter, &[u8], U256) -> bool;
        counter_sub(&mut GasMeter, &[u8], U256) -> bool;
        transient_get(&mut GasMeter, B256) -> B256;
        transient_put(&mut GasMeter, B256, B256) -> ();
        balance(&mut GasMeter, &Address) -> Wei;
        code_hash(&mut GasMeter, &Address) -> Option<(VmKind, CodeHash)>;
        interface(&mut GasMeter, &Address) -> Option<Bytes>;
        transfer(&mut GasMeter, &Address, Wei) -> bool;
        call(&mut GasMeter, &CallRequest<'_>) -> CallOutcome;
        call_as(&mut GasMeter, &Address, &CallRequest<'_>) -> CallOutcome;
        record_get(&mut GasMeter, &RecordPlace<'_>) -> Option<Bytes>;
        record_put(&mut GasMeter, &RecordPlace<'_>, Option<&[u8]>) -> ();
        code_get(&mut GasMeter, &CodeHash) -> Option<Bytes>;
        code_put(&mut GasMeter, &[u8]) -> CodeHash;
        move_coin(&mut GasMeter, &Address, &Address, Wei) -> bool;
        deploy(&mut GasMeter, &DeployRequest<'_>) -> DeployOutcome;
        emit(&mut GasMeter, &[B256], &[u8]) -> ();
        block_hash(&mut GasMeter, u64) -> B256;
        debug(&mut GasMeter, &str) -> ();
    }
}

impl ObjectStore for SealedHost<'_> {
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
        false
    }

    refuse! {
        read(&ObjectKey) -> Option<Bytes>;
        suffixes(&ObjectKey, Option<&[u8]>, usize) -> Vec<Vec<u8>>;
    }

    fn write(&mut self, _: &ObjectKey, _: Option<Bytes>) {}

    fn emit_event(&mut self, _: Vec<B256>, _: Bytes) {}
}
