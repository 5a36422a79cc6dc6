//! The crate that programs import says what the engine reads.

use braid_solana::{Arguments, BRIDGE, BridgeCall, VAULT, evm_address};
use primitives::{Address, EvmAddress, Gas};
use vm_svm::{BRIDGE as ENGINE_BRIDGE, BridgeCall as EngineCall, vault_address};

#[test]
fn keys_and_bytes_are_those_of_the_engine() {
    assert_eq!((&BRIDGE, &VAULT), (ENGINE_BRIDGE.as_bytes(), vault_address().as_bytes()));
    let target = Address::from_evm(EvmAddress::repeat_byte(7));
    assert_eq!(&evm_address([7; 20]), target.as_bytes());
    let input = Arguments::of([1, 2, 3, 4]).number(5).into_bytes();
    let call = BridgeCall { to: *target.as_bytes(), lamports: 8, gas_limit: 9 };
    assert_eq!(call.data(&input), EngineCall::data(&target, 8, Gas(9), &input));
    assert_eq!(BridgeCall::coin_accounts([1; 32])[1].key, VAULT);
}
