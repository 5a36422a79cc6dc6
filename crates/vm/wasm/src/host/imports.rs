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

/// The same for the functions of WASI, which only Go programs import.
macro_rules! for_each_wasi_import {
    ($callback:ident!($($context:tt)*)) => {
        $callback! { [$($context)*]
            wasi::sched_yield() -> i32;
            wasi::proc_exit(code: i32) -> ();
            wasi::args_get(items: i32, bytes: i32) -> i32;
            wasi::args_sizes_get(count: i32, bytes: i32) -> i32;
            wasi::environ_get(items: i32, bytes: i32) -> i32;
            wasi::environ_sizes_get(count: i32, bytes: i32) -> i32;
            wasi::clock_time_get(clock: i32, precision: i64, into: i32) -> i32;
            wasi::random_get(into: i32, bytes: i32) -> i32;
            wasi::poll_oneoff(subscriptions: i32, events: i32, count: i32, into: i32) -> i32;
            wasi::fd_write(file: i32, ranges: i32, count: i32, written: i32) -> i32;
            wasi::fd_read(file: i32, ranges: i32, count: i32, into: i32) -> i32;
            wasi::fd_close(file: i32) -> i32;
            wasi::fd_fdstat_get(file: i32, into: i32) -> i32;
            wasi::fd_fdstat_set_flags(file: i32, flags: i32) -> i32;
            wasi::fd_prestat_get(file: i32, into: i32) -> i32;
            wasi::fd_prestat_dir_name(file: i32, into: i32, bytes: i32) -> i32;
        }
    };
}

/// The same for the functions of Stylus (see [`stylus`](super::stylus)).
macro_rules! for_each_stylus_import {
    ($callback:ident!($($context:tt)*)) => {
        $callback! { [$($context)*]
            stylus::account_balance(address: i32, into: i32) -> ();
            stylus::account_codehash(address: i32, into: i32) -> ();
            stylus::block_basefee(into: i32) -> ();
            stylus::block_coinbase(into: i32) -> ();
            stylus::block_gas_limit() -> i64;
            stylus::block_number() -> i64;
            stylus::block_timestamp() -> i64;
            stylus::call_contract(
                to: i32, input: i32, input_bytes: i32, value: i32, gas: i64, output_bytes: i32
            ) -> i32;
            stylus::chainid() -> i64;
            stylus::contract_address(into: i32) -> ();
            stylus::create1(
                code: i32, code_bytes: i32, value: i32, into: i32, output_bytes: i32
            ) -> ();
            stylus::create2(
                code: i32, code_bytes: i32, value: i32, salt: i32, into: i32, output_bytes: i32
            ) -> ();
            stylus::delegate_call_contract(
                to: i32, input: i32, input_bytes: i32, gas: i64, output_bytes: i32
            ) -> i32;
            stylus::emit_log(data: i32, data_bytes: i32, topic_count: i32) -> ();
            stylus::evm_gas_left() -> i64;
            stylus::evm_ink_left() -> i64;
            stylus::exit_early(status: i32) -> ();
            stylus::math_add_mod(value: i32, addend: i32, modulus: i32) -> ();
            stylus::math_div(value: i32, divisor: i32) -> ();
            stylus::math_mod(value: i32, modulus: i32) -> ();
            stylus::math_mul_mod(value: i32, factor: i32, modulus: i32) -> ();
            stylus::math_pow(value: i32, exponent: i32) -> ();
            stylus::msg_reentrant() -> i32;
            stylus::msg_sender(into: i32) -> ();
            stylus::msg_value(into: i32) -> ();
            stylus::native_keccak256(from: i32, bytes: i32, into: i32) -> ();
            stylus::pay_for_memory_grow(pages: i32) -> ();
            stylus::read_args(into: i32) -> ();
            stylus::read_return_data(into: i32, offset: i32, bytes: i32) -> i32;
            stylus::return_data_size() -> i32;
            stylus::static_call_contract(
                to: i32, input: i32, input_bytes: i32, gas: i64, output_bytes: i32
            ) -> i32;
            stylus::storage_cache_bytes32(key: i32, value: i32) -> ();
            stylus::storage_flush_cache(clear: i32) -> ();
            stylus::storage_load_bytes32(key: i32, into: i32) -> ();
            stylus::transient_load_bytes32(key: i32, into: i32) -> ();
            stylus::transient_store_bytes32(key: i32, value: i32) -> ();
            stylus::tx_gas_price(into: i32) -> ();
            stylus::tx_ink_price() -> i32;
            stylus::tx_origin(into: i32) -> ();
            stylus::write_result(from: i32, bytes: i32) -> ();
        }
    };
}

/// The same for the functions of CosmWasm (see [`cosmwasm`](super::cosmwasm)).
macro_rules! for_each_cosmwasm_import {
    ($callback:ident!($($context:tt)*)) => {
        $callback! { [$($context)*]
            cosmwasm::db_read(key: i32) -> $crate::host::cosmwasm::Region;
            cosmwasm::db_write(key: i32, value: i32) -> ();
            cosmwasm::db_remove(key: i32) -> ();
            cosmwasm::db_scan(start: i32, end: i32, order: i32) -> i32;
            cosmwasm::db_next(scan: i32) -> $crate::host::cosmwasm::Region;
            cosmwasm::db_next_key(scan: i32) -> $crate::host::cosmwasm::Region;
            cosmwasm::db_next_value(scan: i32) -> $crate::host::cosmwasm::Region;
            cosmwasm::addr_validate(source: i32) -> $crate::host::cosmwasm::Region;
            cosmwasm::addr_canonicalize(
                source: i32, into: i32
            ) -> $crate::host::cosmwasm::Region;
            cosmwasm::addr_humanize(source: i32, into: i32) -> $crate::host::cosmwasm::Region;
            cosmwasm::secp256k1_verify(hash: i32, signature: i32, key: i32) -> i32;
            cosmwasm::secp256k1_recover_pubkey(
                hash: i32, signature: i32, parity: i32
            ) -> $crate::host::cosmwasm::Recovered;
            cosmwasm::secp256r1_verify(hash: i32, signature: i32, key: i32) -> i32;
            cosmwasm::secp256r1_recover_pubkey(
                hash: i32, signature: i32, parity: i32
            ) -> $crate::host::cosmwasm::Recovered;
            cosmwasm::ed25519_verify(message: i32, signature: i32, key: i32) -> i32;
            cosmwasm::ed25519_batch_verify(messages: i32, signatures: i32, keys: i32) -> i32;
            cosmwasm::bls12_381_aggregate_g1(points: i32, into: i32) -> i32;
            cosmwasm::bls12_381_aggregate_g2(points: i32, into: i32) -> i32;
            cosmwasm::bls12_381_pairing_equality(
                first: i32, second: i32, one: i32, other: i32
            ) -> i32;
            cosmwasm::bls12_381_hash_to_g1(
                function: i32, message: i32, domain: i32, into: i32
            ) -> i32;
            cosmwasm::bls12_381_hash_to_g2(
                function: i32, message: i32, domain: i32, into: i32
            ) -> i32;
            cosmwasm::debug(text: i32) -> ();
            cosmwasm::abort(text: i32) -> ();
            cosmwasm::query_chain(request: i32) -> $crate::host::cosmwasm::Region;
        }
    };
}

/// Defines, for one engine, the function that puts every import into its linker. The first
/// context names the function, the module, the linker's and the caller's type; `enter` is the
/// engine's own, which gives the work a [`Call`](super::Call).
macro_rules! define_linker {
    ([$link:ident, $module:path, $linker:ty, $caller:ty, $result:ident, $enter:path]
        $($room:ident::$name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        fn $link(linker: &mut $linker) {
            $({
                let import = |mut caller: $caller, $($argument: $type),*| -> $result<$output> {
                    $enter(&mut caller, |call| {
                        crate::host::$room::$name(call, ($($argument.cast_unsigned(),)*))
                    })
                };
                linker
                    .func_wrap($module, stringify!($name), import)
                    .expect("invariant: the names of the imports differ");
            })*
        }
    };
}

/// The same for imports that may hand back bytes, for which `place` has the guest make room.
macro_rules! define_placing_linker {
    ([$link:ident, $module:path, $linker:ty, $caller:ty, $result:ident, $enter:path, $place:path]
        $($room:ident::$name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        fn $link(linker: &mut $linker) {
            use crate::host::cosmwasm::Given;
            $({
                let import = |
                    mut caller: $caller,
                    $($argument: $type),*
                | -> $result<<$output as Given>::Wasm> {
                    let mut given: $output = $enter(&mut caller, |call| {
                        crate::host::$room::enter(call)?;
                        crate::host::$room::$name(call, ($($argument.cast_unsigned(),)*))
                    })?;
                    let pointer = match given.take() {
                        Some(bytes) => $place(&mut caller, &bytes)?,
                        None => 0,
                    };
                    Ok(given.join(pointer))
                };
                linker
                    .func_wrap($module, stringify!($name), import)
                    .expect("invariant: the names of the imports differ");
            })*
        }
    };
}

macro_rules! define_signatures {
    ([$(#[$doc:meta])* $visibility:vis $list:ident, $module:path]
        $($room:ident::$name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        $(#[$doc])*
        $visibility const $list: &[ImportSignature] = &[$(ImportSignature {
            module: $module,
            name: stringify!($name),
            parameters: &[$(<$type as Parameter>::TYPE),*],
            result: <$output as Output>::TYPE,
        },)*];
    };
}

for_each_import!(define_signatures!(
    /// What the host offers to modules.
    pub IMPORTS, super::MODULE
));
for_each_wasi_import!(define_signatures!(
    /// What the host offers to Go programs beside [`IMPORTS`].
    pub WASI_IMPORTS, super::wasi::MODULE
));
for_each_stylus_import!(define_signatures!(
    /// What the host offers to modules of Stylus.
    pub STYLUS_IMPORTS, super::stylus::MODULE
));
for_each_cosmwasm_import!(define_signatures!(
    /// What the host offers to modules of CosmWasm.
    pub COSMWASM_IMPORTS, super::cosmwasm::MODULE
));

pub(crate) use {
    define_linker, define_placing_linker, for_each_cosmwasm_import, for_each_import,
    for_each_stylus_import, for_each_wasi_import,
};

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

impl Output for super::cosmwasm::Region {
    const TYPE: Option<ValueType> = Some(ValueType::I32);
}

impl Output for super::cosmwasm::Recovered {
    const TYPE: Option<ValueType> = Some(ValueType::I64);
}
