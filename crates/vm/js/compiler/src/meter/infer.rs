//! Which expressions are certainly numbers, booleans, null or undefined.
//!
//! The operators of the language are cheap on such operands whatever they are, so they stay as they
//! are; all others go through a helper that looks at its operands and charges for long strings.

use std::collections::{BTreeMap, BTreeSet};

use oxc::{
    ast::{AstKind, ast::*},
    ast_visit::Visit,
    semantic::{Scoping, SymbolId},
    syntax::operator::{AssignmentOperator, BinaryOperator, UnaryOperator},
};

/// Rounds after which what is not settled counts as unknown.
const ROUNDS_MAX: usize = 16;
/// Characters of a literal that may be compared without a helper.
const SHORT_LITERAL_MAX: usize = 64;
/// Global functions that give a number or a boolean.
const NUMERIC_GLOBALS: [&str; 6] =
    ["Number", "Boolean", "isFinite", "isNaN", "parseFloat", "parseInt"];

/// One place where a variable gets a value.
enum Write<'a> {
    /// `v = e`, or the initial value.
    Plain(&'a Expression<'a>),
    /// `v op= e`.
    Compound(AssignmentOperator, &'a Expression<'a>),
    /// Nothing that changes whether it is cheap: `v++`, a declaration without a value.
    Neutral,
}

/// What is known of the variables of a source.
pub(super) struct Kinds<'s> {
    scoping: &'s Scoping,
    /// For each symbol, whether it certainly holds a cheap value; others are unknown.
    cheap: BTreeMap<SymbolId, bool>,
}

impl<'s> Kinds<'s> {
    pub(super) fn of<'a>(program: &Program<'a>, scoping: &'s Scoping) -> Self {
        let mut writes = Writes {
            scoping,
            found: BTreeMap::new(),
            counted: BTreeMap::new(),
            declared: BTreeSet::new(),
            iterated: BTreeSet::new(),
        };
        writes.visit_program(program);
        let Writes { found, counted, declared, iterated, .. } = writes;
        let mut cheap = BTreeMap::new();
        for symbol in declared.difference(&iterated) {
            let references = scoping.get_resolved_references(*symbol);
            let written = references.filter(|reference| reference.is_write()).count();
            let is_seen = counted.get(symbol).copied().unwrap_or(0) == written;
            cheap.insert(*symbol, is_seen && is_plain(scoping, *symbol));
        }
        let mut kinds = Self { scoping, cheap };
        kinds.settle(&found);
        kinds
    }

    /// Starts from the best and takes back what a write contradicts, until nothing changes.
    fn settle(&mut self, found: &BTreeMap<SymbolId, Vec<Write<'_>>>) {
        for _ in 0..ROUNDS_MAX {
            let is_wrong = |(symbol, writes): &(&SymbolId, &Vec<Write<'_>>)| {
                self.cheap.get(symbol) == Some(&true)
                    && !writes.iter().all(|write| self.keeps_cheap(write))
            };
            let wrong: Vec<SymbolId> =
                found.iter().filter(is_wrong).map(|(symbol, _)| *symbol).collect();
            if wrong.is_empty() {
                return;
            }
            for symbol in wrong {
                self.cheap.insert(symbol, false);
            }
        }
        self.cheap.clear();
    }

    fn keeps_cheap(&self, write: &Write<'_>) -> bool {
        match write {
            Write::Plain(value) => self.is_cheap(value),
            // The variable itself is taken to be cheap.
            Write::Compound(AssignmentOperator::Addition, value) => self.is_cheap(value),
            Write::Compound(operator, value) if operator.is_logical() => self.is_cheap(value),
            Write::Compound(..) | Write::Neutral => true,
        }
    }

    /// Whether a name certainly holds a number, a boolean, null or undefined.
    pub(super) fn is_cheap_variable(&self, name: &IdentifierReference<'_>) -> bool {
        match self.symbol(name) {
            Some(symbol) => self.cheap.get(&symbol) == Some(&true),
            None => ["undefined", "NaN", "Infinity"].contains(&name.name.as_str()),
        }
    }

    /// The variable that a name means; none for a global.
    pub(super) fn symbol(&self, name: &IdentifierReference<'_>) -> Option<SymbolId> {
        let reference = name.reference_id.get()?;
        self.scoping.get_reference(reference).symbol_id()
    }

    /// Whether the value is a number, a boolean, null or undefined, unless the evaluation throws.
    pub(super) fn is_cheap(&self, expression: &Expression<'_>) -> bool {
        match expression {
            Expression::NumericLiteral(_)
            | Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::PrivateInExpression(_) => true,
            Expression::Identifier(name) => self.is_cheap_variable(name),
            Expression::ParenthesizedExpression(inner) => self.is_cheap(&inner.expression),
            Expression::SequenceExpression(inner) => {
                inner.expressions.last().is_some_and(|last| self.is_cheap(last))
            }
            Expression::UnaryExpression(unary) => match unary.operator {
                UnaryOperator::Typeof => false,
                UnaryOperator::UnaryNegation | UnaryOperator::BitwiseNot => {
                    self.is_cheap(&unary.argument)
                }
                _ => true,
            },
            Expression::UpdateExpression(update) => match &update.argument {
                SimpleAssignmentTarget::AssignmentTargetIdentifier(name) => {
                    self.is_cheap_variable(name)
                }
                _ => false,
            },
            Expression::BinaryExpression(binary) => self.is_cheap_binary(binary),
            Expression::LogicalExpression(logical) => {
                self.is_cheap(&logical.left) && self.is_cheap(&logical.right)
            }
            Expression::ConditionalExpression(choice) => {
                self.is_cheap(&choice.consequent) && self.is_cheap(&choice.alternate)
            }
            Expression::AssignmentExpression(assignment) => match assignment.operator {
                AssignmentOperator::Assign => self.is_cheap(&assignment.right),
                _ => false,
            },
            Expression::CallExpression(call) => self.is_numeric_call(call),
            _ => false,
        }
    }

    fn is_cheap_binary(&self, binary: &BinaryExpression<'_>) -> bool {
        let (left, right) = (&binary.left, &binary.right);
        match binary.operator {
            BinaryOperator::Addition => self.is_cheap(left) && self.is_cheap(right),
            operator if operator.is_arithmetic() || operator.is_bitwise() => {
                // A BigInt does not mix with a number, so one number makes the result a number.
                operator == BinaryOperator::ShiftRightZeroFill
                    || self.is_cheap(left)
                    || self.is_cheap(right)
            }
            _ => true,
        }
    }

    fn is_numeric_call(&self, call: &CallExpression<'_>) -> bool {
        if call.optional {
            return false;
        }
        match &call.callee {
            Expression::Identifier(name) => {
                self.symbol(name).is_none() && NUMERIC_GLOBALS.contains(&name.name.as_str())
            }
            Expression::StaticMemberExpression(member) => match &member.object {
                Expression::Identifier(name) => {
                    self.symbol(name).is_none() && name.name == "Math" && !member.optional
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether comparing with it by `===` is quick, whatever the other side is.
    pub(super) fn is_quick_to_compare(&self, expression: &Expression<'_>) -> bool {
        match expression {
            Expression::StringLiteral(text) => text.value.len() <= SHORT_LITERAL_MAX,
            Expression::BigIntLiteral(_) => true,
            Expression::UnaryExpression(unary) => {
                unary.operator == UnaryOperator::Typeof || self.is_cheap(expression)
            }
            Expression::ParenthesizedExpression(inner) => {
                self.is_quick_to_compare(&inner.expression)
            }
            _ => self.is_cheap(expression),
        }
    }
}

fn is_plain(scoping: &Scoping, symbol: SymbolId) -> bool {
    let flags = scoping.symbol_flags(symbol);
    flags.is_variable()
        && !flags.is_function()
        && !flags.is_class()
        && !flags.is_import()
        && !flags.is_catch_variable()
        && scoping.symbol_redeclarations(symbol).is_empty()
}

/// Collects the writes of plain variables; of what is written in another way `counted` tells.
struct Writes<'a, 's> {
    scoping: &'s Scoping,
    found: BTreeMap<SymbolId, Vec<Write<'a>>>,
    counted: BTreeMap<SymbolId, usize>,
    /// Declared by name, not in a pattern and not as a parameter.
    declared: BTreeSet<SymbolId>,
    /// Declared in the head of a loop over values or keys.
    iterated: BTreeSet<SymbolId>,
}

impl<'a> Writes<'a, '_> {
    fn assigned(&mut self, name: &IdentifierReference<'a>, write: Write<'a>) {
        let reference = name.reference_id.get().map(|id| self.scoping.get_reference(id));
        if let Some(symbol) = reference.and_then(|reference| reference.symbol_id()) {
            *self.counted.entry(symbol).or_default() += 1;
            self.found.entry(symbol).or_default().push(write);
        }
    }

    fn declared(&mut self, declarator: &'a VariableDeclarator<'a>) {
        let BindingPattern::BindingIdentifier(name) = &declarator.id else { return };
        let Some(symbol) = name.symbol_id.get() else { return };
        self.declared.insert(symbol);
        let write = declarator.init.as_ref().map_or(Write::Neutral, Write::Plain);
        self.found.entry(symbol).or_default().push(write);
    }

    fn iterated(&mut self, left: &ForStatementLeft<'a>) {
        if let ForStatementLeft::VariableDeclaration(declaration) = left {
            for declarator in &declaration.declarations {
                self.iterated.extend(declarator.id.get_symbol_ids());
            }
        }
    }
}

impl<'a> Visit<'a> for Writes<'a, '_> {
    fn enter_node(&mut self, kind: AstKind<'a>) {
        match kind {
            AstKind::AssignmentExpression(assignment) => {
                if let AssignmentTarget::AssignmentTargetIdentifier(name) = &assignment.left {
                    let write = match assignment.operator {
                        AssignmentOperator::Assign => Write::Plain(&assignment.right),
                        operator => Write::Compound(operator, &assignment.right),
                    };
                    self.assigned(name, write);
                }
            }
            AstKind::UpdateExpression(update) => {
                if let SimpleAssignmentTarget::AssignmentTargetIdentifier(name) = &update.argument {
                    self.assigned(name, Write::Neutral);
                }
            }
            AstKind::VariableDeclarator(declarator) => self.declared(declarator),
            AstKind::ForOfStatement(statement) => self.iterated(&statement.left),
            AstKind::ForInStatement(statement) => self.iterated(&statement.left),
            _ => {}
        }
    }
}
