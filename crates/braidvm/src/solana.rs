//! Accounts of Solana in a state.

use primitives::{Address, Wei};
use state::{Key, Namespace};
use vm_svm::{AccountRecord, TokenHolding};

use crate::{EngineError, StateAt};

/// Records that are read at once where all accounts are looked through.
const SCAN_RECORDS: usize = 1024;

/// What the state says of an account of Solana.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolanaAccountView {
    /// Its coin.
    pub balance: Wei,
    /// What else there is of it; that of an empty account where there is nothing.
    pub record: AccountRecord,
    /// Bytes of its data, the code that the record names among them.
    pub data_bytes: u64,
}

impl StateAt<'_> {
    /// An account of Solana: every identity is one.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails or holds something else than an account.
    pub fn solana_account(&self, address: &Address) -> Result<SolanaAccountView, EngineError> {
        let balance = self.inspect(address, 0)?.account.balance;
        let key = Key::new(Namespace::SvmAccount, address, &[]);
        let record = match self.view().read(&key)? {
            Some(bytes) => decode(&key, &bytes)?,
            None => AccountRecord::empty(),
        };
        let code = match &record.code_hash {
            Some(hash) => self.view().read(&Key::code(hash))?,
            None => None,
        };
        let code_bytes = code.map_or(0, |code| code.len());
        let data_bytes = (record.data.len() + code_bytes) as u64;
        Ok(SolanaAccountView { balance, record, data_bytes })
    }

    /// The token accounts of an owner, by their addresses. It looks through all accounts.
    ///
    /// # Errors
    ///
    /// As [`solana_account`](Self::solana_account).
    pub fn token_accounts(
        &self,
        owner: &Address,
    ) -> Result<Vec<(Address, TokenHolding)>, EngineError> {
        let prefix = [Namespace::SvmAccount as u8];
        let mut from = prefix.to_vec();
        let mut found = Vec::new();
        loop {
            let records = self.view().scan(&prefix, &from, SCAN_RECORDS)?;
            for (key, bytes) in &records {
                let holding = TokenHolding::read(&decode(key, bytes)?);
                found.extend(holding.filter(|it| it.owner == *owner).map(|it| (key.space(), it)));
            }
            match records.last() {
                Some((last, _)) if records.len() == SCAN_RECORDS => {
                    from = [last.as_bytes(), &[0]].concat();
                }
                _ => return Ok(found),
            }
        }
    }
}

fn decode(key: &Key, bytes: &[u8]) -> Result<AccountRecord, EngineError> {
    let record = AccountRecord::decode(bytes);
    Ok(record.ok_or_else(|| state::StateError::Corrupt {
        key: key.to_string(),
        reason: "it is no account of Solana".to_owned(),
    })?)
}
