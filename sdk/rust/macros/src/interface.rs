//! `#[interface]`: a trait becomes a caller of contracts.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemTrait, Result, TraitItem, spanned::Spanned};

use crate::method::Method;

pub(crate) fn expand(item: &ItemTrait) -> Result<TokenStream> {
    let (name, visibility) = (&item.ident, &item.vis);
    let documents = item.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let mut methods = Vec::new();
    for member in &item.items {
        let TraitItem::Fn(function) = member else {
            return Err(Error::new(member.span(), "an interface has methods only"));
        };
        let mut attributes = function.attrs.clone();
        let method = Method::read(&function.sig, &mut attributes)?;
        methods.push(caller(&method, &attributes));
    }
    Ok(quote! {
        #(#documents)*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #visibility struct #name(::braid_sdk::contract::Callee);

        #[allow(dead_code, reason = "a contract may use a part of an interface")]
        impl #name {
            /// The contract at an address.
            #[must_use]
            pub const fn at(address: ::braid_sdk::Address) -> Self {
                Self(::braid_sdk::contract::Callee::new(address))
            }

            /// The same contract, with coin for the next calls.
            #[must_use]
            pub const fn with_value(mut self, value: ::braid_sdk::U256) -> Self {
                self.0.value = value;
                self
            }

            /// The same contract, with a limit of gas for a call.
            #[must_use]
            pub const fn with_gas(mut self, gas: ::braid_sdk::host::Gas) -> Self {
                self.0.gas = gas;
                self
            }

            #(#methods)*
        }
    })
}

fn caller(method: &Method, attributes: &[syn::Attribute]) -> TokenStream {
    let ident = &method.ident;
    let (names, types): (Vec<_>, Vec<_>) = method.arguments.iter().cloned().unzip();
    let results = method.result_tuple();
    let (output, value) = if method.returns_tuple {
        (results.clone(), quote!(results))
    } else {
        (method.results.iter().map(|of| quote!(#of)).collect(), quote!(results.0))
    };
    let selector = method.selector();
    let is_view = method.is_view();
    quote! {
        #(#attributes)*
        ///
        /// # Errors
        ///
        /// `CallError` where the callee failed.
        pub fn #ident(
            &self,
            #(#names: #types),*
        ) -> ::core::result::Result<#output, ::braid_sdk::host::CallError> {
            const SELECTOR: u32 = #selector;
            let results: #results = self.0.call(SELECTOR, &(#(#names,)*), #is_view)?;
            Ok(#value)
        }
    }
}
