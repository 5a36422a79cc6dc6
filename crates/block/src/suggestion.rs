//! What a misspelt key of a file was meant to be.

/// How many letters may differ between a key and the one that was meant.
const DISTANCE_MAX: usize = 3;

/// Adds "did you mean" to serde's message of an unknown field, which lists the known ones.
#[must_use]
pub fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.contains("unknown field") || message.contains("unknown variant");
    let (true, Some(unknown)) = (is_unknown, quoted.next()) else { return message.to_owned() };
    let nearest = quoted
        .map(|known| (strsim::levenshtein(unknown, known), known))
        .filter(|(distance, _)| *distance <= DISTANCE_MAX)
        .min();
    match nearest {
        Some((_, known)) => format!("{message}; did you mean `{known}`?"),
        None => message.to_owned(),
    }
}
