//! Instructions of the token program and of those beside it, byte for byte as clients write them.

use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::{Pubkey, pubkey};
use solana_sdk_ids::system_program;

pub(crate) const TOKEN: Pubkey = pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
pub(crate) const ASSOCIATED: Pubkey = pubkey!("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
pub(crate) const MEMO: Pubkey = pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// Bytes of a mint.
pub(crate) const MINT_BYTES: u64 = 82;

/// Bytes of an account of tokens.
pub(crate) const ACCOUNT_BYTES: u64 = 165;

fn writes(key: Pubkey) -> AccountMeta {
    AccountMeta::new(key, false)
}

fn reads(key: Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(key, false)
}

fn signs(key: Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(key, true)
}

fn token(tag: u8, fields: &[&[u8]], accounts: Vec<AccountMeta>) -> Instruction {
    let data = [&[tag][..], &fields.concat()].concat();
    Instruction { program_id: TOKEN, accounts, data }
}

pub(crate) fn initialize_mint(mint: Pubkey, authority: Pubkey, decimals: u8) -> Instruction {
    let who = authority.as_ref();
    token(20, &[&[decimals], who, &[1], who], vec![writes(mint)])
}

pub(crate) fn initialize_account(account: Pubkey, mint: Pubkey, owner: Pubkey) -> Instruction {
    token(18, &[owner.as_ref()], vec![writes(account), reads(mint)])
}

pub(crate) fn transfer(from: Pubkey, to: Pubkey, owner: Pubkey, amount: u64) -> Instruction {
    token(3, &[&amount.to_le_bytes()], vec![writes(from), writes(to), signs(owner)])
}

pub(crate) fn transfer_checked(
    (from, mint, to): (Pubkey, Pubkey, Pubkey),
    owner: Pubkey,
    amount: u64,
    decimals: u8,
) -> Instruction {
    let accounts = vec![writes(from), reads(mint), writes(to), signs(owner)];
    token(12, &[&amount.to_le_bytes(), &[decimals]], accounts)
}

pub(crate) fn approve(account: Pubkey, to: Pubkey, owner: Pubkey, amount: u64) -> Instruction {
    token(4, &[&amount.to_le_bytes()], vec![writes(account), reads(to), signs(owner)])
}

pub(crate) fn revoke(account: Pubkey, owner: Pubkey) -> Instruction {
    token(5, &[], vec![writes(account), signs(owner)])
}

pub(crate) fn set_authority(of: Pubkey, kind: u8, owner: Pubkey, to: Pubkey) -> Instruction {
    token(6, &[&[kind, 1], to.as_ref()], vec![writes(of), signs(owner)])
}

pub(crate) fn mint_to(mint: Pubkey, to: Pubkey, authority: Pubkey, amount: u64) -> Instruction {
    token(7, &[&amount.to_le_bytes()], vec![writes(mint), writes(to), signs(authority)])
}

pub(crate) fn burn(from: Pubkey, mint: Pubkey, owner: Pubkey, amount: u64) -> Instruction {
    token(8, &[&amount.to_le_bytes()], vec![writes(from), writes(mint), signs(owner)])
}

pub(crate) fn close(account: Pubkey, to: Pubkey, owner: Pubkey) -> Instruction {
    token(9, &[], vec![writes(account), writes(to), signs(owner)])
}

/// Freezes an account of tokens, or thaws it.
pub(crate) fn freeze(account: Pubkey, mint: Pubkey, authority: Pubkey, thaws: bool) -> Instruction {
    let accounts = vec![writes(account), reads(mint), signs(authority)];
    token(if thaws { 11 } else { 10 }, &[], accounts)
}

/// Where the associated account of a wallet is.
pub(crate) fn associated_account(wallet: Pubkey, mint: Pubkey) -> Pubkey {
    let seeds: [&[u8]; 3] = [wallet.as_ref(), TOKEN.as_ref(), mint.as_ref()];
    Pubkey::find_program_address(&seeds, &ASSOCIATED).0
}

/// Makes the associated account of a wallet; a second time too where it `is_lenient`.
pub(crate) fn associate(
    payer: Pubkey,
    wallet: Pubkey,
    mint: Pubkey,
    is_lenient: bool,
) -> Instruction {
    let accounts = vec![
        AccountMeta::new(payer, true),
        writes(associated_account(wallet, mint)),
        reads(wallet),
        reads(mint),
        reads(system_program::ID),
        reads(TOKEN),
    ];
    Instruction { program_id: ASSOCIATED, accounts, data: vec![u8::from(is_lenient)] }
}

pub(crate) fn memo(text: &[u8], signers: &[Pubkey]) -> Instruction {
    let accounts = signers.iter().map(|key| signs(*key)).collect();
    Instruction { program_id: MEMO, accounts, data: text.to_vec() }
}
