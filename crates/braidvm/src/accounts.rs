//! Funded accounts for development, known by name.
//!
//! The keys are the ten that every Ethereum development node hands out (from the phrase
//! "test test test test test test test test test test test junk"), so that wallets and scripts
//! already know them. They are public: never use them where coin has a value.

use primitives::{Address, EvmAddress, WEI_PER_ETHER, Wei};

/// A development account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DevAccount {
    /// The name to call it by.
    pub name: &'static str,
    /// The address.
    pub address: Address,
    /// The secp256k1 private key, public to the whole world.
    pub private_key: [u8; 32],
}

/// What each development account owns at genesis, in ether.
pub const DEV_BALANCE_ETHER: u64 = 10_000;

const NAMED_KEYS: [(&str, &str, &str); 10] = [
    (
        "alice",
        "f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    ),
    (
        "bob",
        "70997970c51812dc3a010c7d01b50e0d17dc79c8",
        "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    ),
    (
        "carol",
        "3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
        "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    ),
    (
        "dave",
        "90f79bf6eb2c4f870365e785982e1f101e93b906",
        "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    ),
    (
        "erin",
        "15d34aaf54267db7d7c367839aaf71a00a2c6a65",
        "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    ),
    (
        "frank",
        "9965507d1a55bcc2695c58ba16fb37d819b0a4dc",
        "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    ),
    (
        "grace",
        "976ea74026e726554db657fa54763abd0c3a0aa9",
        "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    ),
    (
        "heidi",
        "14dc79964da2c08b23698b3d3cc7ca32193d9955",
        "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    ),
    (
        "ivan",
        "23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f",
        "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    ),
    (
        "judy",
        "a0ee7a142d267c1f36714e4a8f75612f20a79720",
        "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
    ),
];

/// The development accounts in their fixed order.
#[must_use]
pub fn dev_accounts() -> Vec<DevAccount> {
    NAMED_KEYS
        .iter()
        .map(|(name, address, key)| DevAccount {
            name,
            address: Address::from_evm(EvmAddress::from(bytes::<20>(address))),
            private_key: bytes::<32>(key),
        })
        .collect()
}

/// The address of a development account by name.
#[must_use]
pub fn dev_address(name: &str) -> Option<Address> {
    dev_accounts().into_iter().find(|account| account.name == name).map(|account| account.address)
}

/// The name of a development account by address.
#[must_use]
pub fn dev_name(address: &Address) -> Option<&'static str> {
    dev_accounts().into_iter().find(|it| it.address == *address).map(|it| it.name)
}

/// What each development account owns at genesis.
#[must_use]
pub fn dev_balance() -> Wei {
    Wei(WEI_PER_ETHER.0 * primitives::U256::from(DEV_BALANCE_ETHER))
}

fn bytes<const N: usize>(digits: &str) -> [u8; N] {
    alloy_primitives::hex::decode_to_array(digits)
        .expect("invariant: the development keys are hexadecimal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_own_address() {
        let accounts = dev_accounts();
        for account in &accounts {
            assert_eq!(dev_address(account.name), Some(account.address));
            assert_eq!(dev_name(&account.address), Some(account.name));
        }
        assert_eq!(accounts.len(), 10);
        assert_eq!(dev_address("mallory"), None);
    }

    #[test]
    fn the_keys_make_the_addresses() {
        for account in dev_accounts() {
            let key = k256::ecdsa::SigningKey::from_slice(&account.private_key).unwrap();
            let point = key.verifying_key().to_encoded_point(false);
            let hash = primitives::keccak256(&point.as_bytes()[1..]);
            assert_eq!(account.address.evm_alias().as_slice(), &hash[12..]);
        }
    }
}
