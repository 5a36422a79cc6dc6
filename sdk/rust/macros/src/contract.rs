//! `#[contract]`: entries, dispatch and the interface of an `impl` block.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Error, Ident, ImplItem, ItemImpl, Path, Result, Token, parenthesized,
    parse::{Parse, ParseStream},
    parse_quote,
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::method::{Method, camel_case, parameters};

/// `events(...)` and `errors(...)`.
pub(crate) struct Arguments {
    events: Vec<Path>,
    errors: Vec<Path>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self { events: Vec::new(), errors: Vec::new() };
        while !input.is_empty() {
            let ident: Ident = input.parse()?;
            let inner;
            parenthesized!(inner in input);
            let paths = Punctuated::<Path, Token![,]>::parse_terminated(&inner)?;
            match ident.to_string().as_str() {
                "events" => arguments.events.extend(paths),
                "errors" => arguments.errors.extend(paths),
                _ => return Err(Error::new(ident.span(), "expected `events` or `errors`")),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

pub(crate) fn expand(arguments: &Arguments, mut block: ItemImpl) -> Result<TokenStream> {
    let contract = block.self_ty.clone();
    let mut methods = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        if function.sig.receiver().is_none() {
            continue;
        }
        let method = Method::read(&function.sig, &mut function.attrs)?;
        if method.has("constructor") {
            function.attrs.push(parse_quote! {
                #[allow(
                    clippy::new_ret_no_self,
                    clippy::wrong_self_convention,
                    reason = "a constructor fills the storage that is there already"
                )]
            });
        }
        if !method.has("internal") {
            methods.push(method);
        }
    }
    for role in ["constructor", "receive", "fallback"] {
        if let Some(second) = methods.iter().filter(|method| method.has(role)).nth(1) {
            return Err(Error::new(second.ident.span(), format!("there is one `{role}` already")));
        }
    }
    let interface = interface(arguments, &methods);
    let call = call(&methods);
    let constructor = role(&methods, "constructor");
    let deploy = match constructor {
        Some(method) => run(method, &quote!(input)),
        None => quote!({
            let _ = input;
            Ok(::braid_sdk::export::Vec::new())
        }),
    };
    let exports = exports(&block, constructor.is_some());
    Ok(quote! {
        #block

        impl ::braid_sdk::Contract for #contract {
            const INTERFACE: ::braid_sdk::text::Interface = #interface;

            fn call(input: &[u8]) -> ::braid_sdk::host::Outcome {
                #call
            }

            fn deploy(input: &[u8]) -> ::braid_sdk::host::Outcome {
                #deploy
            }
        }

        #exports
    })
}

fn role<'a>(methods: &'a [Method], role: &str) -> Option<&'a Method> {
    methods.iter().find(|method| method.has(role))
}

fn is_function(method: &&Method) -> bool {
    !["constructor", "receive", "fallback"].iter().any(|role| method.has(role))
}

/// The interface as a constant expression.
fn interface(arguments: &Arguments, methods: &[Method]) -> TokenStream {
    let items = methods.iter().map(|method| {
        let mutability = method.state_mutability();
        let inputs = parameters(method.arguments.iter().map(|(name, of)| (camel_case(name), of)));
        if method.has("receive") || method.has("fallback") {
            let kind = if method.has("receive") { "receive" } else { "fallback" };
            let text = format!("{{\"type\":\"{kind}\",\"stateMutability\":\"{mutability}\"}}");
            return quote!(.with_items(&::braid_sdk::text::Json::from(#text)));
        }
        let end = format!("],\"stateMutability\":\"{mutability}\"}}");
        let (start, outputs) = if method.has("constructor") {
            ("{\"type\":\"constructor\",\"inputs\":[".to_owned(), TokenStream::new())
        } else {
            let outputs = parameters(method.results.iter().map(|of| (String::new(), of)));
            let start =
                format!("{{\"type\":\"function\",\"name\":\"{}\",\"inputs\":[", method.name);
            (start, quote!(.with("],\"outputs\":[") #outputs))
        };
        quote! {
            .with_items(&::braid_sdk::text::Json::from(#start) #inputs #outputs .with(#end))
        }
    });
    let (events, errors) = (&arguments.events, &arguments.errors);
    quote! {
        ::braid_sdk::text::Interface::from("[")
            #(#items)*
            #(.with_items(&<#events as ::braid_sdk::Event>::JSON))*
            #(.with_items(&<#errors as ::braid_sdk::ContractError>::JSON))*
            .with("]")
    }
}

/// The body of `Contract::call`.
fn call(methods: &[Method]) -> TokenStream {
    let functions: Vec<&Method> = methods.iter().filter(is_function).collect();
    let names: Vec<Ident> = functions
        .iter()
        .map(|method| format_ident!("SELECTOR_{}", method.ident.to_string().to_uppercase()))
        .collect();
    let selectors = functions.iter().map(|method| method.selector());
    let arms = functions.iter().map(|method| run(method, &quote!(arguments)));
    let fallback = match role(methods, "fallback") {
        Some(method) => run_fallback(method),
        None => quote!(Err(::braid_sdk::export::Vec::new())),
    };
    let receive = role(methods, "receive").map(|method| {
        let run = run(method, &quote!(input));
        quote! { if input.is_empty() { return #run; } }
    });
    quote! {
        #(const #names: u32 = #selectors;)*
        #receive
        let Some((selector, arguments)) = ::braid_sdk::contract::split_selector(input) else {
            return #fallback;
        };
        #[deny(unreachable_patterns, reason = "two methods must not share a selector")]
        match selector {
            #(#names => #arms)*
            _ => #fallback,
        }
    }
}

/// Refuses coin, decodes, calls, encodes.
fn run(method: &Method, input: &TokenStream) -> TokenStream {
    let ident = &method.ident;
    let names: Vec<&Ident> = method.arguments.iter().map(|(name, _)| name).collect();
    let tuple = method.argument_tuple();
    let refuse = (!method.has("payable") && !method.has("receive"))
        .then(|| quote!(::braid_sdk::contract::refuse_value()?;));
    let decode = if names.is_empty() {
        quote!(let _ = #input;)
    } else {
        quote! {
            let (#(#names,)*): #tuple = ::braid_sdk::contract::arguments(#input)?;
        }
    };
    let attach = attach();
    let called = quote!(contract.#ident(#(#names),*));
    let value = if method.is_fallible { unwrap(&called) } else { called };
    let encode = if method.results.is_empty() {
        quote!({ #value; Ok(::braid_sdk::export::Vec::new()) })
    } else if method.returns_tuple {
        quote!(Ok(::braid_sdk::abi::encode(&#value)))
    } else {
        quote!(Ok(::braid_sdk::abi::encode(&(#value,))))
    };
    quote!({ #refuse #decode #attach #encode })
}

fn run_fallback(method: &Method) -> TokenStream {
    let ident = &method.ident;
    let refuse = (!method.has("payable")).then(|| quote!(::braid_sdk::contract::refuse_value()?;));
    let attach = attach();
    let called = quote!(contract.#ident(::braid_sdk::abi::Bytes(input.to_vec())));
    let value = if method.is_fallible { unwrap(&called) } else { called };
    quote!({ #refuse #attach Ok(#value.0) })
}

fn attach() -> TokenStream {
    quote! {
        #[allow(unused_mut, reason = "not every method writes")]
        let mut contract = <Self as ::braid_sdk::Storage>::attach();
    }
}

fn unwrap(called: &TokenStream) -> TokenStream {
    quote!(#called.map_err(|error| ::braid_sdk::ContractError::encode(&error))?)
}

/// The exports and the custom section, in WebAssembly alone.
fn exports(block: &ItemImpl, has_constructor: bool) -> TokenStream {
    let contract = &block.self_ty;
    let deploy = has_constructor.then(|| {
        quote! {
            #[unsafe(export_name = "deploy")]
            extern "C" fn deploy(input_bytes: u32) -> i32 {
                ::braid_sdk::contract::run(
                    input_bytes,
                    <#contract as ::braid_sdk::Contract>::deploy,
                )
            }
        }
    });
    let span = block.span();
    quote::quote_spanned! {span=>
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, dead_code, reason = "exports and a section are for the linker")]
        const _: () = {
            #[unsafe(export_name = "call")]
            extern "C" fn call(input_bytes: u32) -> i32 {
                ::braid_sdk::contract::run(
                    input_bytes,
                    <#contract as ::braid_sdk::Contract>::call,
                )
            }

            #deploy

            const TEXT: ::braid_sdk::text::Interface =
                <#contract as ::braid_sdk::Contract>::INTERFACE;

            #[unsafe(link_section = "braid.interface")]
            static SECTION: [u8; TEXT.len()] = TEXT.to_array();
        };
    }
}
