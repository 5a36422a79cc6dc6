//! The part of the machine that is written in the language itself: it takes away of the language
//! what engines do differently, and puts metered methods in the place of those that are linear.

/// The prelude: a function of the host function, which hands back the function that runs scripts.
pub(crate) const SOURCE: &str = concat!(
    "(door => {'use strict';\n",
    include_str!("prelude/basics.js"),
    include_str!("prelude/objects.js"),
    include_str!("prelude/strings.js"),
    include_str!("prelude/regexps.js"),
    include_str!("prelude/numbers.js"),
    include_str!("prelude/arrays.js"),
    include_str!("prelude/collections.js"),
    include_str!("prelude/json.js"),
    include_str!("prelude/operators.js"),
    include_str!("prelude/things.js"),
    include_str!("prelude/chain.js"),
    include_str!("prelude/freeze.js"),
    include_str!("prelude/run.js"),
    "\n})",
);

#[cfg(test)]
mod tests {
    use super::SOURCE;

    #[test]
    fn no_template_calls_what_is_metered() {
        let code = SOURCE.lines().filter(|line| !line.trim_start().starts_with("//"));
        let templates: Vec<_> = code.filter(|line| line.contains("${")).collect();
        assert!(templates.is_empty(), "{templates:?}");
    }
}
