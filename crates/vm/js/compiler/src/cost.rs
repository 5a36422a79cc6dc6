//! What the constructs of the language cost, in gas and in bytes of memory.
//!
//! The table is part of the rules of a chain: it changes with [`ABI_VERSION`](crate::abi) alone.

/// What one evaluation of a construct costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Gas, without that of the memory.
    pub gas: u64,
    /// Bytes that it allocates.
    pub memory: u64,
}

impl Cost {
    /// So much gas and no memory.
    #[must_use]
    pub const fn gas(gas: u64) -> Self {
        Self { gas, memory: 0 }
    }

    /// So much gas, and so many bytes.
    #[must_use]
    pub const fn new(gas: u64, memory: u64) -> Self {
        Self { gas, memory }
    }

    /// The gas of both.
    #[must_use]
    pub const fn total_gas(self) -> u64 {
        self.gas + self.memory.div_ceil(BYTES_PER_GAS)
    }
}

impl core::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.gas += other.gas;
        self.memory += other.memory;
    }
}

/// Bytes of memory that one gas buys.
pub const BYTES_PER_GAS: u64 = 8;
/// Characters of a string that one gas reads, copies or compares.
pub const CHARACTERS_PER_GAS: u64 = 32;

/// Entering any region: a function, an arm, the body of a loop.
pub const REGION: Cost = Cost::gas(1);
/// A name, `this`, a number, a boolean, null, a declaration, a simple statement.
pub const SIMPLE: Cost = Cost::gas(1);
/// An operator of one or two operands, an assignment, a condition.
pub const OPERATION: Cost = Cost::gas(2);
/// Reading a property.
pub const MEMBER: Cost = Cost::gas(3);
/// A call or a construction, beside what is called.
pub const CALL: Cost = Cost::gas(8);
/// An object that a construction makes.
pub const INSTANCE: Cost = Cost::new(4, 96);
/// An object literal, beside its properties.
pub const OBJECT: Cost = Cost::new(4, 96);
/// A property of an object literal or a class.
pub const PROPERTY: Cost = Cost::new(2, 32);
/// An array literal, beside its elements.
pub const ARRAY: Cost = Cost::new(4, 96);
/// An element of an array literal.
pub const ELEMENT: Cost = Cost::new(1, 16);
/// A function as a value.
pub const FUNCTION: Cost = Cost::new(4, 128);
/// A class, beside its members.
pub const CLASS: Cost = Cost::new(40, 512);
/// A member of a class.
pub const CLASS_MEMBER: Cost = Cost::new(4, 160);
/// A loop over an iterator or over keys, before its first round.
pub const ITERATION: Cost = Cost::new(8, 128);
/// Entering a handler: `catch`, `finally`.
pub const HANDLER: Cost = Cost::gas(4);
/// A name that a pattern takes out of a value.
pub const PATTERN: Cost = Cost::gas(4);
/// A template literal, beside its parts.
pub const TEMPLATE: Cost = Cost::new(4, 32);

/// The gas of reading, copying or comparing so many characters.
#[must_use]
pub const fn per_length(characters: u64) -> u64 {
    characters.div_ceil(CHARACTERS_PER_GAS)
}
