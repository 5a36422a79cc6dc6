//! Operators, calls and literals.

use oxc::{
    ast::ast::*,
    ast_visit::Visit,
    span::GetSpan,
    syntax::operator::{BinaryOperator, UnaryOperator},
};

use super::{MERGED_GAS_MAX, Meter, Text};
use crate::cost::{ARRAY, Cost, ELEMENT, OBJECT, OPERATION, PROPERTY, SIMPLE, TEMPLATE};

/// The helper of an operator of two operands; none where the language's own is always quick.
pub(super) const fn binary_helper(operator: BinaryOperator) -> Option<&'static str> {
    Some(match operator {
        BinaryOperator::Addition => "add",
        BinaryOperator::Subtraction => "sub",
        BinaryOperator::Multiplication => "mul",
        BinaryOperator::Division => "div",
        BinaryOperator::Remainder => "mod",
        BinaryOperator::Exponential => "pow",
        BinaryOperator::ShiftLeft => "shl",
        BinaryOperator::ShiftRight => "shr",
        BinaryOperator::ShiftRightZeroFill => "ushr",
        BinaryOperator::BitwiseAnd => "and",
        BinaryOperator::BitwiseOR => "or",
        BinaryOperator::BitwiseXOR => "xor",
        BinaryOperator::LessThan => "lt",
        BinaryOperator::LessEqualThan => "le",
        BinaryOperator::GreaterThan => "gt",
        BinaryOperator::GreaterEqualThan => "ge",
        BinaryOperator::Equality => "eq",
        BinaryOperator::Inequality => "ne",
        BinaryOperator::StrictEquality => "same",
        BinaryOperator::StrictInequality => "differ",
        BinaryOperator::In | BinaryOperator::Instanceof => return None,
    })
}

impl<'a> Meter<'_> {
    /// A name: the linker may have put another expression in its place.
    pub(super) fn name(&mut self, it: &IdentifierReference<'a>) {
        self.add(SIMPLE);
        if let Some(text) = self.renamed(it) {
            let text = format!("(0,{text})");
            self.splice.replace(self.source, it.span.start, it.span.end, &text);
        }
    }

    /// What stands for a name, where the linker says so.
    pub(super) fn renamed(&self, it: &IdentifierReference<'a>) -> Option<&str> {
        let symbol = self.kinds.symbol(it)?;
        self.links.renamed.get(&symbol).map(String::as_str)
    }

    pub(super) fn binary(&mut self, it: &BinaryExpression<'a>) {
        self.add(OPERATION);
        let (left, right) = (it.left.span(), it.right.span());
        if it.operator == BinaryOperator::In {
            self.key(&it.left);
            self.visit_expression(&it.right);
            return;
        }
        let Some(helper) = binary_helper(it.operator).filter(|_| !self.is_quick(it)) else {
            self.visit_expression(&it.left);
            self.visit_expression(&it.right);
            return;
        };
        self.splice.insert(left.start, format!("$__{helper}("));
        self.visit_expression(&it.left);
        self.splice.replace(self.source, left.end, right.start, ",");
        self.visit_expression(&it.right);
        self.splice.insert(right.end, ")");
    }

    /// Whether the operator takes constant time on whatever its operands can be.
    fn is_quick(&self, it: &BinaryExpression<'a>) -> bool {
        let (left, right) = (&it.left, &it.right);
        match it.operator {
            // Powers of numbers differ between engines.
            BinaryOperator::Exponential => false,
            BinaryOperator::StrictEquality | BinaryOperator::StrictInequality => {
                self.kinds.is_quick_to_compare(left) || self.kinds.is_quick_to_compare(right)
            }
            BinaryOperator::Equality | BinaryOperator::Inequality => {
                left.is_null()
                    || right.is_null()
                    || self.kinds.is_cheap(left) && self.kinds.is_cheap(right)
            }
            _ => self.kinds.is_cheap(left) && self.kinds.is_cheap(right),
        }
    }

    pub(super) fn unary(&mut self, it: &UnaryExpression<'a>) {
        self.add(OPERATION);
        let helper = match it.operator {
            UnaryOperator::UnaryNegation => "neg",
            UnaryOperator::UnaryPlus => "plus",
            UnaryOperator::BitwiseNot => "not",
            _ => return self.visit_expression(&it.argument),
        };
        let argument = it.argument.span();
        let is_literal = matches!(it.argument, Expression::BigIntLiteral(_))
            && it.operator == UnaryOperator::UnaryNegation;
        if is_literal || self.kinds.is_cheap(&it.argument) {
            return self.visit_expression(&it.argument);
        }
        let text = format!("$__{helper}(");
        self.splice.replace(self.source, it.span.start, argument.start, &text);
        self.visit_expression(&it.argument);
        self.splice.insert(argument.end, ")");
    }

    /// An expression that is evaluated or not: becomes `(charge,expression)`.
    pub(super) fn arm(&mut self, it: &Expression<'a>) {
        let span = it.span();
        let region = self.splice.open();
        self.splice.put(span.start, Text::Kept(region, "("));
        self.splice.put(span.start, Text::Charge(region));
        self.splice.put(span.start, Text::Kept(region, ","));
        self.visit_expression(it);
        self.splice.put(span.end, Text::Kept(region, ")"));
        self.splice.close();
        self.splice.merge_if_small(region, MERGED_GAS_MAX);
    }

    /// A key in brackets: a long text must not become a property for nothing.
    pub(super) fn key(&mut self, it: &Expression<'a>) {
        if self.is_plain_key(it) {
            return self.argument(it);
        }
        let span = it.span();
        self.splice.insert(span.start, "$__key(");
        self.argument(it);
        self.splice.insert(span.end, ")");
    }

    /// An expression that becomes one argument of a helper, though it may have commas.
    pub(super) fn argument(&mut self, it: &Expression<'a>) {
        let span = it.span();
        let has_commas = matches!(it, Expression::SequenceExpression(_));
        if has_commas {
            self.splice.insert(span.start, "(");
        }
        self.visit_expression(it);
        if has_commas {
            self.splice.insert(span.end, ")");
        }
    }

    /// Whether an expression is certainly a number, a symbol of the language or a literal.
    pub(super) fn is_plain_key(&mut self, it: &Expression<'a>) -> bool {
        match it {
            Expression::StringLiteral(text) => {
                let name = text.value.as_str();
                if name == "__proto__" {
                    self.refuse(text.span.start, "`__proto__` is not part of contracts");
                }
                true
            }
            Expression::StaticMemberExpression(member) => match &member.object {
                Expression::Identifier(name) => {
                    name.name == "Symbol" && self.kinds.symbol(name).is_none()
                }
                _ => false,
            },
            _ => self.kinds.is_cheap(it),
        }
    }

    pub(super) fn property_key(&mut self, key: &PropertyKey<'a>, is_computed: bool) {
        match key.as_expression() {
            Some(expression) if is_computed => {
                if self.is_parameter {
                    let what = "a computed key in a parameter: take the property in the body";
                    self.refuse(expression.span().start, what);
                }
                self.key(expression);
            }
            _ => self.add(SIMPLE),
        }
    }

    pub(super) fn arguments(&mut self, arguments: &[Argument<'a>]) {
        for argument in arguments {
            match argument {
                Argument::SpreadElement(spread) => self.spread(spread, "args"),
                _ => self.visit_argument(argument),
            }
        }
    }

    fn spread(&mut self, it: &SpreadElement<'a>, helper: &str) {
        let span = it.argument.span();
        self.add(OPERATION);
        self.splice.insert(span.start, format!("$__{helper}("));
        self.visit_expression(&it.argument);
        self.splice.insert(span.end, ")");
    }

    pub(super) fn array(&mut self, it: &ArrayExpression<'a>) {
        self.add(ARRAY);
        for element in &it.elements {
            self.add(ELEMENT);
            match element {
                ArrayExpressionElement::SpreadElement(spread) => self.spread(spread, "spread"),
                _ => self.visit_array_expression_element(element),
            }
        }
    }

    pub(super) fn object(&mut self, it: &ObjectExpression<'a>) {
        self.add(OBJECT);
        for property in &it.properties {
            self.add(PROPERTY);
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => self.spread(spread, "own"),
                ObjectPropertyKind::ObjectProperty(property) => self.property(property),
            }
        }
    }

    fn property(&mut self, it: &ObjectProperty<'a>) {
        self.property_key(&it.key, it.computed);
        let is_prototype = !it.computed
            && !it.shorthand
            && !it.method
            && it.key.is_specific_static_name("__proto__")
            && !it.value.is_null();
        if is_prototype {
            self.refuse(it.span.start, "`__proto__` takes nothing but null: use Object.create");
        }
        if let (true, Expression::Identifier(name)) = (it.shorthand, &it.value)
            && self.renamed(name).is_some()
        {
            self.splice.insert(it.span.start, format!("{}:", name.name));
        }
        self.visit_expression(&it.value);
    }

    pub(super) fn template(&mut self, it: &TemplateLiteral<'a>) {
        self.add(TEMPLATE);
        for part in &it.quasis {
            self.add(Cost::gas(1 + crate::cost::per_length(part.value.raw.len() as u64)));
        }
        if it.expressions.is_empty() {
            return;
        }
        self.splice.insert(it.span.start, "$__cat(");
        let mut end = it.span.start;
        for (expression, part) in it.expressions.iter().zip(&it.quasis) {
            let span = expression.span();
            // The text between is `…${`, which becomes a literal of its own.
            let text = self.text(end, span.start);
            let dollar = text.rfind("${").unwrap_or_default();
            let at = end + u32::try_from(dollar).unwrap_or_default();
            debug_assert!(part.span.start <= at);
            self.splice.replace(self.source, at, span.start, "`,");
            self.argument(expression);
            let brace = self.closing_brace(span.end);
            self.splice.replace(self.source, span.end, brace + 1, ",`");
            end = brace + 1;
        }
        self.splice.insert(it.span.end, ")");
    }

    /// Where the `}` is that ends the part of a template after `offset`.
    fn closing_brace(&self, offset: u32) -> u32 {
        let rest = self.source.get(offset as usize..).unwrap_or_default();
        let spaces = rest.find('}').expect("invariant: a part of a template ends with a brace");
        offset + u32::try_from(spaces).unwrap_or_default()
    }
}
