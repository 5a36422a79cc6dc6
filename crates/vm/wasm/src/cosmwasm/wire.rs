//! The few messages of Protocol Buffers that contracts read in replies: what Cosmos chains answer
//! to a message. They hold fields of bytes alone.

/// An answer to a message: its type, and its fields in their order, empty ones left out.
pub(crate) fn answer(fields: &[&[u8]]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for (place, field) in fields.iter().enumerate().filter(|(_, field)| !field.is_empty()) {
        // The number of the field, and 2 for bytes with their length.
        put_varint(&mut encoded, ((place as u64 + 1) << 3) | 2);
        put_varint(&mut encoded, field.len() as u64);
        encoded.extend_from_slice(field);
    }
    encoded
}

fn put_varint(encoded: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        encoded.push(((number & 0x7f) as u8) | 0x80);
        number >>= 7;
    }
    encoded.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_their_numbers_and_lengths() {
        assert_eq!(answer(&[b"ab", b"c"]), [0x0a, 2, b'a', b'b', 0x12, 1, b'c']);
        assert_eq!(answer(&[b"", b"c"]), [0x12, 1, b'c']);
        assert!(answer(&[]).is_empty());
        assert_eq!(answer(&[&[7; 300]])[..3], [0x0a, 0xac, 0x02]);
    }
}
