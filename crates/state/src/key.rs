//! Keys of the state and their namespaces.

use core::{borrow::Borrow, fmt};

use alloy_primitives::hex;
use primitives::{Address, B256, CodeHash};

/// Bytes of the space of a key: a whole [`Address`].
pub const SPACE_BYTES: usize = 32;

const SPACE_START: usize = 1;
const KEY_START: usize = SPACE_START + SPACE_BYTES;

macro_rules! namespaces {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal;)*) => {
        /// What kind of record a key leads to. The number is part of the stored state and of the
        /// commitment, and never changes.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Namespace {
            $($(#[$doc])* $variant = $code,)*
        }

        impl Namespace {
            /// All namespaces in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in dumps.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The namespace with this number.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

namespaces! {
    /// Balance, nonce, kind and code hash of an identity.
    Account = 1, "account";
    /// A storage slot of an EVM contract: 32 bytes to 32 bytes.
    Slot = 2, "slot";
    /// An entry of a contract's own storage: bytes to bytes.
    Kv = 3, "kv";
    /// State objects: an object, its fields, and what an owner has.
    Object = 4, "object";
    /// The data of a Solana account.
    SvmAccount = 5, "svm-account";
    /// A published Move module.
    MoveModule = 6, "move-module";
    /// A Move resource.
    MoveResource = 7, "move-resource";
    /// An entry of a Move table.
    MoveTable = 8, "move-table";
    /// Code by its hash.
    Code = 9, "code";
    /// The lifecycle record of a contract.
    Contract = 10, "contract";
    /// The 32-byte identity behind a 20-byte alias.
    Alias = 11, "alias";
    /// Records of the chain itself.
    Meta = 12, "meta";
    /// A number of a contract that is changed by adding and subtracting; see
    /// [`number`](crate::number).
    Counter = 13, "counter";
    /// A version of a contract that a later one replaced.
    Version = 14, "version";
    /// Who may do what with a contract: roles, rules of methods, approvals.
    Access = 15, "access";
}

/// The key of one record: namespace, space, and a key of any length within them.
///
/// Keys order as bytes, so the records of one space are neighbours.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<[u8]>);

impl Key {
    /// A key from its three parts.
    #[must_use]
    pub fn new(namespace: Namespace, space: &Address, key: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(KEY_START + key.len());
        bytes.push(namespace as u8);
        bytes.extend_from_slice(space.as_bytes());
        bytes.extend_from_slice(key);
        Self(bytes.into_boxed_slice())
    }

    /// The account of an identity.
    #[must_use]
    pub fn account(address: &Address) -> Self {
        Self::new(Namespace::Account, address, &[])
    }

    /// A storage slot of an EVM contract.
    #[must_use]
    pub fn slot(address: &Address, slot: &B256) -> Self {
        Self::new(Namespace::Slot, address, slot.as_slice())
    }

    /// An entry of a contract's own storage.
    #[must_use]
    pub fn kv(address: &Address, key: &[u8]) -> Self {
        Self::new(Namespace::Kv, address, key)
    }

    /// A counter of a contract.
    #[must_use]
    pub fn counter(address: &Address, key: &[u8]) -> Self {
        Self::new(Namespace::Counter, address, key)
    }

    /// Code by its hash; the space is the hash itself.
    #[must_use]
    pub fn code(hash: &CodeHash) -> Self {
        Self::new(Namespace::Code, &Address::new(hash.0.0), &[])
    }

    /// The lifecycle record of a contract.
    #[must_use]
    pub fn contract(address: &Address) -> Self {
        Self::new(Namespace::Contract, address, &[])
    }

    /// An earlier version of a contract.
    #[must_use]
    pub fn version(address: &Address, version: u32) -> Self {
        Self::new(Namespace::Version, address, &version.to_be_bytes())
    }

    /// A record of who may do what with a contract.
    #[must_use]
    pub fn access(address: &Address, key: &[u8]) -> Self {
        Self::new(Namespace::Access, address, key)
    }

    /// The identity behind a 20-byte alias, given as the EVM address.
    #[must_use]
    pub fn alias(alias: &Address) -> Self {
        Self::new(Namespace::Alias, alias, &[])
    }

    /// A record of state objects: of an object, or of one who has objects.
    #[must_use]
    pub fn object(space: &[u8; SPACE_BYTES], key: &[u8]) -> Self {
        Self::new(Namespace::Object, &Address::new(*space), key)
    }

    /// The rules of the chain.
    #[must_use]
    pub fn chain_rules() -> Self {
        Self::new(Namespace::Meta, &Address::ZERO, b"rules")
    }

    /// A key from its bytes, or nothing where they are too short or of no namespace.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Namespace::from_code(*bytes.first()?)?;
        (bytes.len() >= KEY_START).then(|| Self(bytes.into()))
    }

    /// All bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The namespace.
    ///
    /// # Panics
    ///
    /// Never: every constructor puts a namespace first.
    #[must_use]
    pub fn namespace(&self) -> Namespace {
        self.0
            .first()
            .and_then(|code| Namespace::from_code(*code))
            .expect("invariant: a key starts with its namespace")
    }

    /// The contract or account.
    #[must_use]
    pub fn space(&self) -> Address {
        let mut space = [0; SPACE_BYTES];
        space.copy_from_slice(&self.0[SPACE_START..KEY_START]);
        Address::new(space)
    }

    /// The key within its namespace and space.
    #[must_use]
    pub fn suffix(&self) -> &[u8] {
        &self.0[KEY_START..]
    }
}

/// Maps of keys are searched by bytes, because the bounds of a scan need not be whole keys.
impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace().name(), self.space())?;
        match self.suffix() {
            [] => Ok(()),
            suffix => write!(f, "/0x{}", hex::encode(suffix)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_come_back(space in any::<[u8; 32]>(), suffix in any::<Vec<u8>>()) {
            let key = Key::kv(&Address::new(space), &suffix);
            prop_assert_eq!(key.namespace(), Namespace::Kv);
            prop_assert_eq!(key.space(), Address::new(space));
            prop_assert_eq!(key.suffix(), suffix.as_slice());
            prop_assert_eq!(Key::from_bytes(key.as_bytes()), Some(key));
        }
    }

    #[test]
    fn other_bytes_are_no_key() {
        assert_eq!(Key::from_bytes(&[]), None);
        assert_eq!(Key::from_bytes(&[1; 32]), None);
        assert_eq!(Key::from_bytes(&[99; 33]), None);
    }
}
