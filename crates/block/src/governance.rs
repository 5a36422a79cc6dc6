//! The part of a genesis that says who may make contracts and give them other code.

use primitives::{Address, Bytes, limits::APPROVALS_MAX};
use serde::{Deserialize, Serialize};
use state::{
    Key, WriteSet,
    record::{ContractRecord, UpgradePolicy},
};

use crate::{
    GenesisError,
    genesis::{Names, resolve, wrong},
};

/// Who may make contracts, and give them other code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GovernanceSection {
    /// Who changes the rest later: a name or an address; nobody where none is named.
    pub owner: Option<String>,
    /// Who may make contracts.
    pub deploy: PolicyName,
    /// How many of the deployers have to approve of code, where the policy is `multi-sign`.
    pub deploy_approvals: u32,
    /// Who is on the list of `allow-list`, or approves where the policy is `multi-sign`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deployers: Vec<String>,
    /// Who may give a new contract other code, until its owner says otherwise.
    pub upgrade: UpgradePolicyName,
    /// How many have to approve of that code, where that policy is `multi-sign`.
    pub upgrade_approvals: u32,
}

/// The policies by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyName {
    /// Everybody.
    #[default]
    Open,
    /// The owner.
    Owner,
    /// The owner and those on a list.
    AllowList,
    /// Those on a list, once so many of them approve.
    MultiSign,
}

/// A policy of upgrades by name: the owner's where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UpgradePolicyName(pub PolicyName);

impl Default for UpgradePolicyName {
    fn default() -> Self {
        Self(PolicyName::Owner)
    }
}

impl PolicyName {
    fn policy(self, approvals: u32) -> Result<UpgradePolicy, String> {
        let (code, _) = match self {
            Self::Open => UpgradePolicy::Open,
            Self::Owner => UpgradePolicy::Owner,
            Self::AllowList => UpgradePolicy::AllowList,
            Self::MultiSign => UpgradePolicy::MultiSign(approvals),
        }
        .code();
        UpgradePolicy::from_code(code, approvals).ok_or_else(|| {
            let limits = format!("multi-sign asks for 1 to {APPROVALS_MAX}, the others for 0");
            format!("{approvals} approvals: {limits}")
        })
    }
}

impl GovernanceSection {
    pub(crate) fn writes(&self, names: Names<'_>) -> Result<WriteSet, GenesisError> {
        let at = |key: &'static str| move |reason: String| wrong(key, &reason);
        let seen = |name: &String| {
            resolve(name, names).map(|identity| Address::from_evm(identity.evm_alias()))
        };
        let owner = self.owner.as_ref().map(seen).transpose().map_err(at("governance.owner"))?;
        let deploy = self.deploy.policy(self.deploy_approvals);
        let deploy = deploy.map_err(at("governance.deploy_approvals"))?;
        let upgrade = self.upgrade.0.policy(self.upgrade_approvals);
        let record = ContractRecord {
            contract_policy: upgrade.map_err(at("governance.upgrade_approvals"))?,
            ..ContractRecord::of_chain(owner, deploy)
        };
        let mut writes = WriteSet::new();
        for name in &self.deployers {
            let member = seen(name).map_err(at("governance.deployers"))?;
            let key = kernel::role_key(&kernel::deployer(), &kernel::DEPLOYER_ROLE, &member);
            writes.put(key, Bytes::from_static(&[1]));
        }
        writes.put(Key::contract(&kernel::deployer()), record.encode());
        Ok(writes)
    }
}
