//! Transfers per second: a session against bare revm, side by side in rotated order.
//!
//! `cargo run --release -p braid-vm-evm --example throughput [transactions] [rounds]`
#![allow(clippy::print_stdout, reason = "an example prints its figures")]
#![allow(unused_crate_dependencies, reason = "an example uses few of them")]

use std::{error::Error, fs, sync::Arc, time::Instant};

use braid_vm_evm::{EvmConfig, NoCrossing, Session, Transaction};
use primitives::{Address, B256, Bytes, CodeHash, EvmAddress, Gas, U256, VmKind, Wei};
use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext,
    bytecode::Bytecode,
    context::TxEnv,
    database::{CacheDB, EmptyDB},
    primitives::TxKind,
    state::AccountInfo,
};
use state::{EmptyView, Key, Overlay, StateView, WriteSet, record::AccountRecord};

const ACCOUNTS: u64 = 1000;
const TOKEN: EvmAddress = EvmAddress::new([0x70; 20]);
const FUNDS: u64 = 1 << 60;
const GAS_LIMIT: u64 = 200_000;

/// `transfer(to, amount)` of a token without selector: two balances in a mapping and an event.
const TOKEN_CODE: &str = concat!(
    "335f525f60205260405f208054602035808210605f57900390555f355f5260405f20805460203501",
    "90556020355f525f35337fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df5",
    "23b3ef60205fa360015f5260205ff35b5f5ffd",
);

type AnyResult<T> = Result<T, Box<dyn Error>>;

/// Time on the processor where the system tells it, else on the wall: what neighbors on a loaded
/// machine take is not to count.
enum Clock {
    Processor(u64),
    Wall(Instant),
}

impl Clock {
    fn start() -> Self {
        processor_ns().map_or_else(|| Self::Wall(Instant::now()), Self::Processor)
    }

    fn seconds(&self) -> f64 {
        match self {
            Self::Processor(start) => (processor_ns().unwrap_or(*start) - start) as f64 / 1e9,
            Self::Wall(start) => start.elapsed().as_secs_f64(),
        }
    }
}

fn processor_ns() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn main() -> AnyResult<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let count = arguments.next().transpose()?.unwrap_or(40_000);
    let rounds = arguments.next().transpose()?.unwrap_or(7);
    for (name, to_token) in [("token transfers", true), ("coin transfers", false)] {
        let mut rates = [Vec::new(), Vec::new()];
        for round in 0..rounds {
            for turn in 0..2 {
                let mode = ((round + turn) % 2) as usize;
                let seconds =
                    if mode == 0 { bare(count, to_token)? } else { session(count, to_token)? };
                rates[mode].push(count as f64 / seconds);
            }
        }
        let [bare, session] = rates.map(median);
        println!(
            "{name}: bare revm {bare:.0}/s, session {session:.0}/s, ratio {:.3}",
            session / bare
        );
    }
    Ok(())
}

fn bare(count: u64, to_token: bool) -> AnyResult<f64> {
    let mut database = CacheDB::new(EmptyDB::default());
    for index in 0..ACCOUNTS {
        let info = AccountInfo { balance: U256::from(FUNDS), ..AccountInfo::default() };
        database.insert_account_info(account(index), info);
        database.insert_account_storage(TOKEN, balance_slot(index).into(), U256::from(FUNDS))?;
    }
    let code = Bytecode::new_legacy(token_code());
    database.insert_account_info(TOKEN, AccountInfo::default().with_code(code));
    let mut evm = Context::mainnet()
        .with_db(database)
        .modify_cfg_chained(|config| {
            config.disable_nonce_check = true;
            config.tx_gas_limit_cap = Some(u64::MAX);
        })
        .build_mainnet();
    let started = Clock::start();
    for index in 0..count {
        let (from, to, value, data) = transfer(index, to_token);
        let transaction = TxEnv {
            caller: from,
            kind: TxKind::Call(to),
            value,
            data,
            gas_limit: GAS_LIMIT,
            chain_id: None,
            ..TxEnv::default()
        };
        assert!(evm.transact_one(transaction)?.is_success(), "transfer {index}");
    }
    assert!(evm.finalize().len() > 1, "accounts have changed");
    Ok(started.seconds())
}

fn session(count: u64, to_token: bool) -> AnyResult<f64> {
    let mut session = Session::new(genesis(), &EvmConfig::default(), Arc::new(NoCrossing));
    let started = Clock::start();
    for index in 0..count {
        let (from, to, value, input) = transfer(index, to_token);
        let transaction = Transaction {
            from: Address::from_evm(from),
            to: Some(Address::from_evm(to)),
            value: Wei(value),
            input,
            gas_limit: Gas(GAS_LIMIT),
            ..Transaction::default()
        };
        assert!(session.transact(&transaction)?.status.is_success(), "transfer {index}");
    }
    assert!(session.take_changes()?.writes.len() > 1, "accounts have changed");
    Ok(started.seconds())
}

fn genesis() -> Arc<dyn StateView> {
    let mut writes = WriteSet::new();
    let token = Address::from_evm(TOKEN);
    for index in 0..ACCOUNTS {
        let record = AccountRecord { balance: Wei::from_u64(FUNDS), ..AccountRecord::default() };
        writes.put(Key::account(&Address::from_evm(account(index))), record.encode());
        let funds = Bytes::copy_from_slice(&U256::from(FUNDS).to_be_bytes::<32>());
        writes.put(Key::slot(&token, &balance_slot(index)), funds);
    }
    let code_hash = CodeHash::of(&token_code());
    let record = AccountRecord { kind: VmKind::Evm, code_hash, ..AccountRecord::default() };
    writes.put(Key::account(&token), record.encode());
    writes.put(Key::code(&code_hash), token_code());
    Arc::new(Overlay::new(Arc::new(EmptyView), writes))
}

fn transfer(index: u64, to_token: bool) -> (EvmAddress, EvmAddress, U256, Bytes) {
    let from = account(index % ACCOUNTS);
    let to = account((index * 7 + 1) % ACCOUNTS);
    if !to_token {
        return (from, to, U256::from(1), Bytes::new());
    }
    let mut input = [0; 64];
    input[12..32].copy_from_slice(to.as_slice());
    input[63] = 1;
    (from, TOKEN, U256::ZERO, Bytes::copy_from_slice(&input))
}

fn token_code() -> Bytes {
    Bytes::from(alloy_primitives::hex::decode(TOKEN_CODE).expect("invariant: hexadecimal"))
}

fn account(index: u64) -> EvmAddress {
    EvmAddress::left_padding_from(&(0x1_0000 + index).to_be_bytes())
}

fn balance_slot(index: u64) -> B256 {
    let mut entry = [0; 64];
    entry[12..32].copy_from_slice(account(index).as_slice());
    alloy_primitives::keccak256(entry)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
