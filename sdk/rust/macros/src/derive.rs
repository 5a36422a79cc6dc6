//! The derive macros: events, errors, structs of the ABI, storage.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, Type, spanned::Spanned};

use crate::method::{camel_case, parameters, selector};

/// A named field.
struct Member {
    ident: Ident,
    of: Type,
    is_indexed: bool,
}

pub(crate) fn event(item: &DeriveInput) -> Result<TokenStream> {
    let members = struct_members(item)?;
    let (ident, name) = (&item.ident, item.ident.to_string());
    let types = members.iter().map(|member| &member.of);
    let tuple = quote!((#(#types,)*));
    let indexed: Vec<_> = members.iter().filter(|member| member.is_indexed).collect();
    if indexed.len() > 3 {
        return Err(Error::new(item.span(), "an event has at most 3 indexed fields"));
    }
    let topics = indexed.iter().map(|member| &member.ident);
    let plain = members.iter().filter(|member| !member.is_indexed);
    let data = plain.map(|member| &member.ident);
    let start = format!("{{\"type\":\"event\",\"name\":\"{name}\",\"inputs\":[");
    let inputs = members.iter().map(|member| {
        let (name, of) = (camel_case(&member.ident), &member.of);
        let start = format!("{{\"indexed\":{},", member.is_indexed);
        // The parameter as it is for a method, with the mark put in behind its opening brace.
        quote! {
            .with_items(
                &::braid_sdk::text::Json::from(#start)
                    .join_behind_brace(&::braid_sdk::abi::parameter::<#of>(#name)),
            )
        }
    });
    Ok(quote! {
        impl ::braid_sdk::Event for #ident {
            const JSON: ::braid_sdk::text::Json = ::braid_sdk::text::Json::from(#start)
                #(#inputs)*
                .with("],\"anonymous\":false}");

            fn topics(&self) -> ::braid_sdk::export::Vec<[u8; 32]> {
                const SIGNATURE: [u8; 32] = ::braid_sdk::text::keccak256(
                    ::braid_sdk::text::Name::from(#name)
                        .join(&<#tuple as ::braid_sdk::AbiType>::NAME)
                        .as_bytes(),
                );
                ::braid_sdk::export::vec![
                    SIGNATURE,
                    #(::braid_sdk::abi::Topic::topic(&self.#topics),)*
                ]
            }

            fn data(&self) -> ::braid_sdk::export::Vec<u8> {
                ::braid_sdk::abi::encode(&(#(::core::clone::Clone::clone(&self.#data),)*))
            }
        }
    })
}

pub(crate) fn contract_error(item: &DeriveInput) -> Result<TokenStream> {
    let ident = &item.ident;
    let mut json = TokenStream::new();
    let mut arms = Vec::new();
    let mut add = |name: &Ident, path: TokenStream, fields: &Fields| -> Result<()> {
        let members = members(fields)?;
        let (text, types) = (name.to_string(), members.iter().map(|member| &member.of));
        let selector = selector(&text, &quote!((#(#types,)*)));
        let fields: Vec<_> = members.iter().map(|member| &member.ident).collect();
        let inputs = parameters(members.iter().map(|m| (camel_case(&m.ident), &m.of)));
        let start = format!("{{\"type\":\"error\",\"name\":\"{text}\",\"inputs\":[");
        json.extend(quote! {
            .with_items(&::braid_sdk::text::Json::from(#start) #inputs .with("]}"))
        });
        arms.push(quote! {
            #path { #(#fields),* } => {
                const SELECTOR: u32 = #selector;
                ::braid_sdk::abi::encode_call(
                    SELECTOR,
                    &(#(::core::clone::Clone::clone(#fields),)*),
                )
            }
        });
        Ok(())
    };
    match &item.data {
        Data::Struct(data) => add(ident, quote!(Self), &data.fields)?,
        Data::Enum(data) => {
            for variant in &data.variants {
                let name = &variant.ident;
                add(name, quote!(Self::#name), &variant.fields)?;
            }
        }
        Data::Union(_) => return Err(Error::new(item.span(), "an error is a struct or an enum")),
    }
    Ok(quote! {
        impl ::braid_sdk::ContractError for #ident {
            const JSON: ::braid_sdk::text::Json = ::braid_sdk::text::Json::new() #json;

            fn encode(&self) -> ::braid_sdk::export::Vec<u8> {
                match self { #(#arms)* }
            }
        }
    })
}

pub(crate) fn abi_type(item: &DeriveInput) -> Result<TokenStream> {
    let members = struct_members(item)?;
    let ident = &item.ident;
    let fields: Vec<_> = members.iter().map(|member| &member.ident).collect();
    let types: Vec<_> = members.iter().map(|member| &member.of).collect();
    let heads: Vec<_> = fields.iter().map(|field| format_ident!("head_of_{}", field)).collect();
    let components = parameters(members.iter().map(|m| (camel_case(&m.ident), &m.of)));
    Ok(quote! {
        impl ::braid_sdk::AbiType for #ident {
            const NAME: ::braid_sdk::text::Name = <(#(#types,)*) as ::braid_sdk::AbiType>::NAME;
            const JSON_TYPE: ::braid_sdk::text::Name = ::braid_sdk::text::Name::from("tuple");
            const COMPONENTS: ::braid_sdk::text::Json =
                ::braid_sdk::text::Json::from(",\"components\":[") #components .with("]");
            const IS_DYNAMIC: bool = false #(|| <#types as ::braid_sdk::AbiType>::IS_DYNAMIC)*;
            const STATIC_BYTES: usize = 0 #(+ <#types as ::braid_sdk::AbiType>::STATIC_BYTES)*;

            fn encode_to(&self, out: &mut ::braid_sdk::export::Vec<u8>) {
                let frame = out.len();
                #(let #heads = ::braid_sdk::abi::encode_head(&self.#fields, out);)*
                #(::braid_sdk::abi::encode_tail(&self.#fields, out, #heads, frame);)*
            }

            fn decode_from(
                input: &mut ::braid_sdk::abi::Decoder<'_>,
            ) -> ::core::result::Result<Self, ::braid_sdk::abi::Malformed> {
                Ok(Self { #(#fields: input.read()?),* })
            }
        }
    })
}

pub(crate) fn storage(item: &DeriveInput) -> Result<TokenStream> {
    let members = struct_members(item)?;
    let ident = &item.ident;
    let fields: Vec<_> = members.iter().map(|member| &member.ident).collect();
    let names = fields.iter().map(|field| field.to_string());
    Ok(quote! {
        impl ::braid_sdk::Storage for #ident {
            fn attach() -> Self {
                Self { #(#fields: ::braid_sdk::storage::Field::attach(#names)),* }
            }
        }
    })
}

fn struct_members(item: &DeriveInput) -> Result<Vec<Member>> {
    if !item.generics.params.is_empty() {
        return Err(Error::new(
            item.generics.span(),
            "generic parameters have no place in the ABI",
        ));
    }
    match &item.data {
        Data::Struct(data) => members(&data.fields),
        _ => Err(Error::new(item.span(), "expected a struct")),
    }
}

fn members(fields: &Fields) -> Result<Vec<Member>> {
    if let Fields::Unnamed(unnamed) = fields {
        return Err(Error::new(unnamed.span(), "the fields need names"));
    }
    let named = fields.iter().filter_map(|field| {
        let is_indexed = field.attrs.iter().any(|attribute| attribute.path().is_ident("indexed"));
        field.ident.clone().map(|ident| Member { ident, of: field.ty.clone(), is_indexed })
    });
    Ok(named.collect())
}
