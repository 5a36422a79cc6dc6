//! The Solidity ABI: how values cross between contracts of all machines.
//!
//! Decoding is strict, as Solidity's own is: a boolean that is neither 0 nor 1, a small integer
//! with high bits, an address with more than twenty bytes or a length beyond the input is an error.

use alloc::{string::String, vec::Vec};

use crate::{
    Address, U256, host,
    text::{Json, Name},
};

/// Bytes of a word of the ABI.
pub const WORD_BYTES: usize = 32;

/// A type of the Solidity ABI.
pub trait AbiType: Sized {
    /// The canonical name: `uint256`, `(address,bool)[]`.
    const NAME: Name;
    /// The name in the JSON of an interface, where every struct is a `tuple`.
    const JSON_TYPE: Name = Self::NAME;
    /// The fields of the innermost struct as JSON, with a comma before; nothing for other types.
    const COMPONENTS: Json = Json::new();
    /// Whether the size depends on the value.
    const IS_DYNAMIC: bool = false;
    /// Bytes of a value whose size does not depend on it.
    const STATIC_BYTES: usize = WORD_BYTES;

    /// Appends the value, without the offset that stands for a dynamic value in its frame.
    fn encode_to(&self, out: &mut Vec<u8>);

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// [`Malformed`] where the input does not hold one.
    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed>;
}

/// A type that may be an indexed parameter of an event.
pub trait Topic: AbiType {
    /// The word that stands for the value among the topics.
    fn topic(&self) -> [u8; WORD_BYTES] {
        let mut word = Vec::new();
        self.encode_to(&mut word);
        let mut topic = [0; WORD_BYTES];
        topic.copy_from_slice(&word);
        topic
    }
}

/// Input that is not what the ABI asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// A byte string: `bytes` of Solidity. (`Vec<u8>` is `uint8[]`.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub Vec<u8>);

/// `N` bytes: `bytesN` of Solidity, `N` from 1 to 32. (`[u8; N]` is `uint8[N]`.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FixedBytes<const N: usize>(pub [u8; N]);

impl<const N: usize> Default for FixedBytes<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

/// A reader of one frame: offsets count from its start.
#[derive(Debug, Clone, Copy)]
pub struct Decoder<'a> {
    frame: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    /// A reader from the start of `frame`.
    #[must_use]
    pub const fn new(frame: &'a [u8]) -> Self {
        Self { frame, at: 0 }
    }

    /// Reads a value where it stands, or where the offset there points.
    ///
    /// # Errors
    ///
    /// [`Malformed`] where the input does not hold one.
    pub fn read<T: AbiType>(&mut self) -> Result<T, Malformed> {
        if !T::IS_DYNAMIC {
            return T::decode_from(self);
        }
        let offset = self.size()?;
        T::decode_from(&mut Self::new(self.frame.get(offset..).ok_or(Malformed)?))
    }

    /// The next word.
    ///
    /// # Errors
    ///
    /// [`Malformed`] at the end of the input.
    pub fn word(&mut self) -> Result<[u8; WORD_BYTES], Malformed> {
        let mut word = [0; WORD_BYTES];
        word.copy_from_slice(self.take(WORD_BYTES)?);
        Ok(word)
    }

    /// The next word as a length or an offset.
    fn size(&mut self) -> Result<usize, Malformed> {
        let number = U256::from_bytes(&self.word()?);
        let number = u64::try_from(number).map_err(|_| Malformed)?;
        u32::try_from(number).map(|size| size as usize).map_err(|_| Malformed)
    }

    fn take(&mut self, bytes: usize) -> Result<&'a [u8], Malformed> {
        let rest = self.frame.get(self.at..).ok_or(Malformed)?;
        let part = rest.get(..bytes).ok_or(Malformed)?;
        self.at += bytes;
        Ok(part)
    }
}

/// Encodes the arguments or results in a tuple.
#[must_use]
pub fn encode<T: AbiType>(values: &T) -> Vec<u8> {
    let mut out = Vec::new();
    values.encode_to(&mut out);
    out
}

/// Decodes the arguments or results into a tuple. Bytes behind the last value do no harm.
///
/// # Errors
///
/// [`Malformed`] where the input does not hold the values.
pub fn decode<T: AbiType>(input: &[u8]) -> Result<T, Malformed> {
    T::decode_from(&mut Decoder::new(input))
}

/// Encodes a call or an error: the selector, then the tuple of arguments.
#[must_use]
pub fn encode_call<T: AbiType>(selector: u32, arguments: &T) -> Vec<u8> {
    let mut out = selector.to_be_bytes().to_vec();
    arguments.encode_to(&mut out);
    out
}

/// Bytes that a value takes in the frame around it.
#[must_use]
pub const fn head_bytes<T: AbiType>() -> usize {
    if T::IS_DYNAMIC { WORD_BYTES } else { T::STATIC_BYTES }
}

/// Appends what stands for a value in its frame and returns where; [`encode_tail`] completes it.
pub fn encode_head<T: AbiType>(value: &T, out: &mut Vec<u8>) -> usize {
    let at = out.len();
    if T::IS_DYNAMIC {
        out.resize(at + WORD_BYTES, 0);
    } else {
        value.encode_to(out);
    }
    at
}

/// Appends a dynamic value and sets its offset at `head`, counted from `frame`.
pub fn encode_tail<T: AbiType>(value: &T, out: &mut Vec<u8>, head: usize, frame: usize) {
    if T::IS_DYNAMIC {
        let offset = U256::from((out.len() - frame) as u64).to_bytes();
        out[head..head + WORD_BYTES].copy_from_slice(&offset);
        value.encode_to(out);
    }
}

/// One parameter in the JSON of an interface.
#[must_use]
pub const fn parameter<T: AbiType>(name: &str) -> Json {
    Json::from("{\"name\":\"")
        .with(name)
        .with("\",\"type\":\"")
        .join(&T::JSON_TYPE)
        .with("\"")
        .join(&T::COMPONENTS)
        .with("}")
}

fn encode_size(size: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&U256::from(size as u64).to_bytes());
}

fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    encode_size(bytes.len(), out);
    out.extend_from_slice(bytes);
    let padded = out.len() + (WORD_BYTES - bytes.len() % WORD_BYTES) % WORD_BYTES;
    out.resize(padded, 0);
}

fn encode_items<T: AbiType>(items: &[T], out: &mut Vec<u8>) {
    let frame = out.len();
    let heads: Vec<usize> = items.iter().map(|item| encode_head(item, out)).collect();
    for (item, head) in items.iter().zip(heads) {
        encode_tail(item, out, head, frame);
    }
}

impl AbiType for U256 {
    const NAME: Name = Name::from("uint256");

    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_bytes());
    }

    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self::from_bytes(&input.word()?))
    }
}

impl AbiType for bool {
    const NAME: Name = Name::from("bool");

    fn encode_to(&self, out: &mut Vec<u8>) {
        u8::from(*self).encode_to(out);
    }

    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        match u8::decode_from(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }
}

impl AbiType for Address {
    const NAME: Name = Name::from("address");

    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(&self.evm_alias());
    }

    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let address = Self::new(input.word()?);
        if address.is_evm() { Ok(address) } else { Err(Malformed) }
    }
}

macro_rules! integers {
    ($($integer:ty: $name:literal),*) => {$(
        impl AbiType for $integer {
            const NAME: Name = Name::from($name);

            fn encode_to(&self, out: &mut Vec<u8>) {
                // The sign fills the word; for an unsigned type this comparison is never true.
                #[allow(unused_comparisons, reason = "one macro serves both kinds of integer")]
                let fill = if *self < 0 { 0xff } else { 0 };
                let bytes = self.to_be_bytes();
                out.resize(out.len() + WORD_BYTES - bytes.len(), fill);
                out.extend_from_slice(&bytes);
            }

            fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
                const BYTES: usize = size_of::<$integer>();
                let word = input.word()?;
                let mut bytes = [0; BYTES];
                bytes.copy_from_slice(&word[WORD_BYTES - BYTES..]);
                let number = <$integer>::from_be_bytes(bytes);
                #[allow(unused_comparisons, reason = "one macro serves both kinds of integer")]
                let fill = if number < 0 { 0xff } else { 0 };
                let clean = word[..WORD_BYTES - BYTES].iter().all(|byte| *byte == fill);
                if clean { Ok(number) } else { Err(Malformed) }
            }
        }

        impl Topic for $integer {}
    )*};
}
integers!(
    u8: "uint8", u16: "uint16", u32: "uint32", u64: "uint64", u128: "uint128",
    i8: "int8", i16: "int16", i32: "int32", i64: "int64", i128: "int128"
);

impl Topic for U256 {}
impl Topic for bool {}
impl Topic for Address {}
impl<const N: usize> Topic for FixedBytes<N> {}

impl Topic for String {
    fn topic(&self) -> [u8; WORD_BYTES] {
        host::keccak256(self.as_bytes())
    }
}

impl Topic for Bytes {
    fn topic(&self) -> [u8; WORD_BYTES] {
        host::keccak256(&self.0)
    }
}

impl AbiType for String {
    const NAME: Name = Name::from("string");
    const IS_DYNAMIC: bool = true;

    fn encode_to(&self, out: &mut Vec<u8>) {
        encode_bytes(self.as_bytes(), out);
    }

    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Self::from_utf8(Bytes::decode_from(input)?.0).map_err(|_| Malformed)
    }
}

impl AbiType for Bytes {
    const NAME: Name = Name::from("bytes");
    const IS_DYNAMIC: bool = true;

    fn encode_to(&self, out: &mut Vec<u8>) {
        encode_bytes(&self.0, out);
    }

    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let bytes = input.size()?;
        Ok(Self(input.take(bytes)?.to_vec()))
    }
}

impl<const N: usize> AbiType for FixedBytes<N> {
    const NAME: Name = {
        assert!(N >= 1 && N <= WORD_BYTES, "the ABI has bytes1 to bytes32");
        Name::from("bytes").with_number(N)
    };

    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
        out.resize(out.len() + WORD_BYTES - N, 0);
    }

    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let word = input.word()?;
        let mut bytes = [0; N];
        bytes.copy_from_slice(&word[..N]);
        if word[N..].iter().all(|byte| *byte == 0) { Ok(Self(bytes)) } else { Err(Malformed) }
    }
}

impl<T: AbiType> AbiType for Vec<T> {
    const NAME: Name = T::NAME.with("[]");
    const JSON_TYPE: Name = T::JSON_TYPE.with("[]");
    const COMPONENTS: Json = T::COMPONENTS;
    const IS_DYNAMIC: bool = true;

    fn encode_to(&self, out: &mut Vec<u8>) {
        encode_size(self.len(), out);
        encode_items(self, out);
    }

    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let count = input.size()?;
        let mut items = Decoder::new(input.frame.get(input.at..).ok_or(Malformed)?);
        // A length that the input cannot hold must not reserve memory.
        if count > items.frame.len() / head_bytes::<T>().max(1) {
            return Err(Malformed);
        }
        (0..count).map(|_| items.read()).collect()
    }
}

impl<T: AbiType, const N: usize> AbiType for [T; N] {
    const NAME: Name = T::NAME.with("[").with_number(N).with("]");
    const JSON_TYPE: Name = T::JSON_TYPE.with("[").with_number(N).with("]");
    const COMPONENTS: Json = T::COMPONENTS;
    const IS_DYNAMIC: bool = T::IS_DYNAMIC;
    const STATIC_BYTES: usize = T::STATIC_BYTES * N;

    fn encode_to(&self, out: &mut Vec<u8>) {
        encode_items(self, out);
    }

    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let items: Result<Vec<T>, Malformed> = (0..N).map(|_| input.read()).collect();
        items?.try_into().map_err(|_| Malformed)
    }
}

impl AbiType for () {
    const NAME: Name = Name::from("()");
    const JSON_TYPE: Name = Name::from("tuple");
    const COMPONENTS: Json = Json::from(",\"components\":[]");
    const STATIC_BYTES: usize = 0;

    fn encode_to(&self, _out: &mut Vec<u8>) {}

    fn decode_from(_input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(())
    }
}

macro_rules! tuples {
    ($(($first:ident $first_at:tt $(, $item:ident $at:tt)*);)*) => {$(
        impl<$first: AbiType $(, $item: AbiType)*> AbiType for ($first, $($item,)*) {
            const NAME: Name =
                Name::from("(").join(&$first::NAME)$(.with(",").join(&$item::NAME))*.with(")");
            const JSON_TYPE: Name = Name::from("tuple");
            const COMPONENTS: Json = Json::from(",\"components\":[")
                .join(&parameter::<$first>(""))
                $(.with(",").join(&parameter::<$item>("")))*
                .with("]");
            const IS_DYNAMIC: bool = $first::IS_DYNAMIC $(|| $item::IS_DYNAMIC)*;
            const STATIC_BYTES: usize = $first::STATIC_BYTES $(+ $item::STATIC_BYTES)*;

            fn encode_to(&self, out: &mut Vec<u8>) {
                let frame = out.len();
                let heads = [
                    encode_head(&self.$first_at, out),
                    $(encode_head(&self.$at, out),)*
                ];
                encode_tail(&self.$first_at, out, heads[$first_at], frame);
                $(encode_tail(&self.$at, out, heads[$at], frame);)*
            }

            fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
                Ok((input.read::<$first>()?, $(input.read::<$item>()?,)*))
            }
        }
    )*};
}
tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}
