//! Types of TypeScript as types of the wire.

use abi::{Parameter, Type};
use oxc::{
    ast::ast::*,
    span::{GetSpan, Span},
};

use super::{Project, Source, words};
use crate::error::Finding;

/// How many names may stand for one another.
const ALIASES_MAX: usize = 16;

impl<'a> Project<'a, '_> {
    /// The type of the wire; none for `void`.
    pub(super) fn type_of(
        &self,
        source: Source,
        it: &'a TSType<'a>,
        depth: usize,
    ) -> Result<Option<Type>, Finding> {
        if matches!(it, TSType::TSVoidKeyword(_) | TSType::TSUndefinedKeyword(_)) {
            return Ok(None);
        }
        self.value_type(source, it, depth).map(Some)
    }

    pub(super) fn value_type(
        &self,
        source: Source,
        it: &'a TSType<'a>,
        depth: usize,
    ) -> Result<Type, Finding> {
        if depth > ALIASES_MAX {
            return Err(unknown(it.span(), "it names itself, or is too deep"));
        }
        let depth = depth + 1;
        Ok(match it {
            TSType::TSBigIntKeyword(_) => Type::UINT,
            TSType::TSNumberKeyword(_) => Type::Uint(48),
            TSType::TSStringKeyword(_) => Type::String,
            TSType::TSBooleanKeyword(_) => Type::Bool,
            TSType::TSParenthesizedType(it) => {
                self.value_type(source, &it.type_annotation, depth)?
            }
            TSType::TSTypeOperatorType(it) if it.operator == TSTypeOperatorOperator::Readonly => {
                self.value_type(source, &it.type_annotation, depth)?
            }
            TSType::TSArrayType(it) => {
                Type::array(self.value_type(source, &it.element_type, depth)?)
            }
            TSType::TSTupleType(it) => {
                let kinds = it.element_types.iter();
                let kinds: Result<Vec<Type>, Finding> =
                    kinds.map(|element| self.element(source, element, depth)).collect();
                Type::tuple(kinds?)
            }
            TSType::TSTypeLiteral(it) => self.structure(source, "", &it.members, depth)?,
            TSType::TSUnionType(it) => self.union(source, it, depth)?,
            TSType::TSTypeReference(it) => self.reference(source, it, depth)?,
            other => return Err(unknown(other.span(), "it has no place on the wire")),
        })
    }

    fn element(
        &self,
        source: Source,
        it: &'a TSTupleElement<'a>,
        depth: usize,
    ) -> Result<Type, Finding> {
        match it.as_ts_type() {
            Some(TSType::TSNamedTupleMember(member)) => {
                self.element(source, &member.element_type, depth)
            }
            Some(kind) => self.value_type(source, kind, depth),
            None => Err(unknown(it.span(), "its elements must all be there")),
        }
    }

    /// `T | null`.
    fn union(
        &self,
        source: Source,
        it: &'a TSUnionType<'a>,
        depth: usize,
    ) -> Result<Type, Finding> {
        let is_none = |kind: &&TSType<'_>| {
            matches!(kind, TSType::TSNullKeyword(_) | TSType::TSUndefinedKeyword(_))
        };
        let nothing = it.types.iter().filter(is_none).count();
        let mut rest = it.types.iter().filter(|kind| !is_none(kind));
        match (rest.next(), rest.next()) {
            (Some(kind), None) if nothing > 0 => {
                Ok(Type::option(self.value_type(source, kind, depth)?))
            }
            _ => Err(unknown(it.span, "of unions only `T | null` has a place on the wire")),
        }
    }

    fn structure(
        &self,
        source: Source,
        name: &str,
        members: &'a [TSSignature<'a>],
        depth: usize,
    ) -> Result<Type, Finding> {
        let mut fields = Vec::new();
        for member in members {
            let TSSignature::TSPropertySignature(it) = member else {
                return Err(unknown(member.span(), "an object on the wire has fields only"));
            };
            let (Some(key), Some(annotation)) = (it.key.static_name(), &it.type_annotation) else {
                return Err(unknown(it.span, "a field has a name and a type"));
            };
            let mut kind = self.value_type(source, &annotation.type_annotation, depth)?;
            if it.optional {
                kind = Type::option(kind);
            }
            fields.push(Parameter::new(key.to_string(), kind));
        }
        if name.is_empty() {
            let mut kind = Type::tuple([]);
            if let Type::Tuple(tuple) = &mut kind {
                tuple.fields = fields;
            }
            return Ok(kind);
        }
        Ok(Type::structure(name, fields))
    }

    fn reference(
        &self,
        source: Source,
        it: &'a TSTypeReference<'a>,
        depth: usize,
    ) -> Result<Type, Finding> {
        let TSTypeName::IdentifierReference(name) = &it.type_name else {
            return Err(unknown(it.span, "the name of a type has no dot"));
        };
        let word = name.name.as_str();
        if let (true, Some(arguments)) =
            (["Array", "ReadonlyArray"].contains(&word), &it.type_arguments)
            && let Some(element) = arguments.params.first()
        {
            return Ok(Type::array(self.value_type(source, element, depth)?));
        }
        match self.declaration(source, word, depth) {
            Some((source, Declared::Alias(alias))) => match &alias.type_annotation {
                TSType::TSTypeLiteral(it) => self.structure(source, word, &it.members, depth),
                other => self.value_type(source, other, depth),
            },
            Some((source, Declared::Interface(it))) => {
                self.structure(source, word, &it.body.body, depth)
            }
            None => words::named(word).ok_or_else(|| unknown(it.span, "there is no such type")),
        }
    }

    /// What declares a type: in this source or where it is imported from.
    fn declaration(
        &self,
        source: Source,
        name: &str,
        depth: usize,
    ) -> Option<(Source, Declared<'a>)> {
        for statement in &self.program(source)?.body {
            let declaration = match statement {
                Statement::ExportDeclaration(it) => Some(&it.declaration),
                other => other.as_declaration(),
            };
            match declaration {
                Some(Declaration::TSTypeAliasDeclaration(it)) if it.id.name == name => {
                    return Some((source, Declared::Alias(it)));
                }
                Some(Declaration::TSInterfaceDeclaration(it)) if it.id.name == name => {
                    return Some((source, Declared::Interface(it)));
                }
                _ => {}
            }
        }
        let (source, name) = self.imported(source, name)?;
        if depth > ALIASES_MAX { None } else { self.declaration(source, &name, depth + 1) }
    }
}

enum Declared<'a> {
    Alias(&'a TSTypeAliasDeclaration<'a>),
    Interface(&'a TSInterfaceDeclaration<'a>),
}

fn unknown(span: Span, why: &str) -> Finding {
    let what = format!(
        "this type cannot be in an interface: {why}; there are bigint, number, boolean, string, \
         address, bytes, bytes1 to bytes32, u8 to u256, i8 to i256, arrays, tuples and objects"
    );
    Finding::new(span.start, what)
}
