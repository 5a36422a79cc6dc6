//! Assignments that read before they write: `a += b`, `a.b ||= c`, `a[b]++`.
//!
//! The target is evaluated once and before the value, as the language says. Where it has parts that
//! may do something, they are kept in `$__x` and `$__y`; what stands between keeping and using them
//! runs no code of the author, so one pair is enough for all.

use oxc::{
    ast::ast::*,
    ast_visit::Visit,
    span::{GetSpan, Span},
    syntax::operator::{AssignmentOperator, UpdateOperator},
};

use super::{Meter, Text, expressions::binary_helper};
use crate::cost::{CALL, MEMBER, OPERATION};

impl<'a> Meter<'_> {
    pub(super) fn assignment(&mut self, it: &AssignmentExpression<'a>) {
        self.add(OPERATION);
        self.target_is_no_prototype(&it.left);
        match it.operator {
            AssignmentOperator::Assign => self.plain_assignment(it),
            operator if operator.is_logical() => {
                self.visit_assignment_target(&it.left);
                self.named_value(&it.right);
            }
            operator => {
                let helper = operator.to_binary_operator().and_then(binary_helper);
                let helper = helper.expect("invariant: what is not logical is a binary operator");
                self.compound(it, helper);
            }
        }
    }

    /// An arm, unless it is a function or class that takes its name from where it is put.
    fn named_value(&mut self, it: &Expression<'a>) {
        if it.is_anonymous_function_definition() {
            return self.visit_expression(it);
        }
        self.arm(it);
    }

    fn plain_assignment(&mut self, it: &AssignmentExpression<'a>) {
        let rest = match &it.left {
            AssignmentTarget::ObjectAssignmentTarget(target) if target.rest.is_some() => "own",
            AssignmentTarget::ArrayAssignmentTarget(target) if target.rest.is_some() => "spread",
            _ => {
                self.visit_assignment_target(&it.left);
                return self.visit_expression(&it.right);
            }
        };
        self.may_rest = true;
        self.visit_assignment_target(&it.left);
        self.may_rest = false;
        let span = it.right.span();
        self.splice.insert(span.start, format!("$__{rest}("));
        self.visit_expression(&it.right);
        self.splice.insert(span.end, ")");
    }

    fn compound(&mut self, it: &AssignmentExpression<'a>, helper: &str) {
        let (left, right) = (it.left.span(), it.right.span());
        let Some(read) = self.kept_target(&it.left, it) else {
            // Cheap operands: the operator of the language does.
            self.visit_assignment_target(&it.left);
            return self.visit_expression(&it.right);
        };
        let text = format!("=$__{helper}({read},");
        self.splice.replace(self.source, left.end, right.start, &text);
        self.visit_expression(&it.right);
        self.splice.insert(right.end, ")");
    }

    /// Writes the target of `a op= b` and gives what reads it again; none where nothing is to do.
    fn kept_target(
        &mut self,
        left: &AssignmentTarget<'a>,
        it: &AssignmentExpression<'a>,
    ) -> Option<String> {
        if let AssignmentTarget::AssignmentTargetIdentifier(name) = left {
            let is_quick = self.kinds.is_cheap_variable(name)
                && self.kinds.is_cheap(&it.right)
                && it.operator != AssignmentOperator::Exponential;
            if is_quick {
                return None;
            }
            self.name(name);
            return Some(name.name.to_string());
        }
        let Some(member) =
            left.as_simple_assignment_target().and_then(|it| it.as_member_expression())
        else {
            self.refuse(left.span().start, "this cannot be assigned to by an operator");
            return None;
        };
        Some(self.kept_member(member))
    }

    /// Writes a member as a target and gives what reads it again.
    fn kept_member(&mut self, member: &MemberExpression<'a>) -> String {
        self.add(MEMBER);
        self.add(MEMBER);
        let object = member.object().span();
        match member {
            MemberExpression::ComputedMemberExpression(it) => self.kept_computed(it),
            MemberExpression::StaticMemberExpression(it) => {
                let base = self.kept_base(&it.object, object);
                format!("{base}.{}", it.property.name)
            }
            MemberExpression::PrivateFieldExpression(it) => {
                let base = self.kept_base(&it.object, object);
                format!("{base}.#{}", it.field.name)
            }
        }
    }

    /// Writes an object so that it can be named again, and gives that name.
    fn kept_base(&mut self, it: &Expression<'a>, span: Span) -> String {
        if self.is_repeatable(it) {
            self.visit_expression(it);
            return self.text(span.start, span.end).to_owned();
        }
        self.splice.insert(span.start, "($__x=");
        self.visit_expression(it);
        self.splice.insert(span.end, ")");
        "$__x".to_owned()
    }

    /// Whether evaluating it twice gives the same and does nothing.
    fn is_repeatable(&self, it: &Expression<'a>) -> bool {
        match it {
            Expression::Identifier(name) => self.renamed(name).is_none(),
            Expression::ThisExpression(_) | Expression::Super(_) => true,
            _ => false,
        }
    }

    fn kept_computed(&mut self, it: &ComputedMemberExpression<'a>) -> String {
        let (object, key) = (it.object.span(), it.expression.span());
        if matches!(it.object, Expression::Super(_)) {
            self.refuse(object.start, "`super[…]` is not assigned to by an operator: name the key");
        }
        self.splice.insert(object.start, "($__R(");
        self.visit_expression(&it.object);
        self.splice.replace(self.source, object.end, key.start, ",");
        self.key(&it.expression);
        self.splice.insert(key.end, "),$__x)[$__y");
        "$__x[$__y]".to_owned()
    }

    /// `a++`, `--a.b`: where nobody uses the value, before and after are the same.
    pub(super) fn update(&mut self, it: &UpdateExpression<'a>, is_discarded: bool) {
        self.add(OPERATION);
        let (helper, post) = match it.operator {
            UpdateOperator::Increment => ("inc", "postinc"),
            UpdateOperator::Decrement => ("dec", "postdec"),
        };
        let is_new = it.prefix || is_discarded;
        let argument = it.argument.span();
        if let SimpleAssignmentTarget::AssignmentTargetIdentifier(name) = &it.argument {
            if self.kinds.is_cheap_variable(name) {
                return self.name(name);
            }
            let name = name.name.as_str();
            let text = match is_new {
                true => format!("({name}=$__{helper}({name}))"),
                false => format!("({name}=$__{helper}($__t=$__num({name})),$__t)"),
            };
            self.add(crate::cost::SIMPLE);
            return self.splice.replace(self.source, it.span.start, it.span.end, &text);
        }
        self.add(CALL);
        let Some(member) = it.argument.as_member_expression() else {
            return self.refuse(argument.start, "this cannot be counted up or down");
        };
        if let MemberExpression::StaticMemberExpression(it) = member {
            self.no_prototype(&it.property);
        }
        if !is_new && !matches!(member, MemberExpression::PrivateFieldExpression(_)) {
            return self.post_member(it.span, member, post);
        }
        let operator_at = if it.prefix { it.span.start } else { argument.end };
        match (is_new, member) {
            (true, _) => {
                self.open_update(it, argument, "(");
                let read = self.kept_member(member);
                self.close_update(it, operator_at, &format!("=$__{helper}({read}))"));
            }
            (false, MemberExpression::PrivateFieldExpression(field)) => {
                self.post_private(it.span, field, helper);
            }
            (false, _) => {}
        }
    }

    fn open_update(&mut self, it: &UpdateExpression<'a>, argument: Span, text: &str) {
        if it.prefix {
            self.splice.replace(self.source, it.span.start, argument.start, text);
        } else {
            self.splice.insert(it.span.start, text);
        }
    }

    fn close_update(&mut self, it: &UpdateExpression<'a>, at: u32, text: &str) {
        if it.prefix {
            self.splice.insert(it.span.end, text);
        } else {
            self.splice.replace(self.source, at, it.span.end, text);
        }
    }

    /// `o.k++` as a value: `$__postinc(o,"k")`.
    fn post_member(&mut self, span: Span, member: &MemberExpression<'a>, post: &str) {
        self.add(MEMBER);
        self.add(MEMBER);
        let object = member.object();
        if matches!(object, Expression::Super(_)) {
            let what = "the value of `super.x++` is not taken: use `super.x += 1`";
            return self.refuse(span.start, what);
        }
        self.splice.insert(span.start, format!("$__{post}("));
        self.visit_expression(object);
        let end = object.span().end;
        match member {
            MemberExpression::ComputedMemberExpression(it) => {
                let key = it.expression.span();
                self.splice.replace(self.source, end, key.start, ",");
                self.key(&it.expression);
                self.splice.replace(self.source, key.end, span.end, ")");
            }
            MemberExpression::StaticMemberExpression(it) => {
                let text = format!(",\"{}\")", it.property.name);
                self.splice.replace(self.source, end, span.end, &text);
            }
            MemberExpression::PrivateFieldExpression(_) => {}
        }
    }

    /// `o.#k++` as a value: no helper can name the field.
    fn post_private(&mut self, span: Span, it: &PrivateFieldExpression<'a>, helper: &str) {
        self.add(MEMBER);
        self.add(MEMBER);
        if !self.is_repeatable(&it.object) {
            let what = "the value of `….#x++` is taken of a plain name or `this` only";
            return self.refuse(span.start, what);
        }
        self.visit_expression(&it.object);
        let object = it.object.span();
        let field = format!("{}.#{}", self.text(object.start, object.end), it.field.name);
        let text = format!("($__v=>({field}=$__{helper}($__v),$__v))($__num({field}))");
        self.splice.replace(self.source, span.start, span.end, &text);
    }

    /// Chains of prototypes are bounded where they are made, so nothing else may change one.
    fn target_is_no_prototype(&mut self, left: &AssignmentTarget<'a>) {
        if let AssignmentTarget::StaticMemberExpression(it) = left {
            self.no_prototype(&it.property);
        }
    }

    pub(super) fn no_prototype(&mut self, name: &IdentifierName<'a>) {
        if ["prototype", "__proto__"].contains(&name.name.as_str()) {
            let what = format!("`{}` cannot be assigned to: write a class", name.name);
            self.refuse(name.span.start, &what);
        }
    }

    /// A value that may not be evaluated, in a pattern or as a parameter.
    pub(super) fn default_value(&mut self, it: &Expression<'a>) {
        if it.is_anonymous_function_definition() {
            return self.visit_expression(it);
        }
        if self.is_parameter {
            return self.guarded(it);
        }
        self.arm(it);
    }

    /// An expression that runs outside of the body of a function, so that it counts as one itself.
    pub(super) fn guarded(&mut self, it: &Expression<'a>) {
        let span = it.span();
        let is_parameter = core::mem::take(&mut self.is_parameter);
        let region = self.splice.open();
        self.splice.insert(span.start, "(");
        self.splice.put(span.start, Text::Enter(region));
        self.splice.insert(span.start, ",$__t=");
        self.visit_expression(it);
        self.splice.insert(span.end, ",$__d--,$__t)");
        self.splice.close();
        self.is_parameter = is_parameter;
    }
}
