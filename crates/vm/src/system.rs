//! Addresses of the contracts of the system that a machine may call on its guest's behalf.

use primitives::EvmAddress;

/// The deployer, through which contracts are made, upgraded and given away.
pub const DEPLOYER: EvmAddress = system_address(0xd0);

/// The registry of codes, which gives numbers to codes for those who know them by numbers.
pub const CODES: EvmAddress = system_address(0xc0);

/// `0x…b7a1` and this byte.
const fn system_address(last: u8) -> EvmAddress {
    EvmAddress::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0xa1, last])
}
