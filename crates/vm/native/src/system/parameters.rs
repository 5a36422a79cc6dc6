//! The parameters of the chain: rules that whoever governs the chain changes from a block on.

use std::sync::LazyLock;

use abi::{Interface, Value};
use primitives::{Address, Gas, U256};
use serde::Deserialize;
use vm::{GasMeter, Trap};

use crate::{NativeCall, NativeContract, NativeError, NativeHost};

/// The least gas of a block that can be set: enough for the call that sets it anew.
pub const GAS_LIMIT_MIN: u64 = 1_000_000;

/// The most gas of a block that can be set.
pub const GAS_LIMIT_MAX: u64 = 1_000_000_000_000;

/// The highest constant base fee that can be set, in wei for a unit of gas.
pub const BASE_FEE_MAX: u64 = 1_000_000_000_000_000;

/// The contract of the parameters. A change holds from the block after the one that makes it: all
/// transactions of a block see the same values.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parameters;

/// What the contract offers. Every method returns something, so that Solidity does not ask for the
/// size of the code, of which there is none.
pub static PARAMETERS_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&[
        "function names() view returns (string[])",
        "function get(string name) view returns (uint256)",
        "function next(string name) view returns (uint256)",
        "function set(string name, uint256 value) returns (bool)",
        "event ParameterChanged(string name, uint256 value, uint64 fromBlock, address indexed by)",
    ])
    .expect("invariant: the contract's own signatures parse")
});

/// A parameter of the chain. Its value is a number of 256 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// Gas of a block, and the most that one transaction may ask for.
    GasLimit,
    /// How the base fee goes: 0 for the same in every block, 1 for EIP-1559.
    BaseFeeRule,
    /// The base fee where it is the same in every block, in wei for a unit of gas.
    BaseFee,
    /// Who receives the fees above the base fee: an address of 20 bytes as a number.
    FeeRecipient,
    /// Whether legacy transactions that name no chain are taken: 0 or 1.
    AcceptsUnprotected,
}

/// What the contract keeps of a parameter that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterRecord {
    /// The first block in which the value holds.
    pub from_block: u64,
    /// The value.
    pub value: U256,
    /// What holds in the blocks before.
    pub before: U256,
}

/// What the genesis says of the parameters, as the rules of the chain keep it.
#[derive(Debug, Deserialize)]
struct AtGenesis {
    gas_limit: Gas,
    base_fee: BaseFeeAtGenesis,
    fee_recipient: Address,
    accepts_unprotected: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BaseFeeAtGenesis {
    Constant(u64),
    Eip1559(u64),
}

impl Parameter {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] = [
        Self::GasLimit,
        Self::BaseFeeRule,
        Self::BaseFee,
        Self::FeeRecipient,
        Self::AcceptsUnprotected,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GasLimit => "gas_limit",
            Self::BaseFeeRule => "base_fee_rule",
            Self::BaseFee => "base_fee",
            Self::FeeRecipient => "fee_recipient",
            Self::AcceptsUnprotected => "accepts_unprotected",
        }
    }

    /// The parameter of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Where the contract's storage keeps it once it was changed.
    #[must_use]
    pub fn record_key(self) -> Vec<u8> {
        [b"p", self.name().as_bytes()].concat()
    }

    /// Refuses a value with which the chain could not go on.
    ///
    /// # Errors
    ///
    /// A sentence that names the value and what may be.
    pub fn check(self, value: &U256) -> Result<(), String> {
        let (least, most) = match self {
            Self::GasLimit => (U256::from(GAS_LIMIT_MIN), U256::from(GAS_LIMIT_MAX)),
            Self::BaseFeeRule | Self::AcceptsUnprotected => (U256::ZERO, U256::ONE),
            Self::BaseFee => (U256::ZERO, U256::from(BASE_FEE_MAX)),
            Self::FeeRecipient => (U256::ZERO, U256::MAX >> 96),
        };
        if (least..=most).contains(value) {
            return Ok(());
        }
        Err(format!("{} of {value} is not between {least} and {most}", self.name()))
    }

    fn at_genesis(self, rules: &AtGenesis) -> U256 {
        let (rule, fee) = match rules.base_fee {
            BaseFeeAtGenesis::Constant(fee) => (0, fee),
            BaseFeeAtGenesis::Eip1559(fee) => (1, fee),
        };
        match self {
            Self::GasLimit => U256::from(rules.gas_limit.0),
            Self::BaseFeeRule => U256::from(rule),
            Self::BaseFee => U256::from(fee),
            Self::FeeRecipient => U256::from_be_bytes(*rules.fee_recipient.as_bytes()),
            Self::AcceptsUnprotected => U256::from(u8::from(rules.accepts_unprotected)),
        }
    }
}

impl ParameterRecord {
    /// The block as 8 bytes, then value and value before as 32 bytes each.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let [value, before] = [self.value, self.before].map(|it| it.to_be_bytes::<32>());
        [self.from_block.to_be_bytes().as_slice(), &value, &before].concat()
    }

    /// The record that `bytes` hold, or nothing where they are none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (from_block, rest) = bytes.split_first_chunk::<8>()?;
        let (value, rest) = rest.split_first_chunk::<32>()?;
        let before: [u8; 32] = rest.try_into().ok()?;
        Some(Self {
            from_block: u64::from_be_bytes(*from_block),
            value: U256::from_be_bytes(*value),
            before: U256::from_be_bytes(before),
        })
    }
}

impl NativeContract for Parameters {
    fn name(&self) -> &str {
        "params"
    }

    fn interface(&self) -> &Interface {
        &PARAMETERS_INTERFACE
    }

    fn call(
        &self,
        call: &NativeCall<'_>,
        gas: &mut GasMeter,
        host: &mut dyn NativeHost,
    ) -> Result<Vec<Value>, NativeError> {
        let method = call.method.name.as_str();
        if method == "names" {
            let names = Parameter::ALL.iter().map(|it| Value::text(it.name())).collect();
            return Ok(vec![Value::Array(names)]);
        }
        let parameter = named(&call.argument::<String>(0)?)?;
        match method {
            "set" => set(parameter, call, gas, host),
            "next" => Ok(vec![Value::Uint(read(parameter, gas, host)?.value)]),
            _ => {
                let record = read(parameter, gas, host)?;
                let block = host.environment().block.number.0;
                let holds = block >= record.from_block;
                Ok(vec![Value::Uint(if holds { record.value } else { record.before })])
            }
        }
    }
}

fn set(
    parameter: Parameter,
    call: &NativeCall<'_>,
    gas: &mut GasMeter,
    host: &mut dyn NativeHost,
) -> Result<Vec<Value>, NativeError> {
    let value: U256 = call.argument(1)?;
    parameter.check(&value).map_err(NativeError::refuse)?;
    host.ask_governance(gas, &call.caller, call.input)?.map_err(NativeError::refuse)?;
    let record = read(parameter, gas, host)?;
    let block = host.environment().block.number.0;
    let from_block = block.saturating_add(1);
    // Of several changes in one block the last one holds, and all of them come after what held.
    let before = if record.from_block == from_block { record.before } else { record.value };
    let changed = ParameterRecord { from_block, value, before };
    host.storage_put(gas, &parameter.record_key(), &changed.encode())?;
    let event = PARAMETERS_INTERFACE.event("ParameterChanged").expect("invariant: its own event");
    let name = Value::text(parameter.name());
    let values = [name, Value::Uint(value), Value::uint(from_block), call.caller.into()];
    let (topics, data) = event.encode(&values).expect("invariant: values of the event's types");
    host.emit(gas, &topics, &data)?;
    Ok(vec![Value::Bool(true)])
}

/// What is known of a parameter; where it was never changed, what the genesis says.
fn read(
    parameter: Parameter,
    gas: &mut GasMeter,
    host: &mut dyn NativeHost,
) -> Result<ParameterRecord, NativeError> {
    if let Some(bytes) = host.storage_get(gas, &parameter.record_key())? {
        return ParameterRecord::decode(&bytes).ok_or(NativeError::Trap(Trap::Fault));
    }
    let rules = host.chain_rules(gas)?;
    let rules = rules.ok_or_else(|| NativeError::refuse("the state has no rules of a chain"))?;
    let rules: AtGenesis = serde_json::from_slice(&rules).map_err(|_| Trap::Fault)?;
    let value = parameter.at_genesis(&rules);
    Ok(ParameterRecord { from_block: 0, value, before: value })
}

fn named(name: &str) -> Result<Parameter, NativeError> {
    Parameter::from_name(name).ok_or_else(|| {
        let known = Parameter::ALL.map(Parameter::name).join(", ");
        NativeError::refuse(format!("there is no parameter \"{name}\": there are {known}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_their_bytes_and_nothing_else_reads() {
        let record = ParameterRecord { from_block: 7, value: U256::from(3), before: U256::MAX };
        assert_eq!(ParameterRecord::decode(&record.encode()), Some(record));
        assert_eq!(ParameterRecord::decode(&record.encode()[1..]), None);
        assert_eq!(ParameterRecord::decode(&[record.encode(), vec![0]].concat()), None);
    }

    #[test]
    fn bounds_are_kept() {
        let ok = |parameter: Parameter, value: u64| parameter.check(&U256::from(value)).is_ok();
        assert!(ok(Parameter::GasLimit, GAS_LIMIT_MIN) && ok(Parameter::GasLimit, GAS_LIMIT_MAX));
        assert!(!ok(Parameter::GasLimit, GAS_LIMIT_MIN - 1));
        assert!(!ok(Parameter::GasLimit, GAS_LIMIT_MAX + 1));
        assert!(ok(Parameter::BaseFeeRule, 1) && !ok(Parameter::BaseFeeRule, 2));
        assert!(ok(Parameter::BaseFee, BASE_FEE_MAX) && !ok(Parameter::BaseFee, BASE_FEE_MAX + 1));
        assert!(Parameter::FeeRecipient.check(&(U256::ONE << 160)).is_err());
        for parameter in Parameter::ALL {
            assert_eq!(Parameter::from_name(parameter.name()), Some(parameter));
        }
    }
}
