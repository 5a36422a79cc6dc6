//! Destructuring: what it takes is paid for, and a rest is charged for by its length.

use oxc::{
    ast::ast::*,
    ast_visit::Visit,
    span::{GetSpan, Span},
};

use super::Meter;
use crate::cost::{ITERATION, PATTERN, SIMPLE};

const REST: &str = "a rest is taken only at the top of a declaration or an assignment: \
                    name the value first, then destructure it";

impl<'a> Meter<'_> {
    pub(super) fn declarator(&mut self, it: &VariableDeclarator<'a>) {
        self.add(SIMPLE);
        let rest = match &it.id {
            BindingPattern::ObjectPattern(pattern) if pattern.rest.is_some() => Some("own"),
            BindingPattern::ArrayPattern(pattern) if pattern.rest.is_some() => Some("spread"),
            _ => None,
        };
        self.may_rest = rest.is_some() && it.init.is_some();
        self.visit_binding_pattern(&it.id);
        self.may_rest = false;
        let Some(value) = &it.init else { return };
        let Some(helper) = rest else { return self.visit_expression(value) };
        let span = value.span();
        self.splice.insert(span.start, format!("$__{helper}("));
        self.visit_expression(value);
        self.splice.insert(span.end, ")");
    }

    fn check_rest(&mut self, rest: Option<Span>) {
        let may_rest = Self::take(&mut self.may_rest);
        if let Some(span) = rest.filter(|_| !may_rest) {
            self.refuse(span.start, REST);
        }
    }

    pub(super) fn object_pattern(&mut self, it: &ObjectPattern<'a>) {
        self.add(PATTERN);
        self.check_rest(it.rest.as_ref().map(|rest| rest.span));
        for property in &it.properties {
            self.add(PATTERN);
            self.property_key(&property.key, property.computed);
            self.visit_binding_pattern(&property.value);
        }
        if let Some(rest) = &it.rest {
            self.visit_binding_rest_element(rest);
        }
    }

    pub(super) fn array_pattern(&mut self, it: &ArrayPattern<'a>) {
        self.add(ITERATION);
        self.check_rest(it.rest.as_ref().map(|rest| rest.span));
        for element in &it.elements {
            self.add(PATTERN);
            if let Some(element) = element {
                self.visit_binding_pattern(element);
            }
        }
        if let Some(rest) = &it.rest {
            self.visit_binding_rest_element(rest);
        }
    }

    pub(super) fn object_target(&mut self, it: &ObjectAssignmentTarget<'a>) {
        self.add(PATTERN);
        self.check_rest(it.rest.as_ref().map(|rest| rest.span));
        for property in &it.properties {
            match property {
                AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(property) => {
                    self.visit_assignment_target_property_identifier(property);
                }
                AssignmentTargetProperty::AssignmentTargetPropertyProperty(property) => {
                    self.add(PATTERN);
                    self.property_key(&property.name, property.computed);
                    self.element_target(&property.binding);
                }
            }
        }
        if let Some(rest) = &it.rest {
            self.rest_target(&rest.target);
        }
    }

    pub(super) fn array_target(&mut self, it: &ArrayAssignmentTarget<'a>) {
        self.add(ITERATION);
        self.check_rest(it.rest.as_ref().map(|rest| rest.span));
        for element in it.elements.iter() {
            self.add(PATTERN);
            if let Some(element) = element {
                self.element_target(element);
            }
        }
        if let Some(rest) = &it.rest {
            self.rest_target(&rest.target);
        }
    }

    fn element_target(&mut self, it: &AssignmentTargetMaybeDefault<'a>) {
        match it {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(it) => {
                self.member_is_no_prototype(&it.binding);
                self.visit_assignment_target_with_default(it);
            }
            _ => {
                if let Some(target) = it.as_assignment_target() {
                    self.rest_target(target);
                }
            }
        }
    }

    fn rest_target(&mut self, it: &AssignmentTarget<'a>) {
        self.member_is_no_prototype(it);
        self.visit_assignment_target(it);
    }

    fn member_is_no_prototype(&mut self, it: &AssignmentTarget<'a>) {
        if let AssignmentTarget::StaticMemberExpression(member) = it {
            self.no_prototype(&member.property);
        }
    }
}
