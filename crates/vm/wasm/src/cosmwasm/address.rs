//! Addresses as CosmWasm contracts read and write them: hexadecimal in lower case with `0x`, of 20
//! bytes or of 32, and in no other form, so that equal addresses are equal texts.

use primitives::{Address, EvmAddress};

/// The text of an address.
pub(crate) fn text(address: &Address) -> String {
    // Both forms of `Display` have these digits; that of 20 bytes mixes their case (EIP-55).
    address.to_string().to_ascii_lowercase()
}

/// The address that a text means.
pub(crate) fn parse(found: &str) -> Result<Address, String> {
    let address: Address =
        found.parse().map_err(|error: primitives::AddressError| error.to_string())?;
    let expected = text(&address);
    if expected == found {
        return Ok(address);
    }
    Err(format!("address \"{found}\" is not in its one form, \"{expected}\""))
}

/// The same of bytes.
pub(crate) fn parse_bytes(found: &[u8]) -> Result<Address, String> {
    parse(core::str::from_utf8(found).map_err(|_| "an address is text in UTF-8".to_owned())?)
}

/// The bytes of an address: 20 where it is one of the EVM, else 32.
pub(crate) fn canonical(address: &Address) -> &[u8] {
    let bytes = address.as_bytes();
    if address.is_evm() { &bytes[12..] } else { bytes }
}

/// The address of these bytes.
pub(crate) fn of_canonical(bytes: &[u8]) -> Result<Address, String> {
    let found = bytes.len();
    if let Ok(bytes) = <[u8; 20]>::try_from(bytes) {
        return Ok(Address::from_evm(EvmAddress::from(bytes)));
    }
    let bytes: [u8; 32] = bytes
        .try_into()
        .map_err(|_| format!("a canonical address has 20 or 32 bytes, this one has {found}"))?;
    Ok(Address::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_has_one_text() {
        let known = "0x5b38da6a701c568545dcfcb03fcb875f56beddc4";
        assert!(parse(known).is_ok());
        assert!(parse("0x5B38Da6a701c568545dCfcB03FcB875f56beddC4").is_err());
        assert!(parse(&known[2..]).is_err());
        assert!(parse_bytes(&[0xff]).is_err());
        assert!(of_canonical(&[1; 21]).is_err());
    }

    proptest! {
        #[test]
        fn texts_and_bytes_come_back(whole: [u8; 32], short: [u8; 20]) {
            for address in [Address::new(whole), Address::from_evm(short.into())] {
                prop_assert_eq!(parse(&text(&address)), Ok(address));
                prop_assert_eq!(of_canonical(canonical(&address)), Ok(address));
            }
        }
    }
}
