//! SPL tokens that contracts of other machines own: the token program runs as it is, and who signs
//! for a contract's tokens is the contract.

use braid_crossing_tests::World;
use braidvm::{
    Address, Bytes, Gas, Receipt,
    rooms::{
        state::{Key, Namespace},
        vm_svm::{
            AccountRecord, BRIDGE, associated_token_account, seeded_account, signer_of,
            standard_program_address,
        },
    },
};

use crate::solana::{SIGNER, SYSTEM, WRITABLE, forward, invoke};

/// Lamports that a mint needs to be exempt from rent, and its bytes.
const MINT: (u64, u64) = (1_461_600, 82);

struct Bank {
    world: World,
    /// A Solidity contract that passes calls on: the mint's authority, and an owner of tokens.
    vault: Address,
    mint: Address,
    token: Address,
}

impl Bank {
    fn new() -> Self {
        let mut world = World::new();
        let vault = world.deploy("solidity/Relay.json", &[]);
        let token = standard_program_address("token").expect("a standard program");
        let alice = world.alice;
        let mint = seeded_account(&alice, "mint", &token).expect("a short seed");
        let bank = Self { world, vault, mint, token };
        bank.begun()
    }

    /// The mint is made, and the accounts of the contract and of Alice.
    fn begun(mut self) -> Self {
        let alice = self.world.alice;
        let seed = "mint";
        let mut create = 3_u32.to_le_bytes().to_vec();
        create.extend(alice.as_bytes());
        create.extend((seed.len() as u64).to_le_bytes());
        create.extend(seed.as_bytes());
        create.extend(MINT.0.to_le_bytes());
        create.extend(MINT.1.to_le_bytes());
        create.extend(self.token.as_bytes());
        let accounts = [(alice, SIGNER | WRITABLE), (self.mint, WRITABLE)];
        self.world.send_raw(BRIDGE, invoke(SYSTEM, &accounts, &create)).expect_ok();
        let mut initialize = vec![20, 0];
        initialize.extend(signer_of(&self.vault).as_bytes());
        initialize.push(0);
        let accounts = [(self.mint, WRITABLE)];
        self.world.send_raw(BRIDGE, invoke(self.token, &accounts, &initialize)).expect_ok();
        for owner in [signer_of(&self.vault), alice] {
            let accounts = [
                (alice, SIGNER | WRITABLE),
                (self.holding(&owner), WRITABLE),
                (owner, 0),
                (self.mint, 0),
                (SYSTEM, 0),
                (self.token, 0),
            ];
            let program = standard_program_address("associated-token").expect("a program");
            self.world.send_raw(BRIDGE, invoke(program, &accounts, &[0])).expect_ok();
        }
        self
    }

    fn holding(&self, owner: &Address) -> Address {
        associated_token_account(owner, &self.token, &self.mint)
    }

    /// Tokens of an owner, as the account says.
    fn tokens(&self, owner: &Address) -> u64 {
        let key = Key::new(Namespace::SvmAccount, &self.holding(owner), &[]);
        let bytes = self.world.engine.store().latest().read(&key).expect("memory does not fail");
        let record = AccountRecord::decode(&bytes.expect("an account")).expect("a record");
        u64::from_le_bytes(record.data[64..72].try_into().expect("eight bytes"))
    }

    /// The call of the bridge that makes tokens for the contract.
    fn mint_to_vault(&self, amount: u64) -> Bytes {
        let authority = signer_of(&self.vault);
        let accounts =
            [(self.mint, WRITABLE), (self.holding(&authority), WRITABLE), (authority, SIGNER)];
        invoke(self.token, &accounts, &with_amount(7, amount))
    }

    /// The call of the bridge that moves tokens of the contract to Alice.
    fn pay_alice(&self, amount: u64) -> Bytes {
        let owner = signer_of(&self.vault);
        let to = self.holding(&self.world.alice);
        let accounts = [(self.holding(&owner), WRITABLE), (to, WRITABLE), (owner, SIGNER)];
        invoke(self.token, &accounts, &with_amount(3, amount))
    }

    fn by_vault(&mut self, method: &str, input: &Bytes) -> Receipt {
        self.world.send_raw(self.vault, forward(method, BRIDGE, input))
    }

    /// Tokens of the contract, tokens of Alice, calls that the contract has passed on.
    fn seen(&self) -> (u64, u64, u64) {
        let forwarded = self.world.read(self.vault, "forwarded()(uint256)");
        (self.tokens(&signer_of(&self.vault)), self.tokens(&self.world.alice), forwarded)
    }
}

fn with_amount(tag: u8, amount: u64) -> Vec<u8> {
    let mut data = vec![tag];
    data.extend(amount.to_le_bytes());
    data
}

#[test]
fn a_solidity_contract_mints_and_moves_tokens() {
    let mut bank = Bank::new();
    let mint = bank.mint_to_vault(100);
    bank.by_vault("forward", &mint).expect_ok();
    let pay = bank.pay_alice(30);
    bank.by_vault("forward", &pay).expect_ok();
    assert_eq!(bank.seen(), (70, 30, 2));
}

#[test]
fn nobody_but_the_contract_signs_for_its_tokens() {
    let mut bank = Bank::new();
    let mint = bank.mint_to_vault(100);
    assert!(!bank.world.send_raw(BRIDGE, mint).is_success());
    assert_eq!(bank.seen(), (0, 0, 0));
}

#[test]
fn what_fails_undoes_tokens_and_slots() {
    let mut bank = Bank::new();
    let mint = bank.mint_to_vault(100);
    bank.by_vault("forward", &mint).expect_ok();
    let before = bank.seen();
    let (too_much, pay) = (bank.pay_alice(101), bank.pay_alice(1));
    assert!(!bank.by_vault("forward", &too_much).is_success());
    assert!(!bank.by_vault("forwardThenRevert", &pay).is_success());
    assert_eq!(bank.seen(), before);
}

#[test]
fn any_limit_of_gas_gives_all_or_nothing() {
    let mut bank = Bank::new();
    let mint = bank.mint_to_vault(100);
    bank.by_vault("forward", &mint).expect_ok();
    let pay = bank.pay_alice(1);
    let input = forward("forward", BRIDGE, &pay);
    let whole = bank.world.transaction(bank.vault, input.clone(), Gas(10_000_000));
    let used = bank.world.run(&whole).0.gas_used;
    let (mut done, mut stopped) = (0, 0);
    for gas_limit in (25_000..used.0 + used.0 / 2).step_by(997) {
        let transaction = bank.world.transaction(bank.vault, input.clone(), Gas(gas_limit));
        let mut execution = bank.world.execution();
        // Below the intrinsic gas there is no transaction.
        let Ok(result) = execution.transact(&transaction) else { continue };
        let writes = execution.finish().expect("memory does not fail").writes;
        if result.status.is_success() {
            done += 1;
            continue;
        }
        stopped += 1;
        let changed = bank.world.changed(writes);
        assert_eq!(changed, bank.world.nonce_alone(), "{gas_limit} gas leave something");
    }
    assert!(done > 5 && stopped > 5, "{done} done, {stopped} stopped");
}
