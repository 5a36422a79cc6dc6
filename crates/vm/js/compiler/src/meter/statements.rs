//! Loops, branches, handlers and `return`.

use oxc::{ast::ast::*, ast_visit::Visit, span::GetSpan};

use super::{MERGED_GAS_MAX, Meter, Text, splice::RegionId};
use crate::cost::{HANDLER, ITERATION, OPERATION, SIMPLE};

impl<'a> Meter<'_> {
    /// The body of a loop: a block that begins with its charge.
    pub(super) fn body(&mut self, region: RegionId, it: &Statement<'a>) {
        let span = it.span();
        let block = matches!(it, Statement::BlockStatement(_));
        let at = if block { span.start + 1 } else { span.start };
        self.splice.reopen(region);
        if !block {
            self.splice.insert(at, "{");
        }
        self.splice.put(at, Text::Charge(region));
        self.splice.insert(at, ";");
        self.visit_statement(it);
        if !block {
            self.splice.insert(span.end, "}");
        }
        self.splice.close();
    }

    /// What runs with every round and once more: the body pays for the rounds.
    pub(super) fn round(&mut self, region: RegionId, walk: impl FnOnce(&mut Self)) {
        self.splice.reopen(region);
        let before = self.splice.cost();
        walk(self);
        let after = self.splice.cost();
        self.splice.close();
        self.add(crate::cost::Cost {
            gas: after.gas - before.gas,
            memory: after.memory - before.memory,
        });
        self.add(SIMPLE);
    }

    /// A statement that runs or not.
    pub(super) fn branch(&mut self, it: &Statement<'a>) {
        let span = it.span();
        let block = matches!(it, Statement::BlockStatement(_));
        let at = if block { span.start + 1 } else { span.start };
        let region = self.splice.open();
        if !block {
            self.splice.put(at, Text::Kept(region, "{"));
        }
        self.splice.put(at, Text::Charge(region));
        self.splice.put(at, Text::Kept(region, ";"));
        self.visit_statement(it);
        if !block {
            self.splice.put(span.end, Text::Kept(region, "}"));
        }
        self.splice.close();
        self.splice.merge_if_small(region, MERGED_GAS_MAX);
    }

    pub(super) fn for_loop(&mut self, it: &ForStatement<'a>) {
        if let Some(init) = &it.init {
            self.is_discarded = init.is_expression();
            self.visit_for_statement_init(init);
            self.is_discarded = false;
        }
        let body = self.splice.open();
        self.splice.close();
        self.round(body, |meter| {
            if let Some(test) = &it.test {
                meter.visit_expression(test);
            }
        });
        self.round(body, |meter| {
            if let Some(update) = &it.update {
                meter.is_discarded = true;
                meter.visit_expression(update);
                meter.is_discarded = false;
            }
        });
        self.body(body, &it.body);
    }

    pub(super) fn for_in(&mut self, it: &ForInStatement<'a>) {
        self.add(ITERATION);
        let body = self.splice.open();
        self.splice.close();
        self.round(body, |meter| meter.head(&it.left));
        let span = it.right.span();
        self.splice.insert(span.start, "$__keys(");
        self.argument(&it.right);
        self.splice.insert(span.end, ")");
        self.body(body, &it.body);
    }

    pub(super) fn for_of(&mut self, it: &ForOfStatement<'a>) {
        self.add(ITERATION);
        let body = self.splice.open();
        self.splice.close();
        self.round(body, |meter| meter.head(&it.left));
        self.visit_expression(&it.right);
        self.body(body, &it.body);
    }

    fn head(&mut self, it: &ForStatementLeft<'a>) {
        self.add(SIMPLE);
        if let ForStatementLeft::StaticMemberExpression(member) = it {
            self.no_prototype(&member.property);
        }
        self.visit_for_statement_left(it);
    }

    pub(super) fn switch(&mut self, it: &SwitchStatement<'a>) {
        self.add(OPERATION);
        let kinds = &self.kinds;
        let tests = it.cases.iter().filter_map(|case| case.test.as_ref());
        let slow = tests.filter(|test| !kinds.is_quick_to_compare(test)).count();
        let value = it.discriminant.span();
        let is_slow = slow > 0 && !kinds.is_quick_to_compare(&it.discriminant);
        if is_slow {
            self.splice.insert(value.start, "$__pick(");
        }
        self.argument(&it.discriminant);
        if is_slow {
            self.splice.insert(value.end, format!(",{slow})"));
        }
        for case in &it.cases {
            self.add(OPERATION);
            if let Some(test) = &case.test {
                self.visit_expression(test);
            }
            let Some(first) = case.consequent.first() else { continue };
            let at = first.span().start;
            let region = self.splice.open();
            self.splice.put(at, Text::Charge(region));
            self.splice.insert(at, ";");
            for statement in &case.consequent {
                self.visit_statement(statement);
            }
            self.splice.close();
        }
    }

    pub(super) fn attempt(&mut self, it: &TryStatement<'a>) {
        self.add(SIMPLE);
        self.splice.catches(self.function.id);
        self.visit_block_statement(&it.block);
        if let Some(handler) = &it.handler {
            self.handler(handler);
        }
        if let Some(block) = &it.finalizer {
            let region = self.splice.open();
            self.add(HANDLER);
            let at = block.span.start + 1;
            self.splice.put(at, Text::Charge(region));
            // What ends the block may be a `return`, which had left already.
            self.splice.insert(at, ";const $__f=$__d;$__d=$__c;");
            self.visit_block_statement(block);
            self.splice.insert(block.span.end - 1, ";$__d=$__f;");
            self.splice.close();
        }
    }

    fn handler(&mut self, it: &CatchClause<'a>) {
        let region = self.splice.open();
        self.add(HANDLER);
        let at = it.body.span.start + 1;
        // The depth first: the charge may end in the next handler of the same function only.
        self.splice.insert(at, "$__d=$__c;$__w=void 0;");
        self.splice.put(at, Text::Charge(region));
        self.splice.insert(at, ";");
        match it.param.as_ref().map(|parameter| &parameter.pattern) {
            Some(BindingPattern::BindingIdentifier(name)) => {
                self.add(OPERATION);
                self.splice.insert(at, format!("{0}=$__caught({0});", name.name));
            }
            Some(pattern) => {
                let what = "name the error, then destructure it: `catch (error)`";
                self.refuse(pattern.span().start, what);
            }
            None => {}
        }
        self.visit_block_statement(&it.body);
        self.splice.close();
    }

    pub(super) fn leave(&mut self, it: &ReturnStatement<'a>) {
        self.add(SIMPLE);
        let function = self.function;
        let Some(value) = &it.argument else {
            if !function.is_module {
                let at = it.span.start + "return".len() as u32;
                self.splice.insert(at, " void(");
                self.splice.put(at, Text::Restore(function.id));
                self.splice.insert(at, ")");
            }
            return;
        };
        if function.is_module {
            return self.visit_expression(value);
        }
        let span = value.span();
        self.splice.insert(span.start, "($__t=(");
        self.visit_expression(value);
        self.splice.insert(span.end, "),");
        self.splice.put(span.end, Text::Restore(function.id));
        self.splice.insert(span.end, ",$__t)");
    }
}
