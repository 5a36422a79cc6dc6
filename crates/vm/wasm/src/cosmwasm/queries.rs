//! What contracts ask of the chain while they run.

use cosmwasm_std::{
    Addr, BalanceResponse, BankQuery, Binary, CodeInfoResponse, ContractInfoResponse,
    ContractResult, QueryRequest, SystemError, SystemResult, WasmQuery,
};
use primitives::{Address, Gas, Wei};
use serde_json::{Value as Json, json};
use vm::system;

use super::calls::{self, DENOM, Message};
use super::{address, codes, interface};
use crate::host::{Call, End};

/// What a question gives: the inner error is the callee's.
type Result2 = SystemResult<ContractResult<Binary>>;

/// The answer to a question in JSON, in JSON.
pub(crate) fn answer(call: &mut Call<'_>, request: &[u8]) -> Result<Vec<u8>, End> {
    call.charge_json(request.len())?;
    let answer = match read(request) {
        Ok(Question::Known(question)) => known(call, &question)?,
        Ok(Question::AllBalances(of)) => all_balances(call, &of)?,
        Err(error) => {
            SystemResult::Err(SystemError::InvalidRequest { error, request: Binary::from(request) })
        }
    };
    let answer = calls::json(&answer);
    call.charge_json(answer.len())?;
    Ok(answer)
}

enum Question {
    Known(QueryRequest),
    /// A question of CosmWasm 1 that later versions have no more.
    AllBalances(String),
}

fn read(request: &[u8]) -> Result<Question, String> {
    let document: Json = serde_json::from_slice(request).map_err(|error| error.to_string())?;
    if let Some(of) = document.pointer("/bank/all_balances/address").and_then(Json::as_str) {
        return Ok(Question::AllBalances(of.to_owned()));
    }
    serde_json::from_value(document).map(Question::Known).map_err(|error| error.to_string())
}

fn known(call: &mut Call<'_>, question: &QueryRequest) -> Result<Result2, End> {
    match question {
        QueryRequest::Bank(BankQuery::Balance { address, denom }) => {
            let Ok(of) = address::parse(address) else { return Ok(no_contract(address)) };
            let amount = match denom == DENOM {
                true => calls::coin(call.host.balance(call.meter, &of)?),
                false => cosmwasm_std::Coin { denom: denom.clone(), ..calls::coin(Wei::ZERO) },
            };
            Ok(given(&BalanceResponse::new(amount)))
        }
        QueryRequest::Wasm(WasmQuery::Smart { contract_addr, msg }) => {
            let Ok(to) = address::parse(contract_addr) else {
                return Ok(no_contract(contract_addr));
            };
            let message = Message {
                to,
                text: msg,
                value: Wei::ZERO,
                gas_limit: Gas(u64::MAX),
                is_query: true,
            };
            Ok(match calls::send(call, &message)? {
                Ok(Some(answer)) => SystemResult::Ok(ContractResult::Ok(answer.data.into())),
                Ok(None) => no_contract(contract_addr),
                Err(error) => SystemResult::Ok(ContractResult::Err(error)),
            })
        }
        QueryRequest::Wasm(WasmQuery::Raw { contract_addr, key }) => raw(call, contract_addr, key),
        QueryRequest::Wasm(WasmQuery::ContractInfo { contract_addr }) => {
            contract_info(call, contract_addr)
        }
        QueryRequest::Wasm(WasmQuery::CodeInfo { code_id }) => code_info(call, *code_id),
        other => Ok(SystemResult::Err(SystemError::UnsupportedRequest {
            kind: format!("{other:?}").chars().take(64).collect(),
        })),
    }
}

fn all_balances(call: &mut Call<'_>, of: &str) -> Result<Result2, End> {
    let Ok(of) = address::parse(of) else { return Ok(no_contract(of)) };
    let balance = call.host.balance(call.meter, &of)?;
    Ok(given(&json!({ "amount": calls::funds(balance) })))
}

/// A record of a CosmWasm contract, which its own machine reads.
fn raw(call: &mut Call<'_>, of: &str, key: &Binary) -> Result<Result2, End> {
    let Ok(to) = address::parse(of) else { return Ok(no_contract(of)) };
    if call.host.code_hash(call.meter, &to)?.is_none() {
        return Ok(no_contract(of));
    }
    let key = abi::Value::bytes(key.to_vec());
    let found = calls::ask(call, (to, interface::method("raw")), &[key], true)?;
    Ok(match found.as_deref() {
        Ok([abi::Value::Bytes(value)]) => {
            SystemResult::Ok(ContractResult::Ok(Binary::from(value.to_vec())))
        }
        _ => SystemResult::Err(SystemError::UnsupportedRequest {
            kind: "records of a contract that is not of CosmWasm".to_owned(),
        }),
    })
}

/// The chain knows the owner of a contract, who first is its creator.
fn contract_info(call: &mut Call<'_>, of: &str) -> Result<Result2, End> {
    let Ok(contract) = address::parse(of) else { return Ok(no_contract(of)) };
    let Some((_, hash)) = call.host.code_hash(call.meter, &contract)? else {
        return Ok(no_contract(of));
    };
    let owner = calls::ask_system(
        call,
        (system::DEPLOYER, "function owner(address contract) view returns (address)"),
        &[contract.into()],
        true,
    )?;
    let owner = match owner.as_deref() {
        Ok([abi::Value::Address(owner)]) if *owner != Address::ZERO => Some(*owner),
        _ => None,
    };
    let code_id = codes::number_of(call, hash)?.unwrap_or_default();
    let named = |address: Address| Addr::unchecked(address::text(&address));
    let creator = named(owner.unwrap_or(contract));
    let admin = owner.map(named);
    Ok(given(&ContractInfoResponse::new(code_id, creator, admin, false, None, None)))
}

fn code_info(call: &mut Call<'_>, code_id: u64) -> Result<Result2, End> {
    Ok(match codes::look_up(call, code_id)? {
        Ok(code) => given(&CodeInfoResponse::new(
            code_id,
            Addr::unchecked(address::text(&code.contract)),
            code.hash.0.0.into(),
        )),
        Err(_) => SystemResult::Err(SystemError::NoSuchCode { code_id }),
    })
}

fn given(answer: &impl serde::Serialize) -> Result2 {
    SystemResult::Ok(ContractResult::Ok(calls::json(answer).into()))
}

fn no_contract(address: &str) -> Result2 {
    SystemResult::Err(SystemError::NoSuchContract { addr: address.to_owned() })
}
