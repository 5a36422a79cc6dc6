//! What a native contract can reach.

use primitives::{Address, Bytes, CodeHash, VmKind, VmVersion};
use vm::{GasMeter, Host, Trap};

/// What any contract can reach, and system resources: what no code of a user may read.
///
/// All of it is part of the state or of the rules of the chain, so it is the same on every node.
/// Every operation charges before it works.
pub trait NativeHost: Host {
    /// The record of a contract; nothing where it has none.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn contract_summary(
        &mut self,
        gas: &mut GasMeter,
        contract: &Address,
    ) -> Result<Option<ContractSummary>, Trap>;

    /// Lets what is done to objects from here on be done in the name of another than the contract:
    /// of its caller, who may not be told apart from it otherwise.
    fn act_for(&mut self, caller: Address);

    /// The machines in the order of their numbers. The counters of a node are not among it: they
    /// differ from node to node.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn machines(&mut self, gas: &mut GasMeter) -> Result<Vec<MachineSummary>, Trap>;

    /// The rules of the chain as the state keeps them: JSON. Nothing where a state has none.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn chain_rules(&mut self, gas: &mut GasMeter) -> Result<Option<Bytes>, Trap>;

    /// Whether those who govern the chain let `caller` make a change of it with this input: its
    /// owner, or where several have to approve, one of those once enough approved of the input's
    /// keccak256. The approvals are used up. Where they do not, the reason in words.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn ask_governance(
        &mut self,
        gas: &mut GasMeter,
        caller: &Address,
        input: &[u8],
    ) -> Result<Result<(), String>, Trap>;
}

/// What the state knows of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractSummary {
    /// The machine.
    pub kind: VmKind,
    /// 1 for the first deploy, one more for each upgrade.
    pub version: u32,
    /// The hash of the present code.
    pub code_hash: CodeHash,
    /// Who may upgrade it.
    pub owner: Option<Address>,
    /// `active`, `frozen` or `revoked`.
    pub status: &'static str,
    /// The block of the first deploy.
    pub created_block: u64,
    /// The block of the last change.
    pub updated_block: u64,
}

/// What the rules say of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSummary {
    /// Which machine.
    pub kind: VmKind,
    /// The version of its rules.
    pub version: VmVersion,
    /// Whether contracts of it may run.
    pub is_enabled: bool,
}
