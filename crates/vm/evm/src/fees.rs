//! Who gets the fee of a transaction, and how.
//!
//! Every transaction of a block pays the same beneficiary. Where transactions run speculatively a
//! payment that loads the account would make each depend on all before it, so it is deferred.

use journal::ViewError;
use primitives::{Address, U256, Wei};
use revm::{
    context::{Block, Cfg, JournalTr, Transaction},
    context_interface::journaled_state::account::JournaledAccountTr,
    interpreter::Gas,
    primitives::hardfork::SpecId,
};

use crate::{context::EvmContext, dispatch::Dispatch};

/// Pays the fee: the tip to the beneficiary, the base fee and the fee of blobs to their recipient
/// if there is one.
pub(crate) fn pay(
    context: &mut EvmContext,
    dispatch: &Dispatch,
    gas: &Gas,
) -> Result<(), ViewError> {
    if context.cfg.is_fee_charge_disabled() {
        return Ok(());
    }
    let base_fee = u128::from(context.block.basefee());
    let price = context.tx.effective_gas_price(base_fee);
    // Reservoir gas is reimbursed (EIP-8037).
    let used = u128::from(gas.used().saturating_sub(gas.reservoir()));
    let burns = context.cfg.spec.is_enabled_in(SpecId::LONDON);
    // A call for which the base fee is not checked may offer less.
    let base_price = if burns { base_fee.min(price) } else { 0 };
    let tip = U256::from(price - base_price) * U256::from(used);
    let beneficiary = Address::from_evm(context.block.beneficiary);
    credit(context, dispatch, &beneficiary, tip)?;
    let Some(recipient) = &dispatch.base_fee_recipient else { return Ok(()) };
    let blob_price = context.block.blob_gasprice().unwrap_or_default();
    let blobs = U256::from(blob_price) * U256::from(context.tx.total_blob_gas());
    let amount = U256::from(base_price) * U256::from(used) + blobs;
    if amount.is_zero() {
        return Ok(());
    }
    credit(context, dispatch, recipient, amount)
}

fn credit(
    context: &mut EvmContext,
    dispatch: &Dispatch,
    to: &Address,
    amount: U256,
) -> Result<(), ViewError> {
    let journal = &mut context.journaled_state;
    if dispatch.defers_fees && journal.defer_credit(to, Wei(amount)) {
        return Ok(());
    }
    journal.load_account_mut(to.evm_alias())?.data.incr_balance(amount);
    Ok(())
}
