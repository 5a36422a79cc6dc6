//! The lifecycle of contracts.

use primitives::{Address, Bytes, CodeHash, VmKind, limits::APPROVALS_MAX};
use serde::{Deserialize, Serialize};

use crate::{Key, StateError};

/// Whether a contract may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ContractStatus {
    /// It may.
    Active,
    /// Not until its owner thaws it.
    Frozen,
    /// Never again.
    Revoked,
}

impl ContractStatus {
    /// The number that leads a record, so that a call need not read all of it.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Active => 0,
            Self::Frozen => 1,
            Self::Revoked => 2,
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Frozen => "frozen",
            Self::Revoked => "revoked",
        }
    }
}

/// The lifecycle of a contract. An EVM contract that another contract created has no record and
/// counts as active, version 1, without owner or interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRecord {
    /// The machine that runs it.
    pub kind: VmKind,
    /// 1 for the first deploy, one more for each upgrade.
    pub version: u32,
    /// Code hashes of all versions, oldest first; the last is the present one.
    pub code_hashes: Vec<CodeHash>,
    /// Whose it is.
    pub owner: Option<Address>,
    /// Whether it may be called.
    pub status: ContractStatus,
    /// Its interface as JSON text, as the author shipped it or as the code tells it.
    pub interface: Option<String>,
    /// The block of the first deploy.
    pub created_block: u64,
    /// The block of the last change.
    pub updated_block: u64,
    /// Who is to be the owner as soon as it accepts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_owner: Option<Address>,
    /// Who may give it other code.
    #[serde(default, skip_serializing_if = "UpgradePolicy::is_owner")]
    pub upgrade_policy: UpgradePolicy,
    /// Of the chain's own record: what policy its contracts begin with.
    #[serde(default, skip_serializing_if = "UpgradePolicy::is_owner")]
    pub contract_policy: UpgradePolicy,
    /// Whether it is EVM code that its owner may replace; of other machines all is.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub is_managed: bool,
    /// Whether some of its methods are for those alone who have a role.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub has_method_rules: bool,
    /// The block of the present version, where it is not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_block: Option<u64>,
    /// Who made the present version, where it is not the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_author: Option<Address>,
}

/// Who may give a contract other code, or make contracts on a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UpgradePolicy {
    /// Everybody.
    Open,
    /// The owner.
    #[default]
    Owner,
    /// The owner, and who has the role for it.
    AllowList,
    /// Who has the role for it, once so many of those approve of the code.
    MultiSign(u32),
}

/// A version of a contract that a later one replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRecord {
    /// The hash of its code, which stays in the state.
    pub code_hash: CodeHash,
    /// Its interface as JSON text.
    pub interface: Option<String>,
    /// The block in which it began.
    pub block: u64,
    /// Who made it, where that is known.
    pub author: Option<Address>,
}

impl UpgradePolicy {
    /// Whether it is the owner's alone: what holds where nothing is said.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        *self == Self::Owner
    }

    /// The number of the policy in calls, and how many approvals it asks for.
    #[must_use]
    pub const fn code(self) -> (u8, u32) {
        match self {
            Self::Open => (0, 0),
            Self::Owner => (1, 0),
            Self::AllowList => (2, 0),
            Self::MultiSign(threshold) => (3, threshold),
        }
    }

    /// The policy of a number; nothing where there is none, or the number of approvals is not
    /// one that it can have.
    #[must_use]
    pub const fn from_code(code: u8, threshold: u32) -> Option<Self> {
        match (code, threshold) {
            (0, 0) => Some(Self::Open),
            (1, 0) => Some(Self::Owner),
            (2, 0) => Some(Self::AllowList),
            (3, 1..=APPROVALS_MAX) => Some(Self::MultiSign(threshold)),
            _ => None,
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Owner => "owner",
            Self::AllowList => "allow-list",
            Self::MultiSign(_) => "multi-sign",
        }
    }
}

impl VersionRecord {
    /// The bytes in the store: JSON in the order of the fields.
    ///
    /// # Panics
    ///
    /// Never: the record holds only what JSON can name.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        serde_json::to_vec(self).expect("invariant: a record is plain data").into()
    }

    /// The record that `bytes` hold.
    ///
    /// # Errors
    ///
    /// [`StateError::Corrupt`] naming `key` where the bytes are no version of a contract.
    pub fn decode(key: &Key, bytes: &[u8]) -> Result<Self, StateError> {
        serde_json::from_slice(bytes).map_err(|error| StateError::Corrupt {
            key: key.to_string(),
            reason: error.to_string(),
        })
    }
}

impl ContractRecord {
    /// The first version of a contract that is `owner`'s.
    #[must_use]
    pub fn new(kind: VmKind, code_hash: CodeHash, owner: Address, block: u64) -> Self {
        Self {
            kind,
            version: 1,
            code_hashes: vec![code_hash],
            owner: Some(owner),
            status: ContractStatus::Active,
            interface: None,
            created_block: block,
            updated_block: block,
            pending_owner: None,
            upgrade_policy: UpgradePolicy::Owner,
            contract_policy: UpgradePolicy::Owner,
            is_managed: false,
            has_method_rules: false,
            version_block: None,
            version_author: None,
        }
    }

    /// What the chain says of itself, under the address of its deployer: version 0 without code,
    /// whose policy is that of deploys.
    #[must_use]
    pub fn of_chain(owner: Option<Address>, deploy_policy: UpgradePolicy) -> Self {
        Self {
            version: 0,
            code_hashes: Vec::new(),
            owner,
            upgrade_policy: deploy_policy,
            ..Self::new(VmKind::Evm, CodeHash::EMPTY, Address::ZERO, 0)
        }
    }

    /// The present version as it is kept once another replaces it.
    ///
    /// # Panics
    ///
    /// Where there is no code.
    #[must_use]
    pub fn present(&self) -> VersionRecord {
        VersionRecord {
            code_hash: *self.code_hashes.last().expect("invariant: a version has code"),
            interface: self.interface.clone(),
            block: self.present_block(),
            author: self.version_author.or(self.owner),
        }
    }

    /// The block in which the present version began.
    #[must_use]
    pub fn present_block(&self) -> u64 {
        let began = if self.version > 1 { self.updated_block } else { self.created_block };
        self.version_block.unwrap_or(began)
    }

    /// Whether a call has to ask before it runs.
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        self.status != ContractStatus::Active || self.has_method_rules
    }

    /// The bytes in the store: the number of the status, then JSON in the order of the fields.
    ///
    /// # Panics
    ///
    /// Never: the record holds only what JSON can name.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = vec![self.status.code()];
        serde_json::to_writer(&mut bytes, self).expect("invariant: a record is plain data");
        bytes.into()
    }

    /// The status alone, as the first byte tells it; nothing where it tells none.
    #[must_use]
    pub fn status_of(bytes: &[u8]) -> Option<ContractStatus> {
        let statuses = [ContractStatus::Active, ContractStatus::Frozen, ContractStatus::Revoked];
        statuses.into_iter().find(|status| bytes.first() == Some(&status.code()))
    }

    /// The record that `bytes` hold.
    ///
    /// # Errors
    ///
    /// [`StateError::Corrupt`] naming `key` where the bytes are no contract record.
    pub fn decode(key: &Key, bytes: &[u8]) -> Result<Self, StateError> {
        let corrupt = |reason: String| StateError::Corrupt { key: key.to_string(), reason };
        let (_, json) =
            bytes.split_first().ok_or_else(|| corrupt("the record is empty".to_owned()))?;
        let record: Self =
            serde_json::from_slice(json).map_err(|error| corrupt(error.to_string()))?;
        if Self::status_of(bytes) != Some(record.status) {
            return Err(corrupt("the record names two statuses".to_owned()));
        }
        Ok(record)
    }
}
