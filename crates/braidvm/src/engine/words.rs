//! Requests and deploys as transactions of the kernel.

use abi::Interface;
use block::ChainRules;
use kernel::{Kernel, Transaction};
use primitives::{Bytes, VmKind, Wei};

use super::Engine;
use crate::{Artifact, Deploy, EngineError, Request, StateInterfaces, interfaces::Resolved};

impl Engine {
    /// The transaction that a request stands for, without a limit on nonce or fee.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the method is unknown or the arguments do not fit.
    pub fn transaction(&self, request: &Request) -> Result<(Transaction, Resolved), EngineError> {
        self.transaction_by(&self.interfaces(), request)
    }

    /// The same, by interfaces that need not be those of the latest state.
    pub(crate) fn transaction_by(
        &self,
        interfaces: &StateInterfaces,
        request: &Request,
    ) -> Result<(Transaction, Resolved), EngineError> {
        let resolved = interfaces.resolve(request)?;
        let transaction = Transaction {
            from: request.from,
            to: Some(request.to),
            value: request.value,
            input: resolved.input.clone(),
            gas_limit: request.gas_limit.unwrap_or(self.rules.gas_limit),
            chain_id: Some(self.rules.chain_id),
            ..Transaction::default()
        };
        Ok((transaction, resolved))
    }

    /// The transaction that makes a contract.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where no machine takes the code or the arguments do not fit.
    pub fn deploy_transaction(&self, deploy: &Deploy) -> Result<Transaction, EngineError> {
        deploy_transaction(self.kernel(), &self.rules, deploy)
    }

    /// The interface that ships with an artifact or stands in its code.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnknownCode`] where no machine takes the code, [`EngineError::Code`] where
    /// its machine refuses it.
    pub fn interface_of_code(&self, artifact: &Artifact) -> Result<Option<Interface>, EngineError> {
        interface_of_code(self.kernel(), artifact)
    }
}

/// The transaction that makes a contract.
pub(super) fn deploy_transaction(
    kernel: &Kernel,
    rules: &ChainRules,
    deploy: &Deploy,
) -> Result<Transaction, EngineError> {
    let artifact = &deploy.artifact;
    let kind = kind_of(kernel, artifact)?;
    let interface = interface_of_code(kernel, artifact)?;
    let arguments = crate::interfaces::constructor_arguments(interface.as_ref(), deploy)?;
    let (to, input) = if kind == VmKind::Evm && !deploy.is_managed {
        (None, [artifact.code.as_ref(), &arguments].concat().into())
    } else {
        let text = artifact.interface.as_ref().map(Interface::to_json);
        let code = code_to_send(kind, &artifact.code)?;
        let input = kernel::deploy_input(kind, &code, &arguments, text.as_deref());
        (Some(kernel::deployer()), input)
    };
    Ok(Transaction {
        from: deploy.from,
        to,
        value: value_with_deposit(kernel, kind, deploy)?,
        input,
        gas_limit: deploy.gas_limit.unwrap_or(rules.gas_limit),
        chain_id: Some(rules.chain_id),
        ..Transaction::default()
    })
}

/// The code as it is sent and stored: a Go program is compressed, since it is large and is paid by
/// the byte.
fn code_to_send(kind: VmKind, code: &Bytes) -> Result<Bytes, EngineError> {
    if kind != VmKind::Go {
        return Ok(code.clone());
    }
    Ok(vm_wasm::go::pack(code)?.into())
}

/// The coin that goes along: what was asked for, or what the machine needs where nothing was.
fn value_with_deposit(kernel: &Kernel, kind: VmKind, deploy: &Deploy) -> Result<Wei, EngineError> {
    if !deploy.value.is_zero() {
        return Ok(deploy.value);
    }
    let machine = kernel.registry().machine(kind).map_err(kernel::KernelError::from)?;
    Ok(machine.deposit(&deploy.artifact.code))
}

fn interface_of_code(
    kernel: &Kernel,
    artifact: &Artifact,
) -> Result<Option<Interface>, EngineError> {
    if artifact.interface.is_some() {
        return Ok(artifact.interface.clone());
    }
    let kind = kind_of(kernel, artifact)?;
    let machine = kernel.registry().machine(kind).map_err(kernel::KernelError::from)?;
    Ok(machine.validate(&artifact.code)?.interface)
}

fn kind_of(kernel: &Kernel, artifact: &Artifact) -> Result<VmKind, EngineError> {
    artifact
        .kind
        .or_else(|| kernel.registry().detect(&artifact.code))
        .ok_or_else(|| EngineError::UnknownCode(artifact.name.clone()))
}
