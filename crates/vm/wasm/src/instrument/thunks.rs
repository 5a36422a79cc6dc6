//! The functions between a module and its host, which know nothing of the counters in parameters.

use wasm_encoder::{BlockType, Function, Instruction, ValType};

use super::function::Context;
use super::points::OUT_OF_GAS;

/// The parameters that a function has behind its own: the points and the slots that are left.
pub(super) const COUNTERS: [ValType; 2] = [POINTS, ValType::I32];

/// The result that a function has behind its own: the points that are left.
pub(super) const POINTS: ValType = ValType::I64;

/// What the host calls in place of a function that the module exports. A function may return with
/// a debt, which ends here.
pub(super) fn from_host(function: u32, parameters: u32, context: Context<'_>) -> Function {
    use Instruction as I;
    let mut thunk = Function::new([]);
    let mut instructions = thunk.instructions();
    for parameter in 0..parameters {
        instructions.local_get(parameter);
    }
    instructions.global_get(context.gas).global_get(context.stack).call(function);
    instructions.global_set(context.gas);
    check(&mut thunk, &I::GlobalGet(context.gas), context);
    thunk.instruction(&I::End);
    thunk
}

/// What stands in the table in place of a function of the host.
pub(super) fn to_host(function: u32, parameters: u32, context: Context<'_>) -> Function {
    use Instruction as I;
    let mut thunk = Function::new([]);
    check(&mut thunk, &I::LocalGet(parameters), context);
    let mut instructions = thunk.instructions();
    instructions.local_get(parameters).global_set(context.gas);
    for parameter in 0..parameters {
        instructions.local_get(parameter);
    }
    instructions.call(function).global_get(context.gas).end();
    thunk
}

/// Ends the call where the points are below zero.
fn check(thunk: &mut Function, points: &Instruction<'_>, context: Context<'_>) {
    use Instruction as I;
    thunk.instruction(points).instruction(&I::I64Const(0)).instruction(&I::I64LtS);
    thunk.instruction(&I::If(BlockType::Empty)).instruction(&I::I64Const(OUT_OF_GAS));
    thunk.instruction(&I::GlobalSet(context.gas)).instruction(&I::Unreachable);
    thunk.instruction(&I::End);
}
