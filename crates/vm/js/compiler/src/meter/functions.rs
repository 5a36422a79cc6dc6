//! Functions, arrows and classes.

use oxc::{
    ast::ast::*,
    ast_visit::{Visit, walk},
    span::GetSpan,
};

use super::{Frame, Meter, Text};
use crate::cost::{CLASS, CLASS_MEMBER, FUNCTION, SIMPLE};

impl<'a> Meter<'_> {
    pub(super) fn function(&mut self, it: &Function<'a>) {
        self.add(FUNCTION);
        let Some(body) = &it.body else { return };
        self.scope(&it.params, |meter| meter.function_body(body));
    }

    pub(super) fn arrow(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.add(FUNCTION);
        self.scope(&it.params, |meter| match it.body.as_function_body() {
            Some(body) => meter.function_body(body),
            None => meter.arrow_value(it),
        });
    }

    /// Parameters and body of a function, in a region and a frame of their own.
    fn scope(&mut self, parameters: &FormalParameters<'a>, body: impl FnOnce(&mut Self)) {
        let id = self.splice.function();
        let around = core::mem::replace(&mut self.function, Frame { id, is_module: false });
        let was_parameter = core::mem::replace(&mut self.is_parameter, true);
        self.splice.open();
        walk::walk_formal_parameters(self, parameters);
        self.is_parameter = false;
        body(self);
        self.splice.close();
        self.is_parameter = was_parameter;
        self.function = around;
    }

    fn function_body(&mut self, it: &FunctionBody<'a>) {
        let region = self.splice.current();
        let function = self.function.id;
        let at = it.span.start + 1;
        self.splice.put(at, Text::Enter(region));
        self.splice.insert(at, ";");
        self.splice.put(at, Text::Saved(function));
        for statement in &it.statements {
            self.visit_statement(statement);
        }
        let last = it.statements.last();
        if !matches!(last, Some(Statement::ReturnStatement(_) | Statement::ThrowStatement(_))) {
            let end = it.span.end - 1;
            self.splice.insert(end, ";");
            self.splice.put(end, Text::Restore(function));
            self.splice.insert(end, ";");
        }
    }

    fn arrow_value(&mut self, it: &ArrowFunctionExpression<'a>) {
        let Some(value) = it.body.as_expression() else { return };
        let span = value.span();
        let region = self.splice.current();
        self.splice.insert(span.start, "(");
        self.splice.put(span.start, Text::Enter(region));
        self.splice.insert(span.start, ",$__t=");
        self.visit_expression(value);
        self.splice.insert(span.end, ",$__d--,$__t)");
    }

    pub(super) fn class(&mut self, it: &Class<'a>) {
        self.add(CLASS);
        if let Some(heritage) = &it.heritage {
            let base = &heritage.expression;
            let span = base.span();
            let is_null = base.is_null();
            if !is_null {
                self.splice.insert(span.start, "$__base(");
            }
            self.visit_expression(base);
            if !is_null {
                self.splice.insert(span.end, ")");
            }
        }
        self.visit_class_body(&it.body);
    }

    /// A field: its value is evaluated for each instance, outside of any function body.
    pub(super) fn field(&mut self, it: &PropertyDefinition<'a>) {
        self.add(CLASS_MEMBER);
        self.property_key(&it.key, it.computed);
        let Some(value) = &it.value else { return };
        if it.r#static {
            return self.static_field(value);
        }
        let name = it.key.name().filter(|_| !it.computed);
        match name.filter(|_| value.is_anonymous_function_definition()) {
            None => self.guarded(value),
            Some(name) => self.named_field(value, &name, it.key.is_private_identifier()),
        }
    }

    fn static_field(&mut self, value: &Expression<'a>) {
        if value.is_anonymous_function_definition() {
            return self.visit_expression(value);
        }
        let span = value.span();
        let region = self.splice.open();
        self.splice.insert(span.start, "(");
        self.splice.put(span.start, Text::Charge(region));
        self.splice.insert(span.start, ",");
        self.visit_expression(value);
        self.splice.insert(span.end, ")");
        self.splice.close();
    }

    /// A function in a field keeps the name that it takes from the field.
    fn named_field(&mut self, value: &Expression<'a>, name: &str, is_private: bool) {
        let span = value.span();
        let region = self.splice.open();
        self.add(SIMPLE);
        let mark = if is_private { "#" } else { "" };
        let name = serde_json::Value::String(format!("{mark}{name}"));
        self.splice.insert(span.start, "(");
        self.splice.put(span.start, Text::Charge(region));
        self.splice.insert(span.start, format!(",{{{name}:"));
        self.visit_expression(value);
        self.splice.insert(span.end, format!("}}[{name}])"));
        self.splice.close();
    }
}
