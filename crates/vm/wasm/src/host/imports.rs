//! The table of imports: one line each, from which the linkers and the static checks are made.

use crate::validate::{ImportSignature, ValueType};

/// Hands every import to the macro `$callback`, after what stands in the brackets.
macro_rules! for_each_import {
    ($callback:ident!($($context:tt)*)) => {
        $callback! { [$($context)*]
            data::input_read(into: i32, offset: i32, bytes: i32) -> ();
            data::output_write(from: i32, bytes: i32) -> ();
            data::finish(from: i32, bytes: i32) -> ();
            data::revert(from: i32, bytes: i32) -> ();
            data::buffer_bytes() -> i32;
            data::buffer_read(into: i32, offset: i32, bytes: i32) -> ();
            storage::storage_get(key: i32, key_bytes: i32) -> i32;
            storage::storage_put(key: i32, key_bytes: i32, value: i32, value_bytes: i32) -> ();
            storage::storage_delete(key: i32, key_bytes: i32) -> i32;
            storage::storage_scan(
                prefix: i32, prefix_bytes: i32, after: i32, after_bytes: i32, limit: i32
            ) -> i32;
            storage::counter_get(key: i32, key_bytes: i32, into: i32) -> ();
            storage::counter_add(key: i32, key_bytes: i32, amount: i32) -> i32;
            storage::counter_sub(key: i32, key_bytes: i32, amount: i32) -> i32;
            storage::transient_get(key: i32, into: i32) -> ();
            storage::transient_put(key: i32, value: i32) -> ();
            environment::caller(into: i32) -> ();
            environment::origin(into: i32) -> ();
            environment::contract(into: i32) -> ();
            environment::value(into: i32) -> ();
            storage::balance(address: i32, into: i32) -> ();
            storage::code_hash(address: i32, into: i32) -> i32;
            storage::transfer(to: i32, amount: i32) -> i32;
            control::call(
                to: i32, value: i32, input: i32, input_bytes: i32, gas: i64, flags: i32
            ) -> i32;
            control::deploy(
                kind: i32, code: i32, code_bytes: i32, arguments: i32, arguments_bytes: i32,
                value: i32, salt: i32, gas: i64, into: i32
            ) -> i32;
            storage::emit(topics: i32, topic_count: i32, data: i32, data_bytes: i32) -> ();
            object::object_create(owner_kind: i32, owner: i32, into: i32) -> i32;
            object::object_get(id: i32, into: i32) -> i32;
            object::object_field(id: i32, name: i32, name_bytes: i32) -> i32;
            object::object_set_field(
                id: i32, name: i32, name_bytes: i32, value: i32, value_bytes: i32
            ) -> i32;
            object::object_remove_field(id: i32, name: i32, name_bytes: i32) -> i32;
            object::object_set_owner(id: i32, owner_kind: i32, owner: i32) -> i32;
            object::object_delete(id: i32) -> i32;
            object::object_list(
                owner_kind: i32, owner: i32, after: i32, after_bytes: i32, limit: i32
            ) -> i32;
            environment::block_number() -> i64;
            environment::block_timestamp() -> i64;
            environment::block_gas_limit() -> i64;
            environment::block_beneficiary(into: i32) -> ();
            environment::block_base_fee(into: i32) -> ();
            environment::block_prevrandao(into: i32) -> ();
            environment::block_hash(number: i64, into: i32) -> ();
            environment::chain_id() -> i64;
            environment::gas_price(into: i32) -> ();
            environment::transaction_hash(into: i32) -> ();
            environment::gas_left() -> i64;
            environment::is_static() -> i32;
            crypto::keccak256(from: i32, bytes: i32, into: i32) -> ();
            crypto::sha256(from: i32, bytes: i32, into: i32) -> ();
            crypto::ripemd160(from: i32, bytes: i32, into: i32) -> ();
            crypto::blake3(from: i32, bytes: i32, into: i32) -> ();
            crypto::secp256k1_recover(
                hash: i32, signature: i32, recovery_id: i32, into: i32
            ) -> i32;
            crypto::secp256r1_verify(hash: i32, signature: i32, public_key: i32) -> i32;
            crypto::ed25519_verify(
                public_key: i32, signature: i32, message: i32, message_bytes: i32
            ) -> i32;
            data::debug(from: i32, bytes: i32) -> ();
        }
    };
}

/// Defines, for one engine, the function that puts every import into its linker. The first
/// context names the linker's and the caller's type; `enter` is the engine's own, which gives the
/// work a [`Call`](super::Call).
macro_rules! define_linker {
    ([$linker:ty, $caller:ty, $result:ident, $enter:path]
        $($room:ident::$name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        fn link(linker: &mut $linker) {
            $({
                let import = |mut caller: $caller, $($argument: $type),*| -> $result<$output> {
                    $enter(&mut caller, |call| {
                        crate::host::$room::$name(call, ($($argument.cast_unsigned(),)*))
                    })
                };
                linker
                    .func_wrap(crate::host::MODULE, stringify!($name), import)
                    .expect("invariant: the names of the imports differ");
            })*
        }
    };
}

macro_rules! define_signatures {
    ([] $($room:ident::$name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        /// What the host offers to modules.
        pub const IMPORTS: &[ImportSignature] = &[$(ImportSignature {
            module: super::MODULE,
            name: stringify!($name),
            parameters: &[$(<$type as Parameter>::TYPE),*],
            result: <$output as Output>::TYPE,
        },)*];
    };
}

for_each_import!(define_signatures!());

pub(crate) use {define_linker, for_each_import};

trait Parameter {
    const TYPE: ValueType;
}

impl Parameter for i32 {
    const TYPE: ValueType = ValueType::I32;
}

impl Parameter for i64 {
    const TYPE: ValueType = ValueType::I64;
}

trait Output {
    const TYPE: Option<ValueType>;
}

impl Output for () {
    const TYPE: Option<ValueType> = None;
}

impl Output for i32 {
    const TYPE: Option<ValueType> = Some(ValueType::I32);
}

impl Output for i64 {
    const TYPE: Option<ValueType> = Some(ValueType::I64);
}
