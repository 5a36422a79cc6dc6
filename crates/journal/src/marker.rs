//! The code under which the EVM sees a contract of another machine.
//!
//! Marker code is `0xEF 0xAA ‖ kind ‖ code hash`, 35 bytes. Code that starts with `0xEF` cannot be
//! deployed from London on (EIP-3541), so no contract can forge it; before London no code is taken
//! for a marker.

use primitives::{B256, Bytes, CodeHash, VmKind};

/// Bytes of marker code.
pub const MARKER_BYTES: usize = PREFIX.len() + 1 + 32;

const PREFIX: [u8; 2] = [0xef, 0xaa];

/// The marker code of a contract.
#[must_use]
pub fn encode(kind: VmKind, code_hash: CodeHash) -> Bytes {
    let mut bytes = Vec::with_capacity(MARKER_BYTES);
    bytes.extend_from_slice(&PREFIX);
    bytes.push(kind.code());
    bytes.extend_from_slice(code_hash.0.as_slice());
    assert!(bytes.len() == MARKER_BYTES, "marker code has one length");
    bytes.into()
}

/// The machine and the hash of the real code, or nothing where `code` is no marker.
#[must_use]
pub fn decode(code: &[u8]) -> Option<(VmKind, CodeHash)> {
    if code.len() != MARKER_BYTES {
        return None;
    }
    let (kind, hash) = code.strip_prefix(&PREFIX)?.split_first()?;
    let kind = VmKind::from_code(*kind).filter(|kind| *kind != VmKind::Evm)?;
    Some((kind, CodeHash(B256::from_slice(hash))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_foreign_kind_leads_back() {
        for kind in VmKind::ALL.iter().copied().filter(|kind| *kind != VmKind::Evm) {
            let hash = CodeHash::of(kind.name().as_bytes());
            assert_eq!(decode(&encode(kind, hash)), Some((kind, hash)));
        }
    }

    #[test]
    fn other_code_is_no_marker() {
        let marker = encode(VmKind::Wasm, CodeHash::EMPTY);
        assert_eq!(decode(&marker[..34]), None);
        assert_eq!(decode(&encode(VmKind::Evm, CodeHash::EMPTY)), None);
        let mut delegation = marker.to_vec();
        delegation[1] = 0x01;
        assert_eq!(decode(&delegation), None);
    }
}
