//! The price of each node of the syntax tree by itself.

use oxc::ast::AstKind;

use crate::cost::{Cost, MEMBER, OPERATION, PATTERN, SIMPLE, per_length};

/// What a node costs, without its children. Nodes that [`super::Meter`] handles itself are not
/// here.
pub(super) fn of(kind: AstKind<'_>) -> Cost {
    match kind {
        AstKind::ThisExpression(_)
        | AstKind::NumericLiteral(_)
        | AstKind::BooleanLiteral(_)
        | AstKind::NullLiteral(_)
        | AstKind::BigIntLiteral(_)
        | AstKind::NewTarget(_)
        | AstKind::Super(_)
        | AstKind::ThrowStatement(_)
        | AstKind::BreakStatement(_)
        | AstKind::ContinueStatement(_)
        | AstKind::LabeledStatement(_) => SIMPLE,
        AstKind::StringLiteral(text) => Cost::gas(1 + per_length(text.value.len() as u64)),
        AstKind::StaticMemberExpression(_) | AstKind::PrivateFieldExpression(_) => MEMBER,
        AstKind::PrivateInExpression(_) => OPERATION,
        AstKind::BindingProperty(_)
        | AstKind::BindingRestElement(_)
        | AstKind::AssignmentTargetPropertyProperty(_)
        | AstKind::AssignmentTargetRest(_) => PATTERN,
        _ => Cost::default(),
    }
}
