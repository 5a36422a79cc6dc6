//! Data between machines that does not read as it should is refused where it is read.

use braid_crossing_tests::{
    Sample, World, call_data,
    contracts::{WASM_EMPTY, wasm_answer},
};
use braidvm::{Bytes, U256, rooms::kernel::deployer};

#[test]
fn solidity_refuses_what_does_not_read_as_its_results() {
    let mut world = World::new();
    let good = U256::from(1).to_be_bytes::<32>();
    // What the token answers to `transferFrom`, and whether Solidity takes it for `true`.
    let answers: [(Vec<u8>, bool); 7] = [
        (good.to_vec(), true),
        ([good, [0xff; 32]].concat(), true), // What follows is not read.
        (vec![], false),
        (vec![1], false),
        (good[..31].to_vec(), false),
        (U256::from(2).to_be_bytes::<32>().to_vec(), false),
        (vec![0xff; 32], false),
    ];
    for (answer, is_taken) in answers {
        let token = world.deploy_wat(&wasm_answer(&answer));
        let other = world.deploy_wat(&wasm_answer(&good));
        let exchange = world.deploy("solidity/Exchange.json", &[token.into(), other.into()]);
        let input = call_data("addLiquidity(uint256,uint256)", &[5u64.into(), 5u64.into()]);
        let receipt = world.send_raw(exchange, input);
        assert_eq!(receipt.is_success(), is_taken, "{answer:02x?}: {:?}", receipt.reason);
        assert_eq!(world.read(exchange, "totalShares"), if is_taken { 5 } else { 0 });
        if !is_taken {
            assert!(receipt.gas_used.0 < 200_000, "a revert keeps the gas");
        }
    }
}

#[test]
fn contracts_of_every_language_refuse_input_that_does_not_read() {
    let mut sample = Sample::new();
    let whole = call_data("add(uint256)", &[5u64.into()]);
    for counter in sample.counters {
        for bytes in [0, 3, 4, 35] {
            let receipt = sample.world.send_raw(counter, whole.slice(..bytes));
            assert!(!receipt.is_success(), "{bytes} bytes of input");
            assert!(receipt.reason.is_some());
        }
        let unknown = Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef]);
        assert!(!sample.world.send_raw(counter, unknown).is_success());
        assert_eq!(sample.count(counter), 0);
        sample.world.send_raw(counter, whole.clone()).expect_ok();
        assert_eq!(sample.count(counter), 5);
    }
}

#[test]
fn the_deployer_says_what_is_wrong_with_its_input() {
    let mut world = World::new();
    let code = braid_crossing_tests::world::wasm(WASM_EMPTY);
    let deploy = |kind: u64, code: Bytes, text: &str| {
        call_data(
            "deploy(uint8,bytes,bytes,string)",
            &[kind.into(), code.into(), Bytes::new().into(), text.into()],
        )
    };
    let whole = deploy(1, code.clone(), "");
    let cases = [
        (Bytes::new(), "input of 0 bytes has no selector"),
        (Bytes::from_static(b"abc"), "input of 3 bytes has no selector"),
        (Bytes::from_static(b"abcd"), "no such method"),
        (whole.slice(..40), ""),
        (deploy(200, code.clone(), ""), "there is no machine of number 200"),
        (deploy(0, code.clone(), ""), "evm code"),
        (deploy(3, code.clone(), ""), "is not part of this node"),
        (deploy(1, code.clone(), "not json"), "interface:"),
        (deploy(1, Bytes::new(), ""), ""),
    ];
    let nonce = world.engine.nonce(&deployer()).expect("memory does not fail");
    for (input, expected) in cases {
        let receipt = world.send_raw(deployer(), input.clone());
        assert!(!receipt.is_success(), "{expected}");
        assert!(receipt.created.is_none());
        let reason = receipt.call.reason.expect("a refusal has a reason");
        assert!(reason.contains(expected) && reason.len() > 8, "{reason} for {input}");
    }
    assert_eq!(world.engine.nonce(&deployer()).expect("memory does not fail"), nonce);
    world.send_raw(deployer(), whole).expect_ok();
}
