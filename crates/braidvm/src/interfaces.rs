//! Methods by name: the interfaces of contracts as the state holds them, and requests put into
//! bytes by them.

use std::{collections::BTreeMap, sync::Arc};

use abi::{Interface, Method, decode_revert};
use kernel::{
    ACCESS_INTERFACE, DEPLOYER_INTERFACE, Natives, TransactionResult, access_control,
    decode::Interfaces, deployer,
};
use parking_lot::Mutex;
use primitives::{Address, Bytes};
use state::{Key, StateView, record::ContractRecord};
use vm::Status;
use vm_native::system;

use crate::{Arguments, Deploy, EngineError, Request, accounts};

/// The interfaces of the contracts of one state.
#[derive(Debug)]
pub struct StateInterfaces {
    view: Arc<dyn StateView>,
    natives: Natives,
    known: Mutex<BTreeMap<Address, Option<Arc<Interface>>>>,
}

/// A request put into bytes.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The input of the call.
    pub input: Bytes,
    /// The method it names.
    pub method: Option<Method>,
    /// The interface of the contract.
    pub interface: Option<Arc<Interface>>,
}

impl StateInterfaces {
    /// The interfaces that `view` holds, and those of native contracts.
    #[must_use]
    pub fn new(view: Arc<dyn StateView>, natives: Natives) -> Self {
        Self { view, natives, known: Mutex::new(BTreeMap::new()) }
    }

    /// The interface of a contract, if it is native or its record has one that reads.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<Arc<Interface>> {
        if *address == deployer() {
            return Some(Arc::new(DEPLOYER_INTERFACE.clone()));
        }
        if *address == access_control() {
            return Some(Arc::new(ACCESS_INTERFACE.clone()));
        }
        if let Some(known) = self.known.lock().get(address) {
            return known.clone();
        }
        let found = self.read(address).map(Arc::new);
        self.known.lock().insert(*address, found.clone());
        found
    }

    /// The address that a name leads to: that of a native contract or the deployer, or what the
    /// chain's registry says.
    #[must_use]
    pub fn registered(&self, name: &str) -> Option<Address> {
        if name == DEPLOYER_NAME {
            return Some(deployer());
        }
        if name == ACCESS_NAME {
            return Some(access_control());
        }
        if let Some((address, _)) = self.natives.iter().find(|(_, it)| it.name() == name) {
            return Some(address);
        }
        let key = Key::kv(&system::names(), &system::name_key(name));
        let record = system::NameRecord::decode(&self.view.read(&key).ok()??)?;
        Some(record.target)
    }

    /// The address behind a name in an argument.
    fn address(&self, name: &str) -> Option<Address> {
        match name.strip_prefix('@') {
            Some(registered) => self.registered(registered),
            None => accounts::dev_address(name),
        }
    }

    /// The input that a request stands for.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the method is unknown or the arguments do not fit.
    pub fn resolve(&self, request: &Request) -> Result<Resolved, EngineError> {
        let interface = self.get(&request.to);
        if request.method.is_empty() {
            return Ok(Resolved { input: request.input.clone(), method: None, interface });
        }
        let method = self.method(request, interface.as_deref())?;
        let values = match &request.arguments {
            Arguments::Values(values) => values.clone(),
            Arguments::Text(texts) => method
                .parse_arguments(&borrowed(texts), &|name| self.address(name))
                .map_err(|error| EngineError::Arguments(error.to_string()))?,
        };
        let input = method
            .encode_call(&values)
            .map_err(|error| EngineError::Arguments(error.to_string()))?;
        Ok(Resolved { input, method: Some(method), interface })
    }

    /// The method by the contract's interface, or by the signature that the request spells out.
    fn method(
        &self,
        request: &Request,
        interface: Option<&Interface>,
    ) -> Result<Method, EngineError> {
        let has_signature = request.method.contains('(');
        match interface {
            Some(interface) => match interface.method(&request.method) {
                Ok(method) => Ok(method.clone()),
                Err(_) if has_signature => parse_method(&request.method),
                Err(error) => Err(EngineError::Arguments(error.to_string())),
            },
            None if has_signature => parse_method(&request.method),
            None => Err(EngineError::NoInterface {
                contract: request.to,
                method: request.method.clone(),
            }),
        }
    }

    fn read(&self, address: &Address) -> Option<Interface> {
        if let Some(native) = self.natives.get(address) {
            return Some(native.interface().clone());
        }
        let key = Key::contract(address);
        let bytes = self.view.read(&key).ok()??;
        let record = ContractRecord::decode(&key, &bytes).ok()?;
        Interface::from_json(&record.interface?).ok()
    }
}

impl Interfaces for StateInterfaces {
    fn interface(&self, address: &Address) -> Option<Arc<Interface>> {
        self.get(address)
    }

    fn name(&self, address: &Address) -> Option<String> {
        let native = || self.natives.get(address).map(|native| native.name().to_owned());
        accounts::dev_name(address).map(str::to_owned).or_else(native)
    }
}

/// What people call the deployer.
const DEPLOYER_NAME: &str = "deployer";

/// What people call the system contract of roles.
const ACCESS_NAME: &str = "access";

/// The encoded arguments of a constructor.
pub(crate) fn constructor_arguments(
    interface: Option<&Interface>,
    deploy: &Deploy,
) -> Result<Bytes, EngineError> {
    let Some(interface) = interface else {
        if deploy.arguments.is_empty() {
            return Ok(Bytes::new());
        }
        return Err(EngineError::Arguments(format!(
            "\"{}\" has no interface, so its {} constructor arguments cannot be encoded",
            deploy.artifact.name,
            deploy.arguments.len()
        )));
    };
    let values = match &deploy.arguments {
        Arguments::Values(values) => values.clone(),
        Arguments::Text(texts) => interface
            .constructor
            .clone()
            .unwrap_or_default()
            .parse_arguments(&borrowed(texts), &accounts::dev_address)
            .map_err(|error| EngineError::Arguments(error.to_string()))?,
    };
    interface.encode_constructor(&values).map_err(|error| EngineError::Arguments(error.to_string()))
}

/// Why a transaction failed, in words.
pub(crate) fn reason(result: &TransactionResult, interface: Option<&Interface>) -> Option<String> {
    match &result.status {
        Status::Success => None,
        Status::Revert => Some(decode_revert(&result.output, interface).to_string()),
        Status::Halt(reason) => Some(reason.to_string()),
    }
}

fn parse_method(signature: &str) -> Result<Method, EngineError> {
    Method::parse(signature).map_err(|error| EngineError::Arguments(error.to_string()))
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}
