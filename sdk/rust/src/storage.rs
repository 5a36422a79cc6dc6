//! Storage by name: single values, mappings and lists in the records of a contract, and counters.
//!
//! The key of a value is its field's name; of an entry the name, a zero byte and the ABI encoding
//! of the key. Names have no zero byte, so no two records share a key. A value equal to its default
//! is kept as absence and takes no space.

use alloc::vec::Vec;
use core::{fmt, marker::PhantomData};

use crate::{
    U256,
    abi::{self, AbiType},
    host,
};

/// What a contract keeps: `#[derive(Storage)]` makes it from a struct of storage fields.
pub trait Storage {
    /// The handle of the contract that runs. It reads nothing yet.
    fn attach() -> Self;
}

/// A field of a [`Storage`] struct.
pub trait Field {
    /// The handle of the field with this name.
    fn attach(name: &'static str) -> Self;
}

/// One value.
pub struct Value<T> {
    name: &'static str,
    of: PhantomData<T>,
}

/// Values by keys. It cannot be walked through; see [`host::storage_scan`] for that.
pub struct Mapping<K, V> {
    name: &'static str,
    of: PhantomData<(K, V)>,
}

/// Values by their position.
pub struct List<T> {
    length: Value<u64>,
    items: Mapping<u64, T>,
}

/// A number that many transactions of a block can change at once, because they add and subtract
/// without reading it: a count, a total, a pool of tickets.
///
/// ```
/// # use braid_sdk as braid;
/// # use braid::prelude::*;
/// #[derive(Storage)]
/// pub struct Raffle {
///     tickets: Counter,
/// }
///
/// #[braid::contract]
/// impl Raffle {
///     #[constructor]
///     fn new(&mut self, tickets: U256) {
///         let fits = self.tickets.add(&tickets);
///         assert!(fits, "a new counter is zero");
///     }
///     fn draw(&mut self) -> bool {
///         self.tickets.sub(&U256::from(1_u8))
///     }
/// }
/// ```
pub struct Counter {
    name: &'static str,
}

impl<T> Field for Value<T> {
    fn attach(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }
}

impl<K, V> Field for Mapping<K, V> {
    fn attach(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }
}

impl<T> Field for List<T> {
    fn attach(name: &'static str) -> Self {
        Self { length: Value::attach(name), items: Mapping::attach(name) }
    }
}

impl Field for Counter {
    fn attach(name: &'static str) -> Self {
        Self { name }
    }
}

impl Counter {
    /// The number, which is zero before its first change. A call that reads it waits for all
    /// earlier ones that change it.
    #[must_use]
    pub fn get(&self) -> U256 {
        host::counter_get(self.name.as_bytes())
    }

    /// Adds; false where the sum is more than a [`U256`] holds, and then nothing changes.
    #[must_use]
    pub fn add(&mut self, amount: &U256) -> bool {
        host::counter_add(self.name.as_bytes(), amount)
    }

    /// Subtracts; false where there is less, and then nothing changes.
    #[must_use]
    pub fn sub(&mut self, amount: &U256) -> bool {
        host::counter_sub(self.name.as_bytes(), amount)
    }
}

impl<T: AbiType + Default> Value<T> {
    /// The value; its default where none was set.
    #[must_use]
    pub fn get(&self) -> T {
        load(self.name.as_bytes())
    }

    /// Sets the value.
    pub fn set(&mut self, value: &T) {
        store(self.name.as_bytes(), value);
    }
}

impl<K: AbiType, V: AbiType + Default> Mapping<K, V> {
    /// The value under a key; its default where none was set.
    #[must_use]
    pub fn get(&self, key: &K) -> V {
        load(&self.key_of(key))
    }

    /// Sets the value under a key.
    pub fn set(&mut self, key: &K, value: &V) {
        store(&self.key_of(key), value);
    }

    /// Removes the value under a key.
    pub fn remove(&mut self, key: &K) {
        host::storage_delete(&self.key_of(key));
    }

    fn key_of(&self, key: &K) -> Vec<u8> {
        let mut bytes = self.name.as_bytes().to_vec();
        bytes.push(0);
        let head = abi::encode_head(key, &mut bytes);
        abi::encode_tail(key, &mut bytes, head, head);
        bytes
    }
}

impl<T: AbiType + Default> List<T> {
    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.length.get()
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a position; `None` behind the end.
    #[must_use]
    pub fn get(&self, position: u64) -> Option<T> {
        (position < self.len()).then(|| self.items.get(&position))
    }

    /// Sets the value at a position; false behind the end, where nothing changes.
    pub fn set(&mut self, position: u64, value: &T) -> bool {
        let inside = position < self.len();
        if inside {
            self.items.set(&position, value);
        }
        inside
    }

    /// Puts a value at the end.
    pub fn push(&mut self, value: &T) {
        let length = self.len();
        self.items.set(&length, value);
        self.length.set(&(length + 1));
    }

    /// Takes the value at the end away.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.len().checked_sub(1)?;
        let value = self.items.get(&last);
        self.items.remove(&last);
        self.length.set(&last);
        Some(value)
    }
}

impl<T> fmt::Debug for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Value").field(&self.name).finish()
    }
}

impl<K, V> fmt::Debug for Mapping<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mapping").field(&self.name).finish()
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.name).finish()
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("List").field(&self.length.name).finish()
    }
}

fn load<T: AbiType + Default>(key: &[u8]) -> T {
    let Some(record) = host::storage_get(key) else { return T::default() };
    // Only `store` writes under this key, unless an upgrade changed the type of a field.
    let Ok((value,)) = abi::decode(&record) else { host::panic(host::PanicCode::Assertion) };
    value
}

fn store<T: AbiType + Default>(key: &[u8], value: &T) {
    let record = encode_one(value);
    if record == encode_one(&T::default()) {
        host::storage_delete(key);
    } else {
        host::storage_put(key, &record);
    }
}

fn encode_one<T: AbiType>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    let head = abi::encode_head(value, &mut out);
    abi::encode_tail(value, &mut out, head, head);
    out
}
