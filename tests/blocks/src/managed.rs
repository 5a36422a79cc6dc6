//! Contracts that transactions upgrade, freeze and keep for a role while others call them.

use braidvm::{
    Address, Bytes, Value, access_control, deployer, role,
    rooms::{kernel::lifecycle_input, primitives::keccak256},
};
use crossing_tests::{
    Sample, call_data,
    lifecycle::{STRANDS, Strand, interface},
    sample::pass,
};

use crate::Random;

/// A contract that belongs to a relay, so that everybody may change it through that relay.
#[derive(Debug, Clone, Copy)]
pub struct Managed {
    contract: Address,
    owner: Address,
    strand: &'static Strand,
}

const NUMBER: &str = "number()";

impl Managed {
    /// One contract on each machine, which belongs to a relay of another where there is one.
    ///
    /// # Panics
    ///
    /// Where one cannot be made.
    #[must_use]
    pub fn all(sample: &mut Sample) -> Vec<Self> {
        let relays = [sample.wasm_relays[0], sample.evm_relays[0]];
        let make = |(strand, owner): (&'static Strand, &Address)| {
            let world = &mut sample.world;
            let contract = strand.deploy(world, 1);
            let offer = world.engine.lifecycle(world.alice, contract).transfer_ownership(*owner);
            let _ = offer.expect("invariant: memory does not fail").expect_ok();
            let accept = input("acceptOwnership", &[contract.into()]);
            let _ = world.send_raw(*owner, pass("forward", deployer(), &accept)).expect_ok();
            Self { contract, owner: *owner, strand }
        };
        let small = STRANDS.iter().filter(|it| it.is_small);
        small.zip(relays.iter().cycle()).map(make).collect()
    }

    /// The contract, and the input of a call of it.
    #[must_use]
    pub fn call(&self) -> (Address, Bytes) {
        (self.contract, call_data(NUMBER, &[]))
    }

    /// A random change, as a call of the relay that owns the contract.
    #[must_use]
    pub fn change(&self, random: &mut Random, holders: &[Address]) -> (Address, Bytes) {
        let contract = Value::from(self.contract);
        let keeper = Value::bytes(role("KEEPER_ROLE").to_vec());
        let holder = Value::from(*random.of(holders));
        let selector = Value::bytes(keccak256(NUMBER)[..4].to_vec());
        let (method, rest) = match random.below(9) {
            0 => ("freeze", Vec::new()),
            1 | 2 => ("unfreeze", Vec::new()),
            3 => ("rollback", vec![Value::uint(1 + random.below(3))]),
            4 | 5 => ("upgrade", self.next(random)),
            6 => ("setMethodRole", vec![selector, keeper]),
            7 => ("clearMethodRole", vec![selector]),
            _ => (*random.of(&["grantRole", "grantRole", "revokeRole"]), vec![keeper, holder]),
        };
        let is_access = method.ends_with("Role");
        let system = if is_access { access_control() } else { deployer() };
        let input = input(method, &[vec![contract], rest].concat());
        let way: &str =
            random.of::<&str>(&["forward", "forward", "tryForward", "forwardThenRevert"]);
        (self.owner, pass(way, system, &input))
    }

    fn next(&self, random: &mut Random) -> Vec<Value> {
        let number = u8::try_from(1 + random.below(9)).expect("invariant: a digit");
        let code = (self.strand.code)(number, random.below(4) > 0);
        let methods = usize::try_from(2 + random.below(2)).expect("invariant: small");
        vec![Value::bytes(code), Value::text(interface(methods).to_json())]
    }
}

fn input(method: &str, values: &[Value]) -> Bytes {
    lifecycle_input(method, values).expect("invariant: the values are of the method's types")
}
