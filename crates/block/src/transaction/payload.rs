//! What a transaction of Braid's own form says.

use kernel::{Fee, Transaction};
use primitives::{Address, BlockNumber, Bytes, Gas, Hash, U256, VmKind, Wei, keccak256};

use super::{EncodeError, RecoveryError, wire};
use crate::limits::{ACCESS_HINT_KEYS_MAX, ACCESS_HINTS_MAX, MODULES_MAX, NONCE_MAX};

/// What is hashed before a payload to be signed. The first byte begins neither a transaction nor
/// an RLP list (EIP-191), so that no signature of anything else is one of a transaction.
const DOMAIN: &[u8] = b"\x19Braid Signed Transaction:\n";

/// A transaction before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The one chain on which it is valid (EIP-155).
    pub chain_id: u64,
    /// How many transactions the sender sent before.
    pub nonce: u64,
    /// The last block that may hold it.
    pub expiry: Option<BlockNumber>,
    /// What it may use.
    pub gas_limit: Gas,
    /// Wei for a unit of gas at most, base fee and tip together (EIP-1559).
    pub max_fee: u128,
    /// Wei for a unit of gas that goes to the fee recipient at most.
    pub max_priority_fee: u128,
    /// What it does.
    pub action: Action,
    /// What it says it will touch, so that it runs beside others without conflict.
    pub hints: Vec<AccessHint>,
}

/// What a transaction does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Pays coin.
    Transfer {
        /// To whom.
        to: Address,
        /// How much.
        value: Wei,
    },
    /// Calls a contract of any machine.
    Call {
        /// Which.
        to: Address,
        /// Coin that goes along.
        value: Wei,
        /// Selector and arguments by the Solidity ABI, or raw bytes.
        input: Bytes,
    },
    /// Makes a contract.
    Deploy {
        /// The machine that runs it.
        kind: VmKind,
        /// Its code; for the EVM its creation code.
        code: Bytes,
        /// Arguments of the constructor by the Solidity ABI.
        arguments: Bytes,
        /// Its interface as JSON, where it does not stand in the code.
        interface: Option<String>,
        /// Coin that goes to the contract.
        value: Wei,
    },
    /// Gives a contract of the sender's new code.
    Upgrade {
        /// Which.
        contract: Address,
        /// The code.
        code: Bytes,
        /// Its interface as JSON; the new code's own where there is none.
        interface: Option<String>,
    },
    /// Publishes modules under the sender's name.
    Publish {
        /// The modules in their order.
        modules: Vec<Bytes>,
    },
}

/// A place that a transaction says it will touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessHint {
    /// The account or contract.
    pub address: Address,
    /// Keys of its own storage.
    pub keys: Vec<Bytes>,
    /// Whether it writes there.
    pub is_written: bool,
}

impl Action {
    /// The name for people.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Transfer { .. } => "transfer",
            Self::Call { .. } => "call",
            Self::Deploy { .. } => "deploy",
            Self::Upgrade { .. } => "upgrade",
            Self::Publish { .. } => "publish",
        }
    }
}

impl Payload {
    /// What is signed: keccak256 over a prefix of its own, the type, and the encoded payload.
    #[must_use]
    pub fn signing_hash(&self) -> Hash {
        let mut bytes = DOMAIN.to_vec();
        bytes.push(super::BRAID_TYPE);
        wire::write_payload(self, &mut bytes);
        keccak256(bytes)
    }

    /// Holds the payload against the limits.
    pub(super) fn check(&self) -> Result<(), EncodeError> {
        let within = |what, found: u64, limit: u64| match found > limit {
            true => Err(EncodeError::Limit { what, found, limit }),
            false => Ok(()),
        };
        let keys: usize = self.hints.iter().map(|hint| hint.keys.len()).sum();
        within("nonce", self.nonce, NONCE_MAX)?;
        within("count of access hints", self.hints.len() as u64, ACCESS_HINTS_MAX as u64)?;
        within("count of hinted keys", keys as u64, ACCESS_HINT_KEYS_MAX as u64)?;
        match &self.action {
            Action::Publish { modules } => {
                within("count of modules", modules.len() as u64, MODULES_MAX as u64)
            }
            _ => Ok(()),
        }
    }

    /// The transaction in the kernel's words.
    pub(super) fn transaction(
        &self,
        sender: Address,
        hash: Hash,
    ) -> Result<Transaction, RecoveryError> {
        let (to, value, input) = self.call()?;
        Ok(Transaction {
            hash,
            from: sender,
            to,
            value,
            input,
            gas_limit: self.gas_limit,
            fee: Fee::Dynamic {
                max_fee: Wei(U256::from(self.max_fee)),
                max_priority_fee: Wei(U256::from(self.max_priority_fee)),
            },
            nonce: Some(self.nonce),
            chain_id: Some(self.chain_id),
            ..Transaction::default()
        })
    }

    /// The call that the action stands for: whom, with how much, and with what input.
    fn call(&self) -> Result<(Option<Address>, Wei, Bytes), RecoveryError> {
        match &self.action {
            Action::Transfer { to, value } => Ok((Some(*to), *value, Bytes::new())),
            Action::Call { to, value, input } => Ok((Some(*to), *value, input.clone())),
            Action::Deploy { kind: VmKind::Evm, code, arguments, interface, value } => {
                if interface.is_some() {
                    return Err(RecoveryError::InterfaceOfEvm);
                }
                Ok((None, *value, [code.as_ref(), arguments].concat().into()))
            }
            Action::Deploy { kind, code, arguments, interface, value } => {
                let input = kernel::deploy_input(*kind, code, arguments, interface.as_deref());
                Ok((Some(kernel::deployer()), *value, input))
            }
            Action::Upgrade { contract, code, interface } => {
                let input = kernel::upgrade_input(*contract, code, interface.as_deref());
                Ok((Some(kernel::deployer()), Wei::ZERO, input))
            }
            Action::Publish { .. } => Err(RecoveryError::Publish),
        }
    }
}
