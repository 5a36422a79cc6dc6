//! What owners do with contracts, and what can be read of it: versions, roles, rules of methods.

use abi::{Interface, Value, selector};
use kernel::{access_control, deployer};
use primitives::{Address, B256, Bytes, CodeHash, Hash, VmKind, keccak256};
use state::{
    Key, Overlay, Records, WriteSet,
    record::{ContractRecord, UpgradePolicy, VersionRecord},
};

use crate::{
    Arguments, Artifact, Deploy, Engine, EngineError, Receipt, Request, StateAt, engine::unchecked,
};

/// Changes of one contract in the name of one account, each a transaction in a block of its own.
///
/// For the address of the deployer, [`kernel::deployer`], it is the chain itself: who may make
/// contracts on it.
#[derive(Debug)]
pub struct Lifecycle<'a> {
    engine: &'a mut Engine,
    from: Address,
    contract: Address,
}

/// A version of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number, from 1.
    pub number: u32,
    /// The hash of its code.
    pub code_hash: CodeHash,
    /// Its interface as JSON text.
    pub interface: Option<String>,
    /// The block in which it began; nothing for one that an older store did not keep.
    pub block: Option<u64>,
    /// Who made it, where that is known.
    pub author: Option<Address>,
    /// Whether calls run it.
    pub is_present: bool,
}

/// Who may do what with a contract, beside its owner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessRules {
    /// Roles and who has them.
    pub members: Vec<(B256, Address)>,
    /// Methods by their selectors, and the role that each is for.
    pub methods: Vec<([u8; 4], B256)>,
    /// Roles that another than the default role administers.
    pub admins: Vec<(B256, B256)>,
    /// What was proposed, and who approved of it.
    pub approvals: Vec<(B256, Address)>,
}

impl Engine {
    /// Changes of a contract in the name of an account.
    pub const fn lifecycle(&mut self, from: Address, contract: Address) -> Lifecycle<'_> {
        Lifecycle { engine: self, from, contract }
    }

    /// The code of an artifact as a contract runs it: for the EVM what its creation code leaves
    /// when `from` runs it with these arguments, for other machines the code itself.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the arguments do not fit or the creation code fails.
    pub fn runtime_code(
        &self,
        (from, contract): (Address, Address),
        artifact: &Artifact,
        arguments: &Arguments,
    ) -> Result<Bytes, EngineError> {
        let kind = self.inspect(&contract, 0)?.account.kind;
        if kind != VmKind::Evm {
            return Ok(artifact.code.clone());
        }
        let mut artifact = artifact.clone();
        artifact.kind = Some(kind);
        let mut deploy = Deploy::new(from, artifact);
        deploy.arguments = arguments.clone();
        let transaction = self.deploy_transaction(&deploy)?;
        // Nothing is made, so nobody has to allow it.
        let mut open = WriteSet::new();
        open.remove(Key::contract(&deployer()));
        let view = std::sync::Arc::new(Overlay::new(self.store().latest(), open));
        let result = self.execution_after(self.tip(), view)?.simulate(&unchecked(transaction))?;
        match crate::interfaces::reason(&result, deploy.artifact.interface.as_ref()) {
            None => Ok(result.output),
            Some(reason) => {
                Err(EngineError::Arguments(format!("the creation code fails: {reason}")))
            }
        }
    }
}

impl Lifecycle<'_> {
    /// Gives the contract the code and the interface of an artifact: the next version. Of EVM
    /// contracts the creation code is run aside, for the code that it leaves; `arguments` are
    /// those of its constructor.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the artifact or the arguments are not valid, or the host failed. An
    /// upgrade that is refused is no error but a receipt.
    pub fn upgrade(
        &mut self,
        artifact: &Artifact,
        arguments: &Arguments,
    ) -> Result<Receipt, EngineError> {
        let code = self.engine.runtime_code((self.from, self.contract), artifact, arguments)?;
        let text = artifact.interface.as_ref().map(Interface::to_json).unwrap_or_default();
        self.send("upgrade", vec![Value::bytes(code), Value::text(text)])
    }

    /// Gives the contract the code of an earlier version again.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the host failed; see [`upgrade`](Self::upgrade).
    pub fn rollback(&mut self, version: u32) -> Result<Receipt, EngineError> {
        self.send("rollback", vec![Value::uint(version.into())])
    }

    /// Lets the contract be called no more, until it is unfrozen.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn freeze(&mut self) -> Result<Receipt, EngineError> {
        self.send("freeze", Vec::new())
    }

    /// Lets a frozen contract be called again.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn unfreeze(&mut self) -> Result<Receipt, EngineError> {
        self.send("unfreeze", Vec::new())
    }

    /// Lets the contract never be called again.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn revoke(&mut self) -> Result<Receipt, EngineError> {
        self.send("revoke", Vec::new())
    }

    /// Offers the contract to another owner, who has to accept it.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn transfer_ownership(&mut self, next: Address) -> Result<Receipt, EngineError> {
        self.send("transferOwnership", vec![next.into()])
    }

    /// Accepts the contract.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn accept_ownership(&mut self) -> Result<Receipt, EngineError> {
        self.send("acceptOwnership", Vec::new())
    }

    /// Leaves the contract without an owner for good.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn renounce_ownership(&mut self) -> Result<Receipt, EngineError> {
        self.send("renounceOwnership", Vec::new())
    }

    /// Sets who may give the contract other code.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn set_policy(&mut self, policy: UpgradePolicy) -> Result<Receipt, EngineError> {
        let (code, threshold) = policy.code();
        self.send("setPolicy", vec![Value::uint(code.into()), Value::uint(threshold.into())])
    }

    /// Proposes code, or a call of the deployer, by its keccak256, and approves of it.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn propose(&mut self, hash: Hash) -> Result<Receipt, EngineError> {
        self.send("propose", vec![Value::bytes(hash.to_vec())])
    }

    /// Approves of what was proposed.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn approve(&mut self, hash: Hash) -> Result<Receipt, EngineError> {
        self.send("approve", vec![Value::bytes(hash.to_vec())])
    }

    /// Takes an approval back.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn withdraw(&mut self, hash: Hash) -> Result<Receipt, EngineError> {
        self.send("withdraw", vec![Value::bytes(hash.to_vec())])
    }

    /// Gives an account a role with the contract, or takes it.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn set_role(
        &mut self,
        role: B256,
        account: Address,
        is_granted: bool,
    ) -> Result<Receipt, EngineError> {
        let method = if is_granted { "grantRole" } else { "revokeRole" };
        self.access(method, vec![Value::bytes(role.to_vec()), account.into()])
    }

    /// Keeps a method, by its selector, for those who have a role; for everybody where there is
    /// none.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub fn set_method_role(
        &mut self,
        method: [u8; 4],
        role: Option<B256>,
    ) -> Result<Receipt, EngineError> {
        let selector = Value::bytes(method.to_vec());
        match role {
            Some(role) => self.access("setMethodRole", vec![selector, Value::bytes(role.to_vec())]),
            None => self.access("clearMethodRole", vec![selector]),
        }
    }

    fn send(&mut self, method: &str, rest: Vec<Value>) -> Result<Receipt, EngineError> {
        self.call(deployer(), method, rest)
    }

    fn access(&mut self, method: &str, rest: Vec<Value>) -> Result<Receipt, EngineError> {
        self.call(access_control(), method, rest)
    }

    fn call(
        &mut self,
        system: Address,
        method: &str,
        rest: Vec<Value>,
    ) -> Result<Receipt, EngineError> {
        let values = [vec![self.contract.into()], rest].concat();
        self.engine.send(&Request::new(self.from, system, method).arguments(values))
    }
}

impl StateAt<'_> {
    /// The versions of a contract, oldest first; none where it has no record.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn versions(&self, contract: &Address) -> Result<Vec<Version>, EngineError> {
        let key = Key::contract(contract);
        let Some(bytes) = self.view().read(&key)? else { return Ok(Vec::new()) };
        let record = ContractRecord::decode(&key, &bytes)?;
        let mut versions = Vec::with_capacity(record.code_hashes.len());
        for (number, code_hash) in (1..).zip(&record.code_hashes) {
            let is_present = number == record.version;
            let kept =
                if is_present { Some(record.present()) } else { self.kept(contract, number)? };
            versions.push(Version {
                number,
                code_hash: *code_hash,
                interface: kept.as_ref().and_then(|it| it.interface.clone()),
                block: kept.as_ref().map(|it| it.block),
                author: kept.as_ref().and_then(|it| it.author),
                is_present,
            });
        }
        Ok(versions)
    }

    fn kept(&self, contract: &Address, number: u32) -> Result<Option<VersionRecord>, EngineError> {
        let key = Key::version(contract, number);
        let bytes = self.view().read(&key)?;
        Ok(bytes.map(|bytes| VersionRecord::decode(&key, &bytes)).transpose()?)
    }

    /// Who may do what with a contract, beside its owner: at most `limit` records of it.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn access(&self, contract: &Address, limit: usize) -> Result<AccessRules, EngineError> {
        let prefix = Key::access(contract, &[]);
        let mut rules = AccessRules::default();
        let records =
            Records::starting_at(self.view().as_ref(), prefix.as_bytes(), prefix.as_bytes());
        for entry in records.take(limit) {
            let (key, value) = entry?;
            rules.add(key.suffix(), &value);
        }
        Ok(rules)
    }
}

impl AccessRules {
    /// Whether everything is for everybody.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.members.is_empty()
            && self.methods.is_empty()
            && self.admins.is_empty()
            && self.approvals.is_empty()
    }

    fn add(&mut self, suffix: &[u8], value: &Bytes) {
        let Some((kind, rest)) = suffix.split_first() else { return };
        let word = B256::try_from(value.as_ref());
        let named = rest.first_chunk::<32>().map(|role| B256::new(*role));
        let account = rest.get(32..).and_then(|it| it.first_chunk::<32>()).copied();
        match (kind, named, account.map(Address::new), word) {
            (b'r', Some(role), Some(account), _) => self.members.push((role, account)),
            (b'v', Some(hash), Some(account), _) => self.approvals.push((hash, account)),
            (b'a', Some(role), None, Ok(admin)) => self.admins.push((role, admin)),
            (b'm', _, None, Ok(role)) => {
                self.methods.extend(rest.first_chunk::<4>().map(|method| (*method, role)));
            }
            _ => {}
        }
    }
}

/// A role by its name: `UPGRADER_ROLE` and the like are keccak256 of the name,
/// `DEFAULT_ADMIN_ROLE` is zero, and 32 bytes in hexadecimal stand for themselves.
#[must_use]
pub fn role(name: &str) -> B256 {
    match name {
        "DEFAULT_ADMIN_ROLE" => kernel::DEFAULT_ADMIN_ROLE,
        name => name.parse().unwrap_or_else(|_| keccak256(name)),
    }
}

/// The selector of a method: by its name in the interface, its signature, or four bytes in
/// hexadecimal.
///
/// # Errors
///
/// [`EngineError::Arguments`] where the interface does not know the name.
pub fn method_selector(
    interface: Option<&Interface>,
    method: &str,
) -> Result<[u8; 4], EngineError> {
    if let Some(bytes) = method.strip_prefix("0x").and_then(|it| u32::from_str_radix(it, 16).ok()) {
        return Ok(bytes.to_be_bytes());
    }
    if method.contains('(') {
        return Ok(selector(method));
    }
    let unknown = || format!("\"{method}\" is no signature, and the contract has no interface");
    let interface = interface.ok_or_else(|| EngineError::Arguments(unknown()))?;
    let found = interface.method(method);
    Ok(found.map_err(|error| EngineError::Arguments(error.to_string()))?.selector())
}
