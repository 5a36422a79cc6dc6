//! The same small contracts on every machine, for tests of what every machine must do alike. A
//! machine is one more row.

use std::{collections::BTreeMap, sync::Mutex};

use braidvm::{
    Address, Artifact, Bytes, Deploy, Interface, VmKind,
    rooms::{abi::selector, js_compiler, vm_wasm::go},
};

use crate::{
    World, evm_creation,
    world::{artifact, wasm},
};

/// The same contracts on one machine.
#[derive(Debug, Clone, Copy)]
pub struct Strand {
    /// What the contracts are written in.
    pub name: &'static str,
    /// The machine.
    pub kind: VmKind,
    /// Whether an upgrade costs so little that a block holds many.
    pub is_small: bool,
    /// Code that answers one word: `number` plus what is kept under zero.
    ///
    /// Its method `migrate(uint32)`, which is no other's than the deployer's, keeps 1,000 times
    /// its argument there, or fails where `can_migrate` is not set.
    pub code: fn(number: u8, can_migrate: bool) -> Bytes,
}

/// Every machine that runs contracts, and every language that has a kit. What is registered when a
/// node starts has no code and no owner, so that native contracts are no row.
pub const STRANDS: &[Strand] = &[
    Strand { name: "evm", kind: VmKind::Evm, is_small: true, code: evm },
    Strand { name: "wasm", kind: VmKind::Wasm, is_small: true, code: hosted_wasm },
    Strand { name: "rust", kind: VmKind::Wasm, is_small: false, code: rust },
    Strand { name: "c", kind: VmKind::Wasm, is_small: false, code: c },
    Strand { name: "assemblyscript", kind: VmKind::Wasm, is_small: false, code: assemblyscript },
    Strand { name: "javascript", kind: VmKind::Js, is_small: false, code: javascript },
    Strand { name: "go", kind: VmKind::Go, is_small: false, code: hosted_go },
];

/// What these contracts offer.
pub const METHODS: &[&str] = &[
    "function number() view returns (uint256)",
    "function other() view returns (uint256)",
    "function migrate(uint32 fromVersion)",
];

/// The interface of these contracts. The first `methods` of them are in it.
///
/// # Panics
///
/// Never: the signatures parse.
#[must_use]
pub fn interface(methods: usize) -> Interface {
    Interface::from_signatures(&METHODS[..methods]).expect("invariant: the signatures parse")
}

impl Strand {
    /// Makes the contract that answers `number`, without a way to migrate. Alice owns it.
    #[must_use]
    #[track_caller]
    pub fn deploy(&self, world: &mut World, number: u8) -> Address {
        let code = (self.code)(number, false);
        let mut artifact = Artifact::new("number", self.creation(&code));
        artifact.kind = Some(self.kind);
        let artifact = artifact.with_interface(interface(2));
        world.send_deploy(&Deploy::new(world.alice, artifact).managed()).expect_contract()
    }

    /// What makes a contract of this code.
    #[must_use]
    pub fn creation(&self, code: &Bytes) -> Bytes {
        if self.kind == VmKind::Evm { evm_creation(code) } else { code.clone() }
    }

    /// The code to upgrade to, as an artifact.
    #[must_use]
    pub fn artifact(&self, number: u8, can_migrate: bool, methods: usize) -> Artifact {
        let code = (self.code)(number, can_migrate);
        let mut artifact = Artifact::new("number", self.creation(&code));
        artifact.kind = Some(self.kind);
        artifact.with_interface(interface(methods))
    }
}

const MIGRATE: &str = "migrate(uint32)";

/// What stands in the compiled contracts before their number and whether they can migrate.
const MARK: &[u8] = b"braid-versioned:";

/// Code in which the number and whether it can migrate are written anew, where they stand.
fn with_settings(code: &[u8], number: u8, can_migrate: bool) -> Vec<u8> {
    let places: Vec<_> = (0..code.len())
        .filter(|at| code.get(*at..).is_some_and(|it| it.starts_with(MARK)))
        .collect();
    let &[place] = places.as_slice() else { panic!("the mark is there {} times", places.len()) };
    let mut code = code.to_vec();
    let settings = [b' ' + number, b'0' + u8::from(can_migrate)];
    code[place + MARK.len()..][..2].copy_from_slice(&settings);
    code
}

fn compiled(path: &str, number: u8, can_migrate: bool) -> Bytes {
    with_settings(&artifact(path).code, number, can_migrate).into()
}

fn rust(number: u8, can_migrate: bool) -> Bytes {
    compiled("rust/versioned.wasm", number, can_migrate)
}

fn c(number: u8, can_migrate: bool) -> Bytes {
    compiled("c/versioned.wasm", number, can_migrate)
}

fn assemblyscript(number: u8, can_migrate: bool) -> Bytes {
    compiled("assemblyscript/versioned.wasm", number, can_migrate)
}

/// Programs in Go by their settings: compressing one takes longer than what is done with it.
static PROGRAMS: Mutex<BTreeMap<(u8, bool), Bytes>> = Mutex::new(BTreeMap::new());

fn hosted_go(number: u8, can_migrate: bool) -> Bytes {
    let mut programs = PROGRAMS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let make = || {
        let packed = artifact("go/versioned.wasm.zst").code;
        let module = go::unpack(&packed).expect("invariant: the artefact is packed");
        let module = with_settings(&module, number, can_migrate);
        go::pack(&module).expect("invariant: there is memory").into()
    };
    programs.entry((number, can_migrate)).or_insert_with(make).clone()
}

fn javascript(number: u8, can_migrate: bool) -> Bytes {
    let source = format!(
        "import {{ blockchain, storage, type u32 }} from 'chain';

        const DEPLOYER = '0x0000000000000000000000000000000000b7a1d0';

        /** @view */
        export function number(): bigint {{
            return {number}n + (storage.get('kept') ?? 0n);
        }}

        /** @view */
        export function other(): bigint {{ return number(); }}

        export function migrate(fromVersion: u32): void {{
            if (blockchain.caller() !== DEPLOYER) throw new Error('not the deployer');
            if (!{can_migrate}) throw new Error('cannot take over');
            storage.put('kept', BigInt(fromVersion) * 1000n);
        }}"
    );
    let read = |name: &str| (name == "main.ts").then(|| source.clone());
    let unit = js_compiler::pack("main.ts", &read).unwrap_or_else(|error| panic!("{error}"));
    unit.encode().into()
}

/// `if selector == migrate { if caller != deployer || !can_migrate { revert } kept = argument *
/// 1000; stop } return number + kept`.
fn evm(number: u8, can_migrate: bool) -> Bytes {
    let [a, b, c, d] = selector(MIGRATE);
    let may_pass = u8::from(can_migrate);
    let code = [
        0x5f, 0x35, 0x60, 0xe0, 0x1c, 0x63, a, b, c, d, 0x14, 0x60, 27, 0x57, // selector?
        0x5f, 0x54, 0x60, number, 0x01, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3, // the answer
        0xfe, 0xfe, // 27: migrate
        0x5b, 0x33, 0x62, 0xb7, 0xa1, 0xd0, 0x14, 0x60, may_pass, 0x16, 0x60, 46,
        0x57, // may it?
        0x5f, 0x5f, 0xfd, 0xfe, 0xfe, 0xfe, // revert
        0x5b, 0x60, 0x04, 0x35, 0x61, 0x03, 0xe8, 0x02, 0x5f, 0x55, 0x00, // keep
    ];
    assert!(code[27] == 0x5b && code[46] == 0x5b, "jumps lead to their places");
    code.to_vec().into()
}

fn hosted_wasm(number: u8, can_migrate: bool) -> Bytes {
    let first = u32::from_le_bytes(selector(MIGRATE)).cast_signed();
    let may_pass = i32::from(can_migrate);
    wasm(&format!(
        r#"(module
  (import "braid1" "input_read" (func $input_read (param i32 i32 i32)))
  (import "braid1" "finish" (func $finish (param i32 i32)))
  (import "braid1" "caller" (func $caller (param i32)))
  (import "braid1" "storage_get" (func $get (param i32 i32) (result i32)))
  (import "braid1" "storage_put" (func $put (param i32 i32 i32 i32)))
  (import "braid1" "buffer_read" (func $buffer_read (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 256) "\00\b7\a1\d0")
  (func (export "call") (param $bytes i32) (result i32) (local $kept i32)
    (call $input_read (i32.const 0) (i32.const 0) (local.get $bytes))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const {first})) (then
      (call $caller (i32.const 64))
      (if (i32.or (i32.eqz (i32.const {may_pass}))
          (i32.ne (i32.load (i32.const 92)) (i32.load (i32.const 256))))
        (then (return (i32.const 1))))
      (i32.store (i32.const 128)
        (i32.mul (i32.load8_u (i32.const 35)) (i32.const 1000)))
      (call $put (i32.const 200) (i32.const 1) (i32.const 128) (i32.const 4))
      (call $finish (i32.const 0) (i32.const 0))))
    (if (i32.eq (call $get (i32.const 200) (i32.const 1)) (i32.const 4))
      (then (call $buffer_read (i32.const 128) (i32.const 0) (i32.const 4))))
    (local.set $kept (i32.add (i32.load (i32.const 128)) (i32.const {number})))
    (i32.store8 (i32.const 510) (i32.shr_u (local.get $kept) (i32.const 8)))
    (i32.store8 (i32.const 511) (local.get $kept))
    (call $finish (i32.const 480) (i32.const 32))
    (i32.const 0)))"#
    ))
}
