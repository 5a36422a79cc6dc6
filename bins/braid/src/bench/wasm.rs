//! Measurements.

use super::Bench;
use crate::failure::Failure;

pub(super) fn run(_bench: &mut Bench<'_>) -> Result<(), Failure> {
    Ok(())
}
