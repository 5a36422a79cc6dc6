//! The interface of a contract, from the types and comments of its sources.

mod types;
mod words;

use std::collections::BTreeMap;

use abi::{Constructor, Interface, Method, Mutability, Parameter, Type};
use oxc::{
    allocator::Allocator,
    ast::ast::*,
    parser::Parser,
    span::{SourceType, Span},
};

use self::words::Doc;
use crate::error::{CompileError, Finding};

/// The sources of a project by name.
pub(crate) type Sources = BTreeMap<String, String>;

/// Which source a specifier means in another; none for what is not of the project.
pub(crate) type Follow<'f> = &'f dyn Fn(&str, &str) -> Option<String>;

/// How far a class may extend another.
const BASES_MAX: usize = 16;
/// The method that makes the contract.
const CONSTRUCTOR: &str = "init";

/// Derives the interface of the module `entry`.
pub(crate) fn derive(
    entry: &str,
    sources: &Sources,
    follow: Follow<'_>,
) -> Result<Interface, CompileError> {
    let allocators: Vec<Allocator> = sources.iter().map(|_| Allocator::default()).collect();
    let mut files = Vec::new();
    for ((name, text), allocator) in sources.iter().zip(&allocators) {
        let kind = SourceType::from_path(name).unwrap_or_default();
        let kind = if kind.is_typescript() { kind } else { SourceType::unambiguous() };
        let parsed = Parser::new(allocator, text, kind).parse();
        let program: &Program<'_> = allocator.alloc(parsed.program);
        files.push(File { name, text, program });
    }
    let Some(index) = files.iter().position(|file| file.name == entry) else {
        return Ok(Interface::default());
    };
    let project = Project { files, follow };
    let mut reader = Reader { project: &project, interface: Interface::default(), source: index };
    reader.entry().map_err(|finding| {
        let file = project.files.get(reader.source);
        let (name, text) = file.map_or((entry, ""), |file| (file.name, file.text));
        finding.in_source(name, text)
    })?;
    Ok(reader.interface)
}

/// The index of a source.
type Source = usize;

struct File<'a> {
    name: &'a str,
    text: &'a str,
    program: &'a Program<'a>,
}

struct Project<'a, 'f> {
    files: Vec<File<'a>>,
    follow: Follow<'f>,
}

impl<'a> Project<'a, '_> {
    fn program(&self, source: Source) -> Option<&'a Program<'a>> {
        self.files.get(source).map(|file| file.program)
    }

    /// Where an imported name comes from, and its name there.
    fn imported(&self, source: Source, name: &str) -> Option<(Source, String)> {
        let file = self.files.get(source)?;
        for statement in &file.program.body {
            let Statement::ImportDeclaration(it) = statement else { continue };
            for specifier in it.specifiers.iter().flatten() {
                if specifier.local().name != name {
                    continue;
                }
                let theirs = match specifier {
                    ImportDeclarationSpecifier::ImportSpecifier(it) => {
                        it.imported.name().to_string()
                    }
                    _ => "default".to_owned(),
                };
                let target = (self.follow)(file.name, it.source.value.as_str())?;
                let index = self.files.iter().position(|file| file.name == target)?;
                return Some((index, theirs));
            }
        }
        None
    }

    /// The class of a name in a source, or where it is imported from.
    fn class(&self, source: Source, name: &str, depth: usize) -> Option<(Source, &'a Class<'a>)> {
        for statement in &self.program(source)?.body {
            let class = match statement {
                Statement::ClassDeclaration(it) => Some(it),
                Statement::ExportDeclaration(it) => match &it.declaration {
                    Declaration::ClassDeclaration(it) => Some(it),
                    _ => None,
                },
                Statement::ExportDefaultDeclaration(it) => match &it.declaration {
                    ExportDefaultDeclarationKind::ClassDeclaration(it) if name == "default" => {
                        return Some((source, &**it));
                    }
                    ExportDefaultDeclarationKind::ClassDeclaration(it) => Some(it),
                    _ => None,
                },
                _ => None,
            };
            if let Some(class) = class
                && class.id.as_ref().is_some_and(|id| id.name == name)
            {
                return Some((source, &**class));
            }
        }
        let (source, name) = self.imported(source, name)?;
        if depth > BASES_MAX { None } else { self.class(source, &name, depth + 1) }
    }
}

struct Reader<'p, 'a, 'f> {
    project: &'p Project<'a, 'f>,
    interface: Interface,
    source: Source,
}

impl<'a> Reader<'_, 'a, '_> {
    fn entry(&mut self) -> Result<(), Finding> {
        self.declarations()?;
        let Some(program) = self.project.program(self.source) else { return Ok(()) };
        for statement in &program.body {
            match statement {
                Statement::ExportDefaultDeclaration(it) => self.default(&it.declaration)?,
                Statement::ExportDeclaration(it) => self.exported(&it.declaration, it.span)?,
                Statement::ExpressionStatement(it) => self.common_js(&it.expression, it.span)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Events and errors, which any comment of the entry may declare.
    fn declarations(&mut self) -> Result<(), Finding> {
        let Some(file) = self.project.files.get(self.source) else { return Ok(()) };
        for comment in &file.program.comments {
            let doc = Doc::read(text_of(file, comment));
            let declared = doc.declare(&mut self.interface);
            declared.map_err(|what| Finding::new(comment.span.start, what))?;
        }
        Ok(())
    }

    /// The comment that stands before a declaration.
    fn doc(&self, span: Span) -> Doc {
        let Some(file) = self.project.files.get(self.source) else { return Doc::default() };
        let comments = file.program.comments.iter();
        let mut attached = comments.filter(|comment| comment.attached_to == span.start);
        let last = attached.next_back().map(|comment| Doc::read(text_of(file, comment)));
        last.unwrap_or_default()
    }

    fn default(&mut self, it: &'a ExportDefaultDeclarationKind<'a>) -> Result<(), Finding> {
        match it {
            ExportDefaultDeclarationKind::ClassDeclaration(it) => self.class(it, 0),
            ExportDefaultDeclarationKind::FunctionDeclaration(_) => Ok(()),
            other => match other.as_expression() {
                Some(expression) => self.value(expression),
                None => Ok(()),
            },
        }
    }

    /// A value whose methods are the contract: a class, the name of one, an object.
    fn value(&mut self, it: &'a Expression<'a>) -> Result<(), Finding> {
        match it.get_inner_expression() {
            Expression::ClassExpression(class) => self.class(class, 0),
            Expression::Identifier(name) => {
                match self.project.class(self.source, name.name.as_str(), 0) {
                    Some((source, class)) => self.class_of(source, class, 0),
                    None => Ok(()),
                }
            }
            Expression::ObjectExpression(object) => {
                for property in &object.properties {
                    let ObjectPropertyKind::ObjectProperty(it) = property else { continue };
                    let (Some(name), PropertyKind::Init) = (it.key.static_name(), it.kind) else {
                        continue;
                    };
                    self.function_value(&name, &it.value, it.span)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn exported(&mut self, it: &'a Declaration<'a>, span: Span) -> Result<(), Finding> {
        match it {
            Declaration::FunctionDeclaration(it) => {
                let Some(id) = &it.id else { return Ok(()) };
                let name = id.name.as_str();
                self.method(name, &it.params, it.return_type.as_deref(), span)
            }
            Declaration::VariableDeclaration(it) => {
                for declarator in &it.declarations {
                    let name = declarator.id.get_identifier_name();
                    if let (Some(name), Some(value)) = (name, &declarator.init) {
                        self.function_value(name.as_str(), value, span)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `module.exports = …`, `exports.name = …`.
    fn common_js(&mut self, it: &'a Expression<'a>, span: Span) -> Result<(), Finding> {
        let Expression::AssignmentExpression(it) = it else { return Ok(()) };
        let AssignmentTarget::StaticMemberExpression(left) = &it.left else { return Ok(()) };
        let name = left.property.name.as_str();
        if left.object.is_specific_id("module") && name == "exports" {
            return self.value(&it.right);
        }
        let is_exports = left.object.is_specific_id("exports")
            || matches!(&left.object, Expression::StaticMemberExpression(inner)
                if inner.object.is_specific_id("module") && inner.property.name == "exports");
        if is_exports { self.function_value(name, &it.right, span) } else { Ok(()) }
    }

    fn function_value(
        &mut self,
        name: &str,
        it: &'a Expression<'a>,
        span: Span,
    ) -> Result<(), Finding> {
        match it.get_inner_expression() {
            Expression::FunctionExpression(it) => {
                self.method(name, &it.params, it.return_type.as_deref(), span)
            }
            Expression::ArrowFunctionExpression(it) => {
                self.method(name, &it.params, it.return_type.as_deref(), span)
            }
            _ => Ok(()),
        }
    }

    fn class_of(&mut self, source: Source, it: &'a Class<'a>, depth: usize) -> Result<(), Finding> {
        let here = core::mem::replace(&mut self.source, source);
        self.class(it, depth)?;
        // Not on an error, whose place is in the other source.
        self.source = here;
        Ok(())
    }

    fn class(&mut self, it: &'a Class<'a>, depth: usize) -> Result<(), Finding> {
        for element in &it.body.body {
            let ClassElement::MethodDefinition(it) = element else { continue };
            if it.kind == MethodDefinitionKind::Constructor && !it.value.params.items.is_empty() {
                let what = "the class of a contract is made without arguments: take them in `init`";
                return Err(Finding::new(it.span.start, what));
            }
            let is_hidden = it.r#static
                || it.computed
                || it.kind != MethodDefinitionKind::Method
                || it.accessibility.is_some_and(|access| access != TSAccessibility::Public)
                || it.key.is_private_identifier();
            let Some(name) = it.key.static_name().filter(|_| !is_hidden) else { continue };
            let is_known = self.interface.methods.iter().any(|method| method.name == name)
                || name == CONSTRUCTOR && self.interface.constructor.is_some();
            // An overload of TypeScript has no body.
            if is_known || it.value.body.is_none() {
                continue;
            }
            self.method(&name, &it.value.params, it.value.return_type.as_deref(), it.span)?;
        }
        let Some(heritage) = it.heritage.as_ref().filter(|_| depth < BASES_MAX) else {
            return Ok(());
        };
        let Expression::Identifier(base) = &heritage.expression else { return Ok(()) };
        match self.project.class(self.source, base.name.as_str(), 0) {
            Some((source, class)) => self.class_of(source, class, depth + 1),
            None => Ok(()),
        }
    }

    fn method(
        &mut self,
        name: &str,
        parameters: &'a FormalParameters<'a>,
        returns: Option<&'a TSTypeAnnotation<'a>>,
        span: Span,
    ) -> Result<(), Finding> {
        if name.starts_with('_') {
            return Ok(());
        }
        let doc = self.doc(span);
        let mut inputs = Vec::new();
        for parameter in &parameters.items {
            inputs.push(self.parameter(name, parameter, &doc)?);
        }
        if let Some(rest) = &parameters.rest {
            let what = format!("`{name}` takes a rest, which has no place in an interface");
            return Err(Finding::new(rest.span.start, what));
        }
        let mutability = doc.mutability.unwrap_or_default();
        if name == CONSTRUCTOR {
            let is_view = mutability.is_read_only();
            let mutability = if is_view { Mutability::NonPayable } else { mutability };
            self.interface.constructor = Some(Constructor { inputs, mutability });
            return Ok(());
        }
        let outputs = self.outputs(&doc, returns, span)?;
        let method = Method { name: name.to_owned(), inputs, outputs, mutability };
        self.interface.methods.push(method);
        Ok(())
    }

    fn parameter(
        &self,
        method: &str,
        it: &'a FormalParameter<'a>,
        doc: &Doc,
    ) -> Result<Parameter, Finding> {
        let name = it.pattern.get_identifier_name();
        let Some(name) = name else {
            let what = format!("`{method}` destructures a parameter: give it a name");
            return Err(Finding::new(it.span.start, what));
        };
        let kind = match &it.type_annotation {
            Some(annotation) => {
                self.project.value_type(self.source, &annotation.type_annotation, 0)?
            }
            None => {
                let described = doc.parameter(name.as_str()).and_then(words::described);
                described.ok_or_else(|| {
                    let what = format!(
                        "parameter `{name}` of `{method}` has no type: write `{name}: bigint`, or \
                         `@param {{bigint}} {name}` in a comment before the method"
                    );
                    Finding::new(it.span.start, what)
                })?
            }
        };
        Ok(Parameter::new(name.as_str(), kind))
    }

    /// What a method returns: a tuple is several values.
    fn outputs(
        &self,
        doc: &Doc,
        returns: Option<&'a TSTypeAnnotation<'a>>,
        span: Span,
    ) -> Result<Vec<Parameter>, Finding> {
        let kind = match (returns, doc.returns()) {
            (Some(annotation), _) => {
                self.project.type_of(self.source, &annotation.type_annotation, 0)?
            }
            (None, None | Some("void")) => None,
            (None, Some(text)) => {
                let what = || format!("`@returns {{{text}}}` names no type of the wire");
                let kind = words::described(text);
                Some(kind.ok_or_else(|| Finding::new(span.start, what()))?)
            }
        };
        Ok(match kind {
            None => Vec::new(),
            Some(Type::Tuple(tuple)) if is_list(&tuple.fields) && tuple.name.is_none() => {
                tuple.fields
            }
            Some(kind) => vec![Parameter::new("", kind)],
        })
    }
}

fn is_list(fields: &[Parameter]) -> bool {
    fields.iter().all(|field| field.name.is_empty())
}

fn text_of<'a>(file: &File<'a>, comment: &Comment) -> &'a str {
    let span = comment.content_span();
    let text = file.text.get(span.start as usize..span.end as usize);
    text.filter(|_| comment.is_block()).unwrap_or_default()
}
