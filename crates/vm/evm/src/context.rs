//! The concrete types of revm that a session is made of.

use std::{fmt, rc::Rc};

use journal::{Journal, ViewDatabase, ViewError};
use revm::{
    context::{BlockEnv, CfgEnv, Context, TxEnv, result::EVMError},
    context_interface::context::ContextError,
    handler::instructions::{EthInstructions, InstructionProvider},
    interpreter::{
        Instruction,
        instructions::{GasTable, InstructionTable},
        interpreter::EthInterpreter,
    },
};

use crate::{EvmConfig, Scope};

/// What the interpreter works on.
pub(crate) type EvmContext = Context<BlockEnv, TxEnv, CfgEnv, ViewDatabase, Journal, Scope>;

/// Why revm ended a transaction without a result.
pub(crate) type EvmError = EVMError<ViewError>;

/// Why revm ended a frame without a result.
pub(crate) type FrameError = ContextError<ViewError>;

/// The opcodes of a hardfork without those that are off, shared by all frames of a session.
#[derive(Clone)]
pub(crate) struct Instructions(Rc<EthInstructions<EthInterpreter, EvmContext>>);

impl Instructions {
    pub(crate) fn new(config: &EvmConfig) -> Self {
        let mut instructions = EthInstructions::new_mainnet_with_spec(config.spec());
        for opcode in config.disabled_opcodes.iter() {
            instructions.insert_instruction(opcode, Instruction::unknown(), 0);
        }
        Self(Rc::new(instructions))
    }
}

impl InstructionProvider for Instructions {
    type Context = EvmContext;
    type InterpreterTypes = EthInterpreter;

    #[inline]
    fn instruction_table(&self) -> &InstructionTable<EthInterpreter, EvmContext> {
        self.0.instruction_table()
    }

    #[inline]
    fn gas_table(&self) -> &GasTable {
        self.0.gas_table()
    }
}

impl fmt::Debug for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instructions").field(&self.0.spec).finish()
    }
}
