//! The parameters of the chain: `params`.

use braidvm::{
    Address, Engine, Parameter, ParameterValue, U256, dev_name, parameter_hash, parse_amount,
};
use serde_json::{Value as Json, json};

use super::contract::{failed, remark_on_memory, show_receipt};
use crate::{
    cli::{Global, Moment, ParamsArgs, ParamsCommand, ParamsSetArgs},
    context,
    failure::Failure,
    output::Output,
};

pub(crate) fn run(global: &Global, arguments: &ParamsArgs, output: &Output) -> Result<(), Failure> {
    match &arguments.command {
        None => show(global, &arguments.moment, None, output),
        Some(ParamsCommand::List { moment }) => show(global, moment, None, output),
        Some(ParamsCommand::Get { name, moment }) => {
            show(global, moment, Some(named(name)?), output)
        }
        Some(ParamsCommand::Set(arguments)) => set(global, arguments, output),
    }
}

fn show(
    global: &Global,
    moment: &Moment,
    only: Option<Parameter>,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let parameters = context::state(&engine, moment)?.parameters()?;
    let mut rows = Vec::new();
    for it in parameters.iter().filter(|it| only.is_none_or(|only| only == it.parameter)) {
        output.json(&as_json(it))?;
        rows.push(vec![
            it.parameter.name().to_owned(),
            words(it.parameter, it.value),
            words(it.parameter, it.next),
            if it.from_block == 0 { "-".to_owned() } else { it.from_block.to_string() },
        ]);
    }
    output.table(&["parameter", "value", "from the next block on", "changed for block"], &rows)
}

fn set(global: &Global, arguments: &ParamsSetArgs, output: &Output) -> Result<(), Failure> {
    let mut engine = context::engine(global)?;
    let parameter = named(&arguments.name)?;
    let value = value_of(&engine, parameter, &arguments.value)?;
    parameter.check(&value).map_err(Failure::usage)?;
    let from = engine.account(&arguments.from)?;
    let (vote, hash) = (&arguments.vote, parameter_hash(parameter, value));
    if vote.propose || vote.approve || vote.withdraw {
        output.remark(format!("the change goes by {hash}"));
    }
    let mut chain = engine.lifecycle(from, braidvm::deployer());
    let receipt = match vote {
        vote if vote.propose => chain.propose(hash)?,
        vote if vote.approve => chain.approve(hash)?,
        vote if vote.withdraw => chain.withdraw(hash)?,
        _ => engine.set_parameter(from, parameter, value)?,
    };
    remark_on_memory(global, output);
    show_receipt(&engine, &receipt, output)?;
    failed(&receipt.reason)
}

fn named(name: &str) -> Result<Parameter, Failure> {
    Parameter::from_name(name).ok_or_else(|| {
        let known = Parameter::ALL.map(Parameter::name).join(", ");
        Failure::usage(format!("there is no parameter \"{name}\": there are {known}"))
    })
}

/// The number that stands for what the person wrote.
fn value_of(engine: &Engine, parameter: Parameter, text: &str) -> Result<U256, Failure> {
    let word = match (parameter, text) {
        (Parameter::BaseFeeRule, "constant") | (Parameter::AcceptsUnprotected, "false") => {
            return Ok(U256::ZERO);
        }
        (Parameter::BaseFeeRule, "eip1559") | (Parameter::AcceptsUnprotected, "true") => {
            return Ok(U256::ONE);
        }
        (Parameter::BaseFeeRule, _) => "constant or eip1559",
        (Parameter::AcceptsUnprotected, _) => "true or false",
        (Parameter::FeeRecipient, _) => {
            return Ok(U256::from_be_bytes(*engine.account(text)?.as_bytes()));
        }
        (Parameter::GasLimit | Parameter::BaseFee, _) => {
            return Ok(parse_amount(text).map_err(Failure::usage)?.0);
        }
    };
    Err(Failure::usage(format!("{} is {word}, not \"{text}\"", parameter.name())))
}

fn as_json(it: &ParameterValue) -> Json {
    json!({
        "parameter": it.parameter.name(),
        "value": value_json(it.parameter, it.value),
        "next": value_json(it.parameter, it.next),
        "from_block": it.from_block,
    })
}

fn value_json(parameter: Parameter, value: U256) -> Json {
    match parameter {
        Parameter::GasLimit | Parameter::BaseFee => json!(value.saturating_to::<u64>()),
        Parameter::AcceptsUnprotected => json!(!value.is_zero()),
        Parameter::FeeRecipient => json!(Address::new(value.to_be_bytes())),
        Parameter::BaseFeeRule => json!(words(parameter, value)),
    }
}

fn words(parameter: Parameter, value: U256) -> String {
    match parameter {
        Parameter::GasLimit | Parameter::BaseFee => value.to_string(),
        Parameter::AcceptsUnprotected => (!value.is_zero()).to_string(),
        Parameter::BaseFeeRule => if value.is_zero() { "constant" } else { "eip1559" }.to_owned(),
        Parameter::FeeRecipient => {
            let address = Address::new(value.to_be_bytes());
            match dev_name(&address) {
                Some(name) => format!("{address} ({name})"),
                None => address.to_string(),
            }
        }
    }
}
