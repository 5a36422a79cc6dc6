//! What other machines say to a program: instructions as calls of an interface.

use std::sync::LazyLock;

use abi::{Interface, Value};
use primitives::{Address, Bytes};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_transaction_context::{MAX_ACCOUNTS_PER_INSTRUCTION, MAX_INSTRUCTION_DATA_LEN};

use crate::{bridge::BRIDGE, message::SolanaMessage};

/// The flag of an account that signs.
pub const FLAG_SIGNER: u8 = 1;

/// The flag of an account that the instruction may change.
pub const FLAG_WRITABLE: u8 = 2;

/// What every program offers to other machines: one instruction, its accounts (keys, and for each
/// [`FLAG_SIGNER`] and [`FLAG_WRITABLE`] or'ed) and its data. It answers with the return data.
pub static PROGRAM_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&[
        "function execute(bytes32[] keys, uint8[] flags, bytes data) payable returns (bytes)",
    ])
    .expect("invariant: the own signatures parse")
});

/// What the bridge offers to other machines: an instruction of any program, and the key that a
/// contract signs with.
pub static BRIDGE_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&[
        "function invoke(bytes32 program, bytes32[] keys, uint8[] flags, bytes data) payable \
         returns (bytes)",
        "function signerOf(address contract) view returns (bytes32)",
        "function transact(bytes message) returns (bytes)",
    ])
    .expect("invariant: the own signatures parse")
});

/// What a call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To run an instruction.
    Run(Instruction),
    /// The key that a contract signs with.
    SignerOf(Address),
    /// To run all instructions of a message.
    Transact(Box<SolanaMessage>),
}

/// What `input` asks of `contract`, or why it is nothing.
pub(crate) fn decode(contract: Address, input: &[u8]) -> Result<Asked, String> {
    let interface = if contract == BRIDGE { &BRIDGE_INTERFACE } else { &PROGRAM_INTERFACE };
    let selector = input
        .first_chunk::<4>()
        .ok_or_else(|| format!("input of {} bytes has no selector", input.len()))?;
    let method = interface.method_by_selector(*selector).ok_or_else(|| {
        let names: Vec<&str> = interface.methods.iter().map(|it| it.name.as_str()).collect();
        format!("a Solana program has no such method: it has {}", names.join(", "))
    })?;
    let arguments = method.decode_input(input).map_err(|error| error.to_string())?;
    match arguments.as_slice() {
        [Value::Address(contract)] => Ok(Asked::SignerOf(*contract)),
        [message] => {
            let bytes =
                message.as_bytes().ok_or_else(|| "the arguments are malformed".to_owned())?;
            let message = SolanaMessage::decode(bytes).map_err(|error| error.to_string())?;
            Ok(Asked::Transact(Box::new(message)))
        }
        [keys, flags, data] => {
            instruction(Pubkey::new_from_array(*contract.as_bytes()), keys, flags, data)
        }
        [program, keys, flags, data] => instruction(key_of(program)?, keys, flags, data),
        _ => Err("the arguments are malformed".to_owned()),
    }
}

/// The input of the bridge that runs a message.
pub(crate) fn transact_input(message: &[u8]) -> Bytes {
    let method = BRIDGE_INTERFACE.method("transact").expect("invariant: the bridge transacts");
    let value = Value::bytes(Bytes::copy_from_slice(message));
    method.encode_call(&[value]).expect("invariant: bytes are of the method's type")
}

/// The answer to a call that ran an instruction.
pub(crate) fn encode_answer(return_data: &[u8]) -> Bytes {
    let method = PROGRAM_INTERFACE.method("execute").expect("invariant: a program executes");
    let value = Value::bytes(Bytes::copy_from_slice(return_data));
    method.encode_output(&[value]).expect("invariant: bytes are of the method's type")
}

fn instruction(
    program_id: Pubkey,
    keys: &Value,
    flags: &Value,
    data: &Value,
) -> Result<Asked, String> {
    let malformed = || "the arguments are malformed".to_owned();
    let keys = keys.as_items().ok_or_else(malformed)?;
    let flags = flags.as_items().ok_or_else(malformed)?;
    let data = data.as_bytes().ok_or_else(malformed)?;
    if keys.len() != flags.len() {
        return Err(format!("there are {} keys and {} flags", keys.len(), flags.len()));
    }
    if keys.len() > MAX_ACCOUNTS_PER_INSTRUCTION {
        let found = keys.len();
        return Err(format!("{found} accounts break the limit of {MAX_ACCOUNTS_PER_INSTRUCTION}"));
    }
    if data.len() > MAX_INSTRUCTION_DATA_LEN {
        let found = data.len();
        return Err(format!(
            "instruction data of {found} bytes breaks the limit of {MAX_INSTRUCTION_DATA_LEN}"
        ));
    }
    let metas = keys.iter().zip(flags).map(|(key, flag)| meta(key, flag));
    let accounts = metas.collect::<Result<Vec<_>, _>>()?;
    Ok(Asked::Run(Instruction { program_id, accounts, data: data.to_vec() }))
}

fn meta(key: &Value, flag: &Value) -> Result<AccountMeta, String> {
    let pubkey = key_of(key)?;
    let flags = flag.as_u64().unwrap_or(u64::MAX);
    if flags > u64::from(FLAG_SIGNER | FLAG_WRITABLE) {
        return Err(format!("the flags of {pubkey} are {flags}, they are 0 to 3"));
    }
    let is_signer = flags & u64::from(FLAG_SIGNER) != 0;
    let is_writable = flags & u64::from(FLAG_WRITABLE) != 0;
    Ok(AccountMeta { pubkey, is_signer, is_writable })
}

fn key_of(value: &Value) -> Result<Pubkey, String> {
    let bytes = value.as_bytes().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(Pubkey::new_from_array).ok_or_else(|| "a key has 32 bytes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execute(keys: &[[u8; 32]], flags: &[u64]) -> Bytes {
        let keys = keys.iter().map(|key| Value::bytes(Bytes::copy_from_slice(key))).collect();
        let flags = flags.iter().map(|flag| Value::uint(*flag)).collect();
        let values = [Value::Array(keys), Value::Array(flags), Value::bytes(b"data".to_vec())];
        PROGRAM_INTERFACE.method("execute").expect("a method").encode_call(&values).expect("values")
    }

    #[test]
    fn an_instruction_comes_out_of_a_call() {
        let program = Address::new([9; 32]);
        let asked = decode(program, &execute(&[[1; 32], [2; 32]], &[3, 0])).expect("a call");
        let Asked::Run(instruction) = asked else { panic!("{asked:?}") };
        assert_eq!(instruction.program_id.to_bytes(), [9; 32]);
        assert!(instruction.accounts[0].is_signer && instruction.accounts[0].is_writable);
        assert!(!instruction.accounts[1].is_signer && !instruction.accounts[1].is_writable);
        assert_eq!(instruction.data, b"data");
    }

    #[test]
    fn bad_calls_are_named() {
        let program = Address::new([9; 32]);
        let text = |input: &[u8]| decode(program, input).expect_err("a bad call");
        assert_eq!(text(&[1]), "input of 1 bytes has no selector");
        assert!(text(&[1, 2, 3, 4]).ends_with("it has execute"));
        assert_eq!(text(&execute(&[[1; 32]], &[])), "there are 1 keys and 0 flags");
        assert!(text(&execute(&[[1; 32]], &[4])).contains("they are 0 to 3"));
        let many = vec![[1; 32]; 256];
        assert!(text(&execute(&many, &[0; 256])).contains("256 accounts break the limit of 255"));
    }
}
