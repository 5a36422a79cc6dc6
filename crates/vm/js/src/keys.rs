//! Where the values of a contract lie in its storage. Texts are UTF-8; no key of one kind is one of
//! another.

/// The first byte of a record's key.
const RECORD: u8 = b's';

/// The first byte of a field's key, and of a map's counter.
const MAP: u8 = b'm';

/// The key of a record.
pub(crate) fn record_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + name.len());
    key.push(RECORD);
    key.extend_from_slice(name.as_bytes());
    key
}

/// The key of the counter of a map's fields.
pub(crate) fn map_key(map: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + map.len());
    key.push(MAP);
    key.extend_from_slice(map.as_bytes());
    key
}

/// What the keys of all fields of a map begin with. The length comes before the name, so that no
/// map's name with a field is another map's name with another field.
pub(crate) fn map_prefix(map: &str) -> Vec<u8> {
    let length = u32::try_from(map.len()).unwrap_or(u32::MAX);
    let mut key = Vec::with_capacity(5 + map.len());
    key.push(MAP);
    key.extend_from_slice(&length.to_be_bytes());
    key.extend_from_slice(map.as_bytes());
    key
}

/// The key of a field.
pub(crate) fn field_key(map: &str, field: &str) -> Vec<u8> {
    let mut key = map_prefix(map);
    key.extend_from_slice(field.as_bytes());
    key
}

/// The field in a key with this prefix.
pub(crate) fn field_of(prefix: &[u8], key: &[u8]) -> String {
    let field = key.strip_prefix(prefix).unwrap_or_default();
    String::from_utf8_lossy(field).into_owned()
}
