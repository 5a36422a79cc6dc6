//! Puts the metering into a source, by inserting text where the syntax tree says.
//!
//! Every stretch of code that runs whole or leaves early is a *region*: the body of a function or
//! of a loop, an arm of a condition, a handler. It pays for all that it holds where it begins. The
//! text of the author stays as it is, line by line; nothing is printed again.

mod cost;
mod expressions;
mod functions;
mod infer;
mod patterns;
mod places;
mod splice;
mod statements;
mod updates;

use std::collections::BTreeMap;

use oxc::{
    ast::ast::*,
    ast_visit::{Visit, walk},
    semantic::{Scoping, SymbolId},
    span::GetSpan,
    syntax::scope::ScopeFlags,
};

use self::{
    infer::Kinds,
    places::Places,
    splice::{FunctionId, Splice, Text},
};
use crate::{
    abi::THROWN,
    cost::{CALL, Cost, SIMPLE},
    error::Finding,
    unit::Module,
};

/// Gas up to which an arm is paid for by the code around it, taken or not.
const MERGED_GAS_MAX: u64 = 16;

/// What the linker wants of a module.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// Names that are read through another module: what stands for them.
    pub(crate) renamed: BTreeMap<SymbolId, String>,
    /// Stretches of the source that are replaced, in their order.
    pub(crate) replaced: Vec<(u32, u32, String)>,
    /// How many modules this one begins.
    pub(crate) imports: u64,
}

/// A metered module: what follows the `{` of its function.
#[derive(Debug)]
pub(crate) struct Metered {
    pub(crate) body: String,
}

/// Meters a module whose syntax was checked.
pub(crate) fn meter(
    module: &Module,
    program: &Program<'_>,
    scoping: &Scoping,
    links: &Links,
) -> Result<Metered, Finding> {
    let source = module.source.as_str();
    let kinds = Kinds::of(program, scoping);
    let mut splice = Splice::default();
    let function = splice.function();
    let region = splice.open();
    splice.put(0, Text::Charge(region));
    splice.insert(0, ";");
    splice.put(0, Text::Saved(function));
    let mut meter = Meter {
        source,
        places: Places::of(module),
        links,
        kinds,
        splice,
        function: Frame { id: function, is_module: true },
        is_discarded: false,
        may_rest: false,
        is_parameter: false,
        finding: None,
    };
    for (start, end, text) in &links.replaced {
        meter.splice.replace(source, *start, *end, text);
    }
    let imports = Cost::gas(CALL.gas.saturating_mul(links.imports));
    meter.add(imports);
    meter.visit_program(program);
    match meter.finding {
        Some(finding) => Err(finding),
        None => Ok(Metered { body: meter.splice.apply(source) }),
    }
}

/// The function that is being walked through.
#[derive(Debug, Clone, Copy)]
struct Frame {
    id: FunctionId,
    is_module: bool,
}

struct Meter<'s> {
    source: &'s str,
    places: Places<'s>,
    links: &'s Links,
    kinds: Kinds<'s>,
    splice: Splice,
    function: Frame,
    /// Whether nobody uses the value of the next expression.
    is_discarded: bool,
    /// Whether the next pattern may take a rest: what it takes it from was charged for.
    may_rest: bool,
    /// Whether the code is in the parameters of a function.
    is_parameter: bool,
    finding: Option<Finding>,
}

impl Meter<'_> {
    fn add(&mut self, cost: Cost) {
        self.splice.add(cost);
    }

    /// Notes what is wrong; the first finding is the one that is told.
    fn refuse(&mut self, offset: u32, what: &str) {
        self.finding.get_or_insert_with(|| Finding::new(offset, what));
    }

    fn text(&self, start: u32, end: u32) -> &str {
        self.source.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Takes a mark that holds for one node.
    fn take(mark: &mut bool) -> bool {
        core::mem::take(mark)
    }
}

/// Each construct goes to the file of its kind; what has no line here is walked through, and pays
/// what [`cost::of`] says.
impl<'a> Visit<'a> for Meter<'_> {
    fn enter_node(&mut self, kind: oxc::ast::AstKind<'a>) {
        self.add(cost::of(kind));
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.name(it);
    }

    fn visit_expression(&mut self, it: &Expression<'a>) {
        let is_discarded = Self::take(&mut self.is_discarded);
        match it {
            Expression::UpdateExpression(update) => self.update(update, is_discarded),
            _ => walk::walk_expression(self, it),
        }
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        self.binary(it);
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        self.unary(it);
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.add(crate::cost::OPERATION);
        self.visit_expression(&it.left);
        self.arm(&it.right);
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        self.add(crate::cost::OPERATION);
        self.visit_expression(&it.test);
        self.arm(&it.consequent);
        self.arm(&it.alternate);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        self.assignment(it);
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        self.template(it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        self.add(crate::cost::MEMBER);
        self.visit_expression(&it.object);
        self.key(&it.expression);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        self.add(crate::cost::CALL);
        self.visit_expression(&it.callee);
        self.arguments(&it.arguments);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.add(crate::cost::CALL);
        self.add(crate::cost::INSTANCE);
        self.visit_expression(&it.callee);
        self.arguments(&it.arguments);
    }

    fn visit_array_expression(&mut self, it: &ArrayExpression<'a>) {
        self.array(it);
    }

    fn visit_object_expression(&mut self, it: &ObjectExpression<'a>) {
        self.object(it);
    }

    fn visit_expression_statement(&mut self, it: &ExpressionStatement<'a>) {
        self.add(SIMPLE);
        self.is_discarded = true;
        self.visit_expression(&it.expression);
        self.is_discarded = false;
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        self.declarator(it);
    }

    fn visit_object_pattern(&mut self, it: &ObjectPattern<'a>) {
        self.object_pattern(it);
    }

    fn visit_array_pattern(&mut self, it: &ArrayPattern<'a>) {
        self.array_pattern(it);
    }

    fn visit_assignment_pattern(&mut self, it: &AssignmentPattern<'a>) {
        self.add(crate::cost::PATTERN);
        self.visit_binding_pattern(&it.left);
        self.default_value(&it.right);
    }

    fn visit_object_assignment_target(&mut self, it: &ObjectAssignmentTarget<'a>) {
        self.object_target(it);
    }

    fn visit_array_assignment_target(&mut self, it: &ArrayAssignmentTarget<'a>) {
        self.array_target(it);
    }

    fn visit_assignment_target_with_default(&mut self, it: &AssignmentTargetWithDefault<'a>) {
        self.add(crate::cost::PATTERN);
        self.visit_assignment_target(&it.binding);
        self.default_value(&it.init);
    }

    fn visit_assignment_target_property_identifier(
        &mut self,
        it: &AssignmentTargetPropertyIdentifier<'a>,
    ) {
        self.add(crate::cost::PATTERN);
        if let Some(value) = &it.init {
            self.default_value(value);
        }
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        self.add(crate::cost::OPERATION);
        self.visit_expression(&it.test);
        self.branch(&it.consequent);
        if let Some(alternate) = &it.alternate {
            self.branch(alternate);
        }
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        let body = self.splice.open();
        self.splice.close();
        self.round(body, |meter| meter.visit_expression(&it.test));
        self.body(body, &it.body);
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        let body = self.splice.open();
        self.splice.close();
        self.body(body, &it.body);
        self.round(body, |meter| meter.visit_expression(&it.test));
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        self.for_loop(it);
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.for_in(it);
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        self.for_of(it);
    }

    fn visit_switch_statement(&mut self, it: &SwitchStatement<'a>) {
        self.switch(it);
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        self.attempt(it);
    }

    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        let span = it.argument.span();
        let place = self.places.shown(it.span.start);
        self.splice.insert(span.start, format!("({THROWN}={place},"));
        walk::walk_throw_statement(self, it);
        self.splice.insert(span.end, ")");
    }

    fn visit_return_statement(&mut self, it: &ReturnStatement<'a>) {
        self.leave(it);
    }

    fn visit_function(&mut self, it: &Function<'a>, _: ScopeFlags) {
        self.function(it);
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.arrow(it);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        self.add(SIMPLE);
        self.visit_binding_pattern(&it.pattern);
        if let Some(value) = &it.initializer {
            self.default_value(value);
        }
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        self.class(it);
    }

    // The linker has replaced these.
    fn visit_import_declaration(&mut self, _: &ImportDeclaration<'a>) {}

    fn visit_export_named_declaration(&mut self, _: &ExportNamedDeclaration<'a>) {}

    fn visit_export_from_declaration(&mut self, _: &ExportFromDeclaration<'a>) {}

    fn visit_export_all_declaration(&mut self, _: &ExportAllDeclaration<'a>) {}

    fn visit_static_block(&mut self, it: &StaticBlock<'a>) {
        let brace = self.text(it.span.start, it.span.end).find('{').unwrap_or_default();
        let at = it.span.start + u32::try_from(brace).unwrap_or_default() + 1;
        let region = self.splice.open();
        self.splice.put(at, Text::Charge(region));
        self.splice.insert(at, ";");
        walk::walk_static_block(self, it);
        self.splice.close();
    }

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        self.add(crate::cost::CLASS_MEMBER);
        self.property_key(&it.key, it.computed);
        self.visit_function(&it.value, ScopeFlags::Function);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        self.field(it);
    }
}
