//! Types, values and interfaces of contracts, and the codecs between values and bytes.

use serde::{Deserialize, Serialize};

/// What a contract offers: methods, constructor, events and errors.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Interface {}
