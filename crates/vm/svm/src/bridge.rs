//! The bridge: the program by which Solana programs call contracts of every machine, and the
//! address at which contracts of every machine call Solana programs.

use primitives::{Address, EvmAddress, Gas};
use solana_instruction::error::InstructionError;
use solana_program_runtime::{declare_process_instruction, invoke_context::InvokeContext};
use solana_pubkey::Pubkey;
use solana_sdk_ids::system_program;

use crate::{
    account::{address, pubkey},
    session::LINK,
};

/// The bridge as the EVM names it.
pub const BRIDGE_EVM: EvmAddress =
    EvmAddress::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0xa1, 0xd2]);

/// The bridge: `0x0000000000000000000000000000000000b7a1d2`, as a key of Solana with twelve zero
/// bytes before it.
pub const BRIDGE: Address = Address::from_evm(BRIDGE_EVM);

/// The error of a call through the bridge that failed.
pub(crate) const BRIDGE_FAILED: u32 = 0x00b7_a1d2;

/// Compute units of an instruction of the bridge, beside the gas of the call.
const BRIDGE_UNITS: u64 = 1_000;

/// What the address of a contract with an EVM address is derived from, beside that address.
const SEED_EVM: &[u8] = b"evm";

/// What the address of any other contract is derived from, beside its identity.
const SEED_WIDE: &[u8] = b"braid";

/// What the address of the vault is derived from.
const SEED_VAULT: &[u8] = b"vault";

/// Bytes before the input in the data of an instruction of the bridge.
const HEAD_BYTES: usize = 32 + 8 + 8;

/// An instruction of the bridge: a call to a contract of any machine.
///
/// Its data is the target (32 bytes; an Ethereum address has twelve zero bytes before it), the
/// value in lamports, the gas limit (both little-endian numbers of 64 bits, no limit where it is
/// zero), and the input of the call. A call with value has three accounts first: who pays (signer,
/// writable), the [vault](vault_address) (writable), the system program. Further accounts are for
/// the Solana programs that the callee calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeCall {
    /// Whom.
    pub target: Address,
    /// Coin that goes along, in lamports.
    pub value: u64,
    /// At most so much gas.
    pub gas_limit: Gas,
    /// Selector and arguments by the Solidity ABI, or raw bytes.
    pub input: Vec<u8>,
    pub(crate) caller: Address,
    pub(crate) payer: Option<Pubkey>,
}

/// The account through which coin crosses the bridge: an instruction that carries value names it.
#[must_use]
pub fn vault_address() -> Address {
    address(&vault())
}

pub(crate) fn vault() -> Pubkey {
    Pubkey::find_program_address(&[SEED_VAULT], &pubkey(&BRIDGE)).0
}

/// The address with which a contract signs on Solana beside its own identity: the program address
/// of the bridge derived from `evm` and its 20 bytes, or from `braid` and its 32 where it has no
/// Ethereum address.
#[must_use]
pub fn signer_of(contract: &Address) -> Address {
    let narrow = contract.evm_alias();
    let seeds: [&[u8]; 2] = match contract.is_evm() {
        true => [SEED_EVM, narrow.as_slice()],
        false => [SEED_WIDE, contract.as_bytes()],
    };
    address(&Pubkey::find_program_address(&seeds, &pubkey(&BRIDGE)).0)
}

impl BridgeCall {
    /// The data of the instruction.
    #[must_use]
    pub fn data(target: &Address, value: u64, gas_limit: Gas, input: &[u8]) -> Vec<u8> {
        let mut data = target.as_bytes().to_vec();
        data.extend_from_slice(&value.to_le_bytes());
        data.extend_from_slice(&gas_limit.0.to_le_bytes());
        data.extend_from_slice(input);
        data
    }

    /// The call that the instruction on top of the stack asks for.
    pub(crate) fn read(context: &InvokeContext<'_, '_>) -> Result<Self, InstructionError> {
        let transaction = &context.transaction_context;
        let instruction = transaction.get_current_instruction_context()?;
        let data = instruction.get_instruction_data();
        let (head, input) = data
            .split_first_chunk::<HEAD_BYTES>()
            .ok_or(InstructionError::InvalidInstructionData)?;
        let number = |start: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&head[start..start + 8]);
            u64::from_le_bytes(bytes)
        };
        let mut target = [0; 32];
        target.copy_from_slice(&head[..32]);
        let (value, gas_limit) = (number(32), number(40));
        let caller = caller(context)?;
        let mut payer = None;
        if value > 0 {
            let key = |index| instruction.get_key_of_instruction_account(index).copied();
            if key(1)? != vault() || !system_program::check_id(&key(2)?) {
                return Err(InstructionError::InvalidArgument);
            }
            if !instruction.is_instruction_account_signer(0)? {
                return Err(InstructionError::MissingRequiredSignature);
            }
            payer = Some(key(0)?);
        }
        Ok(Self {
            target: Address::new(target),
            value,
            gas_limit: Gas(if gas_limit == 0 { u64::MAX } else { gas_limit }),
            input: input.to_vec(),
            caller,
            payer,
        })
    }
}

/// Who calls: the program that invokes the bridge, or the first that signs where the bridge is
/// called by a transaction itself. What the bridge itself invokes is no caller of its own.
fn caller(context: &InvokeContext<'_, '_>) -> Result<Address, InstructionError> {
    let transaction = &context.transaction_context;
    let instruction = transaction.get_current_instruction_context()?;
    let height = instruction.get_stack_height();
    if let Some(level) = height.checked_sub(2) {
        let below = transaction.get_instruction_context_at_nesting_level(level)?;
        let program = address(below.get_program_key()?);
        if program == BRIDGE {
            return Err(InstructionError::ReentrancyNotAllowed);
        }
        return Ok(program);
    }
    for index in 0..instruction.get_number_of_instruction_accounts() {
        if instruction.is_instruction_account_signer(index)? {
            return Ok(address(instruction.get_key_of_instruction_account(index)?));
        }
    }
    Err(InstructionError::MissingRequiredSignature)
}

declare_process_instruction!(Entrypoint, BRIDGE_UNITS, |context| {
    if !LINK.is_set() {
        return Err(InstructionError::UnsupportedProgramId);
    }
    LINK.with(|link| link.call_out(context))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bridge_has_one_address() {
        assert_eq!(Address::from_evm(BRIDGE_EVM), BRIDGE);
        assert!(BRIDGE.is_evm());
    }

    #[test]
    fn every_contract_has_a_signer_of_its_own() {
        let narrow = Address::from_evm(EvmAddress::new([7; 20]));
        let wide = Address::new([7; 32]);
        assert_ne!(signer_of(&narrow), signer_of(&wide));
        assert!(!pubkey(&signer_of(&narrow)).is_on_curve());
        assert!(!pubkey(&signer_of(&wide)).is_on_curve());
    }
}
