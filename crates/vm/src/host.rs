//! All that code in a frame can reach.

use primitives::{Address, B256, Bytes, CodeHash, Gas, ObjectId, ObjectOwner, U256, VmKind, Wei};
use thiserror::Error;

use crate::{
    Environment, GasMeter, HaltReason, OutOfGas, Schedule, Status,
    object::{ObjectRecord, ObjectResult, ObjectStore, Objects},
};

/// What a frame can reach: state of its own contract, balances, other contracts, events, the
/// block. Every operation charges `gas` before it works; the prices are in the [`Schedule`].
///
/// An `Err` of any operation ends the frame at once: the machine unwinds and returns
/// [`Outcome::halt`](crate::Outcome::halt) with [`Trap::halt_reason`]. What a guest may handle
/// itself is in the `Ok` value.
pub trait Host {
    /// The block and the transaction.
    fn environment(&self) -> &Environment;

    /// The prices.
    fn schedule(&self) -> &Schedule;

    /// A record of the contract's own storage.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn storage_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<Option<Bytes>, Trap>;

    /// Puts a record into the contract's own storage.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn storage_put(&mut self, gas: &mut GasMeter, key: &[u8], value: &[u8]) -> Result<(), Trap>;

    /// Removes a record from the contract's own storage; tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn storage_delete(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<bool, Trap>;

    /// Records of the contract's own storage in the order of their keys.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn storage_scan(
        &mut self,
        gas: &mut GasMeter,
        request: &ScanRequest<'_>,
    ) -> Result<Vec<(Bytes, Bytes)>, Trap>;

    /// The number in a counter of the contract, which is zero before its first change.
    ///
    /// Reading orders a transaction after all that change the counter. A contract that only adds
    /// and subtracts does not read it.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn counter_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<U256, Trap>;

    /// Adds to a counter of the contract. Tells whether the sum fits; where it does not, nothing
    /// has changed.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn counter_add(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap>;

    /// Subtracts from a counter of the contract. Tells whether there was as much; where there was
    /// not, nothing has changed.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn counter_sub(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap>;

    /// A word of the contract's storage that lasts as long as the transaction (EIP-1153).
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn transient_get(&mut self, gas: &mut GasMeter, key: B256) -> Result<B256, Trap>;

    /// Sets a word of the contract's transient storage.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn transient_put(&mut self, gas: &mut GasMeter, key: B256, value: B256) -> Result<(), Trap>;

    /// The balance of an identity.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn balance(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Wei, Trap>;

    /// The machine and the hash of the code of an identity, or nothing where it has no code.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn code_hash(
        &mut self,
        gas: &mut GasMeter,
        address: &Address,
    ) -> Result<Option<(VmKind, CodeHash)>, Trap>;

    /// The interface of a contract, as JSON; nothing where it has none.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn interface(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Option<Bytes>, Trap>;

    /// Moves coin of the contract to another identity without running its code. Tells whether
    /// the balance sufficed.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn transfer(&mut self, gas: &mut GasMeter, to: &Address, amount: Wei) -> Result<bool, Trap>;

    /// Calls a contract of any machine. The callee's unused gas comes back to `gas`.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends. A callee that reverts or halts is no error but an outcome.
    fn call(&mut self, gas: &mut GasMeter, request: &CallRequest<'_>) -> Result<CallOutcome, Trap>;

    /// As [`call`](Self::call), in the name of another identity, whose coin the value is. For a
    /// machine that runs several contracts in one frame: it says which of them calls.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    ///
    /// # Panics
    ///
    /// Where the frame's machine [is not one](may_keep_records) that checks authority itself.
    fn call_as(
        &mut self,
        gas: &mut GasMeter,
        caller: &Address,
        request: &CallRequest<'_>,
    ) -> Result<CallOutcome, Trap>;

    /// A record that the frame's machine keeps beside the storage of contracts.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    ///
    /// # Panics
    ///
    /// Where the space is another machine's.
    fn record_get(
        &mut self,
        gas: &mut GasMeter,
        place: &RecordPlace<'_>,
    ) -> Result<Option<Bytes>, Trap>;

    /// Puts a record that the frame's machine keeps, or removes it.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    ///
    /// # Panics
    ///
    /// Where the space is another machine's.
    fn record_put(
        &mut self,
        gas: &mut GasMeter,
        place: &RecordPlace<'_>,
        value: Option<&[u8]>,
    ) -> Result<(), Trap>;

    /// Code that [`code_put`](Self::code_put) stored. The price is the same for any length, as that
    /// of the code of a contract that is called.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    ///
    /// # Panics
    ///
    /// Where the frame's machine [keeps no records](may_keep_records).
    fn code_get(&mut self, gas: &mut GasMeter, hash: &CodeHash) -> Result<Option<Bytes>, Trap>;

    /// Keeps code under its hash. The machine has checked it.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    ///
    /// # Panics
    ///
    /// Where the frame's machine [keeps no records](may_keep_records).
    fn code_put(&mut self, gas: &mut GasMeter, code: &[u8]) -> Result<CodeHash, Trap>;

    /// Moves coin between any two identities, without running code. Tells whether the balance
    /// sufficed. The machine has checked that the giver agrees.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    ///
    /// # Panics
    ///
    /// Where the frame's machine [is not one](may_keep_records) that checks authority itself.
    fn move_coin(
        &mut self,
        gas: &mut GasMeter,
        from: &Address,
        to: &Address,
        amount: Wei,
    ) -> Result<bool, Trap>;

    /// Makes a contract of any machine.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends. Code that is refused is no error but an outcome.
    fn deploy(
        &mut self,
        gas: &mut GasMeter,
        request: &DeployRequest<'_>,
    ) -> Result<DeployOutcome, Trap>;

    /// Emits an event of the contract.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn emit(&mut self, gas: &mut GasMeter, topics: &[B256], data: &[u8]) -> Result<(), Trap>;

    /// The hash of one of the last 256 blocks, zero for any other.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn block_hash(&mut self, gas: &mut GasMeter, number: u64) -> Result<B256, Trap>;

    /// A line for the person who debugs; no part of any result.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends (a line costs gas like any other work).
    fn debug(&mut self, gas: &mut GasMeter, text: &str) -> Result<(), Trap>;

    /// A line for the person who debugs, of the machine and not of its guest: it costs nothing and
    /// need not be the same on every node.
    fn remark(&mut self, _text: &str) {}

    /// Says why the machine ends the frame with [`HaltReason::Fault`], for the person who runs the
    /// node; no part of any result.
    fn fault(&mut self, _reason: String) {}

    /// The records of objects, for the operations on objects below.
    fn object_store(&mut self) -> &mut dyn ObjectStore;

    /// Makes an object whose creator is the contract.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn object_create(&mut self, gas: &mut GasMeter, owner: ObjectOwner) -> ObjectResult<ObjectId> {
        Objects { store: self.object_store(), gas }.create(owner)
    }

    /// Who made an object and who has it; nothing where there is none.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn object_get(
        &mut self,
        gas: &mut GasMeter,
        id: &ObjectId,
    ) -> Result<Option<ObjectRecord>, Trap> {
        Objects { store: self.object_store(), gas }.get(id)
    }

    /// A field of an object as [`abi::typed`] encodes it; nothing where it has none of this name.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn object_field(
        &mut self,
        gas: &mut GasMeter,
        id: &ObjectId,
        name: &[u8],
    ) -> Result<Option<Bytes>, Trap> {
        Objects { store: self.object_store(), gas }.field(id, name)
    }

    /// Sets a field of an object to a value as [`abi::typed`] encodes it.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn object_set_field(
        &mut self,
        gas: &mut GasMeter,
        id: &ObjectId,
        name: &[u8],
        value: &[u8],
    ) -> ObjectResult<()> {
        Objects { store: self.object_store(), gas }.set_field(id, name, value)
    }

    /// Removes a field of an object, if it has one of this name.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn object_remove_field(
        &mut self,
        gas: &mut GasMeter,
        id: &ObjectId,
        name: &[u8],
    ) -> ObjectResult<()> {
        Objects { store: self.object_store(), gas }.remove_field(id, name)
    }

    /// Gives an object to another owner.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn object_set_owner(
        &mut self,
        gas: &mut GasMeter,
        id: &ObjectId,
        owner: ObjectOwner,
    ) -> ObjectResult<()> {
        Objects { store: self.object_store(), gas }.set_owner(id, owner)
    }

    /// Deletes an object with its fields. One that has other objects is not deleted.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn object_delete(&mut self, gas: &mut GasMeter, id: &ObjectId) -> ObjectResult<()> {
        Objects { store: self.object_store(), gas }.delete(id)
    }

    /// At most `limit` objects of an owner, in the order of their identities, above `after`.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    fn object_list(
        &mut self,
        gas: &mut GasMeter,
        owner: ObjectOwner,
        after: Option<&ObjectId>,
        limit: u32,
    ) -> Result<Vec<ObjectId>, Trap> {
        Objects { store: self.object_store(), gas }.list(owner, after, limit)
    }
}

/// Whether a machine keeps records of its own and checks by itself who may change them and whose
/// coin may move: its accounts or resources are not the storage of the contract that runs.
#[must_use]
pub const fn may_keep_records(kind: VmKind) -> bool {
    matches!(kind, VmKind::Svm | VmKind::Move)
}

/// What kind of record a machine keeps beside the storage of contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordSpace {
    /// The data of a Solana account.
    SvmAccount,
    /// A published Move module.
    MoveModule,
    /// A Move resource.
    MoveResource,
    /// An entry of a Move table.
    MoveTable,
}

impl RecordSpace {
    /// The machine that keeps such records.
    #[must_use]
    pub const fn kind(self) -> VmKind {
        match self {
            Self::SvmAccount => VmKind::Svm,
            Self::MoveModule | Self::MoveResource | Self::MoveTable => VmKind::Move,
        }
    }
}

/// Where a record of a machine is.
#[derive(Debug, Clone, Copy)]
pub struct RecordPlace<'a> {
    /// What kind of record.
    pub space: RecordSpace,
    /// Whose.
    pub owner: Address,
    /// Which of its owner's, empty where there is but one.
    pub key: &'a [u8],
}

/// Why a frame ends within an operation of the host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Trap {
    /// The operation costs more than is left.
    #[error("out of gas")]
    OutOfGas,
    /// The operation writes and the frame is static.
    #[error("write in a static call")]
    StaticViolation,
    /// An argument breaks a limit.
    #[error("{what} of {found} breaks the limit of {limit}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// The host failed. It remembers why; the machine unwinds at once.
    #[error("host fault")]
    Fault,
}

impl Trap {
    /// The reason of the halt that follows.
    #[must_use]
    pub fn halt_reason(self) -> HaltReason {
        match self {
            Self::OutOfGas => HaltReason::OutOfGas,
            Self::StaticViolation => HaltReason::StaticViolation,
            Self::Limit { what, found, limit } => HaltReason::Limit { what, found, limit },
            Self::Fault => HaltReason::Fault,
        }
    }
}

impl From<OutOfGas> for Trap {
    fn from(OutOfGas: OutOfGas) -> Self {
        Self::OutOfGas
    }
}

/// Which records a scan hands out.
#[derive(Debug, Clone, Copy)]
pub struct ScanRequest<'a> {
    /// What the keys start with.
    pub prefix: &'a [u8],
    /// Only keys above this one; nothing for the start of the range.
    pub after: Option<&'a [u8]>,
    /// At most so many, and never more than
    /// [`SCAN_ENTRIES_MAX`](primitives::limits::SCAN_ENTRIES_MAX).
    pub limit: u32,
}

/// A call to a contract.
#[derive(Debug, Clone, Copy)]
pub struct CallRequest<'a> {
    /// Whom.
    pub to: Address,
    /// Coin that goes with it.
    pub value: Wei,
    /// Selector and arguments by the Solidity ABI, or raw bytes.
    pub input: &'a [u8],
    /// At most so much gas; the host lends no more than all but a 64th of what is left.
    pub gas_limit: Gas,
    /// Whether nothing may be written.
    pub is_static: bool,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOutcome {
    /// How the callee ended.
    pub status: Status,
    /// Return data, revert data, or nothing after a halt.
    pub output: Bytes,
}

/// The making of a contract.
#[derive(Debug, Clone, Copy)]
pub struct DeployRequest<'a> {
    /// The machine of the new contract.
    pub kind: VmKind,
    /// Its code (for the EVM: its creation code).
    pub code: &'a [u8],
    /// Arguments of the constructor by the Solidity ABI, without a selector.
    pub arguments: &'a [u8],
    /// Coin that goes to the new contract.
    pub value: Wei,
    /// Derives the address from creator, salt and code (EIP-1014) and not from the nonce.
    pub salt: Option<B256>,
    /// At most so much gas; the host lends no more than all but a 64th of what is left.
    pub gas_limit: Gas,
}

/// How the making of a contract ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployOutcome {
    /// How the constructor ended; code that is refused reverts with the reason.
    pub status: Status,
    /// The new contract, where it succeeded.
    pub address: Option<Address>,
    /// Revert data where it did not.
    pub output: Bytes,
}
