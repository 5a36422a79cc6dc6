//! What a method of a contract or of an interface says about itself.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Error, FnArg, GenericArgument, Ident, LitStr, Pat, PathArguments, Receiver, Result,
    ReturnType, Signature, Type, spanned::Spanned,
};

/// The attributes that mean something to the macros; they are taken away from the code.
const ATTRIBUTES: [&str; 8] =
    ["constructor", "view", "pure", "payable", "receive", "fallback", "internal", "name"];

/// One method.
pub(crate) struct Method {
    pub(crate) ident: Ident,
    /// The name in the interface.
    pub(crate) name: String,
    pub(crate) arguments: Vec<(Ident, Type)>,
    /// The types of the results, after `Result` is taken off.
    pub(crate) results: Vec<Type>,
    /// Whether the results stand in a tuple.
    pub(crate) returns_tuple: bool,
    pub(crate) is_fallible: bool,
    attributes: Vec<String>,
}

impl Method {
    /// Reads a method and removes the attributes that are for the macros.
    pub(crate) fn read(signature: &Signature, attributes: &mut Vec<Attribute>) -> Result<Self> {
        let mut name = camel_case(&signature.ident);
        let mut found = Vec::new();
        for attribute in attributes.iter() {
            let Some(ident) = attribute.path().get_ident().map(Ident::to_string) else { continue };
            if ident == "name" {
                name = attribute.parse_args::<LitStr>()?.value();
            }
            if ATTRIBUTES.contains(&ident.as_str()) {
                found.push(ident);
            }
        }
        attributes
            .retain(|attribute| !ATTRIBUTES.iter().any(|known| attribute.path().is_ident(known)));
        let (results, returns_tuple, is_fallible) = results(&signature.output);
        let arguments = arguments(signature)?;
        let ident = signature.ident.clone();
        let method =
            Self { ident, name, arguments, results, returns_tuple, is_fallible, attributes: found };
        method.check(signature)?;
        Ok(method)
    }

    pub(crate) fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|found| found == attribute)
    }

    /// Whether a call of it may write nothing.
    pub(crate) fn is_view(&self) -> bool {
        self.has("view") || self.has("pure")
    }

    /// The word of Solidity's JSON.
    pub(crate) fn state_mutability(&self) -> &'static str {
        if self.has("view") {
            "view"
        } else if self.has("pure") {
            "pure"
        } else if self.has("payable") || self.has("receive") {
            "payable"
        } else {
            "nonpayable"
        }
    }

    /// The tuple type of the arguments.
    pub(crate) fn argument_tuple(&self) -> TokenStream {
        let types = self.arguments.iter().map(|(_, of)| of);
        quote!((#(#types,)*))
    }

    /// The tuple type of the results.
    pub(crate) fn result_tuple(&self) -> TokenStream {
        let types = &self.results;
        quote!((#(#types,)*))
    }

    /// A constant expression: the selector.
    pub(crate) fn selector(&self) -> TokenStream {
        selector(&self.name, &self.argument_tuple())
    }

    fn check(&self, signature: &Signature) -> Result<()> {
        let roles = ["constructor", "receive", "fallback", "internal"];
        let kinds = ["view", "pure", "payable"];
        let count = |of: &[&str]| of.iter().filter(|name| self.has(name)).count();
        if count(&roles) > 1 || count(&kinds) > 1 {
            return Err(Error::new(signature.span(), "these attributes exclude each other"));
        }
        let writes = signature.receiver().is_some_and(|this| this.mutability.is_some());
        if self.is_view() && writes {
            return Err(Error::new(signature.span(), "a view takes `&self`"));
        }
        if self.has("receive") && !self.arguments.is_empty() {
            return Err(Error::new(signature.span(), "`receive` has no arguments"));
        }
        if self.has("fallback") && (self.arguments.len() != 1 || self.results.len() != 1) {
            let message = "`fallback` takes the input as `Bytes` and gives the output as `Bytes`";
            return Err(Error::new(signature.span(), message));
        }
        if (self.has("constructor") || self.has("receive")) && !self.results.is_empty() {
            return Err(Error::new(signature.span(), "it may return an error but no value"));
        }
        Ok(())
    }
}

/// A constant expression: the selector of a name with a tuple of parameters.
pub(crate) fn selector(name: &str, tuple: &TokenStream) -> TokenStream {
    quote! {
        ::braid_sdk::text::selector(
            ::braid_sdk::text::Name::from(#name)
                .join(&<#tuple as ::braid_sdk::AbiType>::NAME)
                .as_bytes(),
        )
    }
}

/// `balance_of` is `balanceOf` in the interface.
pub(crate) fn camel_case(ident: &Ident) -> String {
    let text = ident.to_string();
    let text = text.trim_start_matches("r#");
    let mut name = String::new();
    for (at, word) in text.split('_').filter(|word| !word.is_empty()).enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if at > 0 => name.push(first.to_ascii_uppercase()),
            Some(first) => name.push(first),
            None => {}
        }
        name.extend(letters);
    }
    name
}

/// The calls that append parameters to a list in JSON.
pub(crate) fn parameters<'a>(items: impl Iterator<Item = (String, &'a Type)>) -> TokenStream {
    let mut tokens = TokenStream::new();
    for (name, of) in items {
        tokens.extend(quote!(.with_items(&::braid_sdk::abi::parameter::<#of>(#name))));
    }
    tokens
}

fn arguments(signature: &Signature) -> Result<Vec<(Ident, Type)>> {
    let Some(FnArg::Receiver(Receiver { reference: Some(_), .. })) = signature.inputs.first()
    else {
        return Err(Error::new(signature.span(), "a method takes `&self` or `&mut self`"));
    };
    let mut arguments = Vec::new();
    for input in signature.inputs.iter().skip(1) {
        let FnArg::Typed(typed) = input else { continue };
        let Pat::Ident(pattern) = typed.pat.as_ref() else {
            return Err(Error::new(typed.span(), "an argument needs a name"));
        };
        arguments.push((pattern.ident.clone(), typed.ty.as_ref().clone()));
    }
    if arguments.len() > 8 {
        return Err(Error::new(signature.span(), "a method has at most 8 arguments; use a struct"));
    }
    Ok(arguments)
}

/// The result types, whether they are a tuple, whether they came in a `Result`.
fn results(output: &ReturnType) -> (Vec<Type>, bool, bool) {
    let ReturnType::Type(_, whole) = output else { return (Vec::new(), true, false) };
    let (value, is_fallible) = match ok_type(whole) {
        Some(value) => (value, true),
        None => (whole.as_ref(), false),
    };
    match value {
        Type::Tuple(tuple) => (tuple.elems.iter().cloned().collect(), true, is_fallible),
        single => (vec![single.clone()], false, is_fallible),
    }
}

/// `T` of `Result<T, E>`.
fn ok_type(of: &Type) -> Option<&Type> {
    let Type::Path(path) = of else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(value) => Some(value),
        _ => None,
    }
}
