//! The programs that every Solana chain has, as accounts of a first state.

use primitives::{Address, Bytes, CodeHash, Wei};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_pubkey::{Pubkey, pubkey};
use solana_rent::Rent;

use crate::{
    account::{AccountRecord, address, pubkey as pubkey_of, wei_of},
    held::code_start,
};

/// The standard programs by name, and where they are on every Solana chain.
const PROGRAMS: [(&str, Pubkey); 5] = [
    ("token", pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")),
    ("associated-token", pubkey!("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")),
    ("memo", pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")),
    ("token-2022", pubkey!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")),
    ("address-lookup-table", pubkey!("AddressLookupTab1e1111111111111111111111111")),
];

/// An account of a first state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardAccount {
    /// Its identity.
    pub address: Address,
    /// Its coin: what rent asks for.
    pub balance: Wei,
    /// What the state holds of it beside.
    pub record: AccountRecord,
    /// The code that the record names by its hash.
    pub code: Option<(CodeHash, Bytes)>,
}

/// The names of the standard programs: SPL Token, Associated Token Account, Memo, Token-2022 and
/// Address Lookup Table.
pub fn standard_programs() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().map(|(name, _)| *name)
}

/// Where a standard program is; nothing where the name is not known.
#[must_use]
pub fn standard_program_address(name: &str) -> Option<Address> {
    let (_, key) = PROGRAMS.iter().find(|(known, _)| *known == name)?;
    Some(address(key))
}

/// The accounts that a standard program is: one, or two where it could be upgraded. Nobody can.
/// Nothing where the name is not known.
#[must_use]
pub fn standard_program(name: &str) -> Option<Vec<StandardAccount>> {
    let (_, key) = PROGRAMS.iter().find(|(known, _)| *known == name)?;
    let accounts = solana_program_binaries::by_id(key, &Rent::default())?;
    Some(accounts.iter().map(|(key, account)| standard_account(key, account)).collect())
}

/// Where the account of tokens is that belongs to `owner` for tokens of `mint`, among those of the
/// program `token_program`.
///
/// # Panics
///
/// Where no seed of one byte gives an address: nobody has found such a case.
#[must_use]
pub fn associated_token_account(
    owner: &Address,
    token_program: &Address,
    mint: &Address,
) -> Address {
    let seeds = [owner, token_program, mint].map(|it| it.as_bytes().as_slice());
    let (_, associated) = PROGRAMS[1];
    address(&Pubkey::find_program_address(&seeds, &associated).0)
}

/// Where an account is that a program derives from seeds, and the number that makes it no key of
/// anybody. Nothing where the seeds break a limit.
#[must_use]
pub fn program_address(seeds: &[&[u8]], program: &Address) -> Option<(Address, u8)> {
    let (key, bump) = Pubkey::try_find_program_address(seeds, &pubkey_of(program))?;
    Some((address(&key), bump))
}

/// Where the account is that `base` makes with a seed for the program `owner`: it needs no key of
/// its own. Nothing where the seed is above 32 bytes.
#[must_use]
pub fn seeded_account(base: &Address, seed: &str, owner: &Address) -> Option<Address> {
    let made = Pubkey::create_with_seed(&pubkey_of(base), seed, &pubkey_of(owner));
    Some(address(&made.ok()?))
}

fn standard_account(key: &Pubkey, account: &AccountSharedData) -> StandardAccount {
    let (owner, is_executable, data) = (account.owner(), account.executable(), account.data());
    let start = code_start(owner, is_executable, data);
    let (head, code) = data.split_at(start.unwrap_or(data.len()));
    let code = start.map(|_| (CodeHash::of(code), Bytes::copy_from_slice(code)));
    let record = AccountRecord {
        owner: address(owner),
        is_executable,
        code_hash: code.as_ref().map(|(hash, _)| *hash),
        data: head.to_vec(),
    };
    StandardAccount { address: address(key), balance: wei_of(account.lamports()), record, code }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{program, runtime::Runtime};

    #[test]
    fn standard_programs_have_code_that_runs() {
        let runtime = Runtime::new().expect("the runtime starts");
        for name in standard_programs() {
            let accounts = standard_program(name).expect("a standard program");
            let first = accounts.first().expect("an account");
            assert_eq!(Some(first.address), standard_program_address(name));
            assert!(first.record.is_executable);
            let code = accounts.iter().find_map(|account| account.code.as_ref());
            let (hash, code) = code.expect("code");
            assert_eq!(CodeHash::of(code), *hash);
            let environment = runtime.environments.get_env_for_execution();
            program::check(environment, code).expect("code that is accepted");
        }
        assert_eq!(standard_program("tokens"), None);
    }
}
