//! The prices of the host's operations: one table per version, part of the chain's rules.

use primitives::Gas;

/// Prices in gas. The unit is Ethereum's; a price that Ethereum has for the same work is
/// Ethereum's price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The version, part of the chain configuration.
    pub version: u32,
    /// Reading a record or an account the first time in a transaction (EIP-2929).
    pub cold_access: Gas,
    /// Reading it again (EIP-2929).
    pub warm_access: Gas,
    /// Each 32 bytes, begun, of a value that is read.
    pub read_word: Gas,
    /// Making a record (EIP-2200's `SSTORE_SET`).
    pub write_new: Gas,
    /// Changing or removing a record (EIP-2200's `SSTORE_RESET`, less the cold access).
    pub write_existing: Gas,
    /// Each 32 bytes, begun, of key and value that are written beyond the first 64 bytes.
    pub write_word: Gas,
    /// Getting or setting a transient word (EIP-1153).
    pub transient_access: Gas,
    /// A scan, before its first record.
    pub scan_base: Gas,
    /// Each record of a scan, beside its words.
    pub scan_record: Gas,
    /// A call that carries coin (EIP-150).
    pub call_value: Gas,
    /// What the callee gets on top of a call that carries coin.
    pub call_stipend: Gas,
    /// Coin for an identity that did not exist (EIP-161).
    pub new_account: Gas,
    /// Making a contract (EIP-150's `CREATE`).
    pub deploy_base: Gas,
    /// Each byte of code that is stored (EIP-170's code deposit).
    pub deploy_byte: Gas,
    /// Each byte of code that is checked and compiled.
    pub compile_byte: Gas,
    /// An event.
    pub log_base: Gas,
    /// Each topic of an event.
    pub log_topic: Gas,
    /// Each byte of an event's data.
    pub log_byte: Gas,
    /// The hash of a block.
    pub block_hash: Gas,
    /// A hash, before its first word: keccak256.
    pub keccak256_base: Gas,
    /// Each 32 bytes, begun, of keccak256's input.
    pub keccak256_word: Gas,
    /// A hash, before its first word: sha-256.
    pub sha256_base: Gas,
    /// Each 32 bytes, begun, of sha-256's input.
    pub sha256_word: Gas,
    /// A hash, before its first word: ripemd-160.
    pub ripemd160_base: Gas,
    /// Each 32 bytes, begun, of ripemd-160's input.
    pub ripemd160_word: Gas,
    /// A hash, before its first word: blake3.
    pub blake3_base: Gas,
    /// Each 32 bytes, begun, of blake3's input.
    pub blake3_word: Gas,
    /// Recovering a secp256k1 public key from a signature.
    pub secp256k1_recover: Gas,
    /// Checking an ed25519 signature.
    pub ed25519_verify: Gas,
    /// Checking a secp256r1 signature (EIP-7951).
    pub secp256r1_verify: Gas,
    /// Reading a point of the first group of BLS12-381 and adding it (EIP-2537's multiplication,
    /// which checks the subgroup too).
    pub bls12_381_g1_point: Gas,
    /// The same in the second group.
    pub bls12_381_g2_point: Gas,
    /// A check of pairings, before its first pair (EIP-2537).
    pub bls12_381_pairing_base: Gas,
    /// Each pair of a check of pairings (EIP-2537).
    pub bls12_381_pairing_pair: Gas,
    /// Hashing to the first group: two maps (EIP-2537), beside the hash.
    pub bls12_381_hash_to_g1: Gas,
    /// Hashing to the second group.
    pub bls12_381_hash_to_g2: Gas,
    /// Reading or writing each 32 bytes, begun, of JSON for a guest.
    pub json_word: Gas,
    /// Copying each 32 bytes, begun, between guest and host.
    pub copy_word: Gas,
    /// An operation that only reads the environment.
    pub environment: Gas,
    /// An operation on words of 256 bits that a host does for a guest (the EVM's `MULMOD`).
    pub word_arithmetic: Gas,
    /// Each byte of an exponent (EIP-160).
    pub exponent_byte: Gas,
    /// A line of debug output, beside its words.
    pub debug_base: Gas,
    /// An operation on a state object, beside the records that it reads and writes.
    pub object_base: Gas,
    /// Checking each 32 bytes, begun, of a value for a field of a state object.
    pub object_check_word: Gas,
    /// A call of a native contract, beside the words of its input and output and what it does.
    pub native_call: Gas,
}

/// Bytes of the number in a counter.
const COUNTER_BYTES: usize = 32;

/// The first version.
pub const SCHEDULE_V1: Schedule = Schedule {
    version: 1,
    cold_access: Gas(2_100),
    warm_access: Gas(100),
    read_word: Gas(3),
    write_new: Gas(20_000),
    write_existing: Gas(2_900),
    write_word: Gas(640),
    transient_access: Gas(100),
    scan_base: Gas(2_100),
    scan_record: Gas(200),
    call_value: Gas(9_000),
    call_stipend: Gas(2_300),
    new_account: Gas(25_000),
    deploy_base: Gas(32_000),
    deploy_byte: Gas(50),
    compile_byte: Gas(20),
    log_base: Gas(375),
    log_topic: Gas(375),
    log_byte: Gas(8),
    block_hash: Gas(20),
    keccak256_base: Gas(30),
    keccak256_word: Gas(6),
    sha256_base: Gas(60),
    sha256_word: Gas(12),
    ripemd160_base: Gas(600),
    ripemd160_word: Gas(120),
    blake3_base: Gas(60),
    blake3_word: Gas(6),
    secp256k1_recover: Gas(3_000),
    ed25519_verify: Gas(3_000),
    secp256r1_verify: Gas(6_900),
    bls12_381_g1_point: Gas(12_000),
    bls12_381_g2_point: Gas(22_500),
    bls12_381_pairing_base: Gas(37_700),
    bls12_381_pairing_pair: Gas(32_600),
    bls12_381_hash_to_g1: Gas(11_000),
    bls12_381_hash_to_g2: Gas(47_600),
    json_word: Gas(24),
    copy_word: Gas(3),
    environment: Gas(2),
    word_arithmetic: Gas(8),
    exponent_byte: Gas(50),
    debug_base: Gas(100),
    object_base: Gas(100),
    object_check_word: Gas(12),
    native_call: Gas(300),
};

impl Default for Schedule {
    fn default() -> Self {
        SCHEDULE_V1
    }
}

/// How many words of 32 bytes `bytes` begin.
#[must_use]
pub const fn words(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(32)
}

impl Schedule {
    /// What reading a value of `value_bytes` costs.
    #[must_use]
    pub fn read(&self, is_cold: bool, value_bytes: usize) -> Gas {
        let access = if is_cold { self.cold_access } else { self.warm_access };
        access.saturating_add(self.read_word.saturating_mul(words(value_bytes)))
    }

    /// What writing a record costs, beside a cold access: `existed` tells whether the key had one,
    /// `record_bytes` is the length of key and value.
    #[must_use]
    pub fn write(&self, is_cold: bool, existed: bool, record_bytes: usize) -> Gas {
        let access = if is_cold { self.cold_access } else { Gas::ZERO };
        let base = if existed { self.write_existing } else { self.write_new };
        let more = self.write_word.saturating_mul(words(record_bytes.saturating_sub(64)));
        access.saturating_add(base).saturating_add(more)
    }

    /// What reading a counter costs: the same for every number, zero among them.
    #[must_use]
    pub fn counter_read(&self, is_cold: bool) -> Gas {
        self.read(is_cold, COUNTER_BYTES)
    }

    /// What changing a counter under a key of `key_bytes` costs, beside a cold access: as much as
    /// writing a record of its size, also where the change does not fit. `makes` tells whether a
    /// counter that was zero is added to.
    #[must_use]
    pub fn counter_change(&self, makes: bool, key_bytes: usize) -> Gas {
        self.write(false, !makes, key_bytes.saturating_add(COUNTER_BYTES))
    }

    /// What an event costs.
    #[must_use]
    pub fn log(&self, topics: usize, data_bytes: usize) -> Gas {
        self.log_base
            .saturating_add(self.log_topic.saturating_mul(topics as u64))
            .saturating_add(self.log_byte.saturating_mul(data_bytes as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_record_costs_what_a_slot_costs() {
        let schedule = Schedule::default();
        assert_eq!(schedule.write(true, false, 64), Gas(22_100));
        assert_eq!(schedule.write(true, true, 64), Gas(5_000));
        assert_eq!(schedule.write(false, true, 64 + 33), Gas(2_900 + 2 * 640));
        assert_eq!(schedule.read(false, 32), Gas(103));
        assert_eq!(schedule.counter_change(true, 32), schedule.write(false, false, 64));
        assert_eq!(schedule.counter_change(false, 33), Gas(2_900 + 640));
        assert_eq!(schedule.counter_read(true), Gas(2_103));
    }
}
