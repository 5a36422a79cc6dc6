//! Transactions in Solana's own form, behind a type of their own: the byte, then the signatures and
//! the message as Solana's clients write them.

#[cfg(feature = "svm")]
pub(super) use with_machine::Solana;
#[cfg(not(feature = "svm"))]
pub(super) use without_machine::Solana;

#[cfg(feature = "svm")]
mod with_machine {
    use kernel::{SolanaTransaction, Transaction, solana_transaction};
    use primitives::{Address, Bytes, Gas, Hash};

    use super::super::{AccessHint, DecodeError, EncodeError, SOLANA_TYPE};
    use crate::{
        SecretKey, SignatureError,
        signature::{sign_ed25519, verify_ed25519},
    };

    /// A transaction in Solana's own form.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(in super::super) struct Solana(SolanaTransaction);

    impl Solana {
        /// What follows the type.
        pub(in super::super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
            let read = SolanaTransaction::decode(bytes).map_err(malformed)?;
            Ok(Self(read))
        }

        /// A message with the signatures of `keys`, each of which it has to ask for.
        pub(in super::super) fn sign(
            message: &[u8],
            keys: &[SecretKey],
        ) -> Result<Self, EncodeError> {
            let wrong = |reason: String| EncodeError::Solana(reason);
            let message = kernel::SolanaMessage::decode(message);
            let message = message.map_err(|error| wrong(error.to_string()))?;
            let sign = |signer: Address| {
                let key = keys.iter().find(|key| key.address() == signer);
                let signed = key.and_then(|key| sign_ed25519(key, message.encode()));
                signed
                    .ok_or_else(|| wrong(format!("the ed25519 key of signer {signer} is missing")))
            };
            let signatures = message.signers().map(sign).collect::<Result<_, _>>()?;
            let signed = SolanaTransaction::new(signatures, message);
            Ok(Self(signed.map_err(|error| wrong(error.to_string()))?))
        }

        pub(in super::super) fn encode(&self) -> Bytes {
            [vec![SOLANA_TYPE], self.0.encode()].concat().into()
        }

        /// Who pays the fee, once all have been found to have signed.
        pub(in super::super) fn sender(&self) -> Result<Address, SignatureError> {
            let message = self.0.message();
            for (signer, signature) in self.0.signers() {
                verify_ed25519(signer.as_bytes(), signature, message.encode())?;
            }
            Ok(message.payer())
        }

        pub(in super::super) fn transaction(&self, hash: Hash) -> Transaction {
            solana_transaction(&self.0, hash)
        }

        pub(in super::super) fn gas_limit(&self) -> Gas {
            self.0.message().gas_limit()
        }

        pub(in super::super) fn priority_fee(&self) -> u128 {
            self.0.message().priority_fee()
        }

        /// The accounts that it locks: each is one record.
        pub(in super::super) fn hints(&self) -> Vec<AccessHint> {
            let hint = |(address, is_written)| AccessHint {
                address,
                keys: vec![Bytes::new()],
                is_written,
            };
            self.0.message().locks().map(hint).collect()
        }
    }

    fn malformed(error: impl ToString) -> DecodeError {
        DecodeError::Malformed { kind: SOLANA_TYPE, reason: error.to_string() }
    }
}

#[cfg(not(feature = "svm"))]
mod without_machine {
    use kernel::Transaction;
    use primitives::{Address, Bytes, Gas, Hash};

    use super::super::{AccessHint, DecodeError, EncodeError, SOLANA_TYPE};
    use crate::{SecretKey, SignatureError};

    /// No transaction: the machine for it is not part of this build.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(in super::super) enum Solana {}

    impl Solana {
        pub(in super::super) fn decode(_: &[u8]) -> Result<Self, DecodeError> {
            Err(DecodeError::UnknownType(SOLANA_TYPE))
        }

        pub(in super::super) fn sign(_: &[u8], _: &[SecretKey]) -> Result<Self, EncodeError> {
            Err(EncodeError::Solana("this build has no Solana machine".to_owned()))
        }

        pub(in super::super) fn encode(&self) -> Bytes {
            match *self {}
        }

        pub(in super::super) fn sender(&self) -> Result<Address, SignatureError> {
            match *self {}
        }

        pub(in super::super) fn transaction(&self, _: Hash) -> Transaction {
            match *self {}
        }

        pub(in super::super) fn gas_limit(&self) -> Gas {
            match *self {}
        }

        pub(in super::super) fn priority_fee(&self) -> u128 {
            match *self {}
        }

        pub(in super::super) fn hints(&self) -> Vec<AccessHint> {
            match *self {}
        }
    }
}
