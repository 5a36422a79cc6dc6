//! How large a pattern becomes. The numbers are part of the rules of a chain, since gas follows
//! them, and so is the version of the library that simplifies trees.

use regex_syntax::hir::{Class, Hir, HirKind};

/// What a class costs that has characters beyond ASCII: several bytes each.
const WIDE_CLASS: u32 = 16;

/// The weight of a tree, at least 1.
pub(crate) fn of(tree: &Hir) -> u32 {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => u32::try_from(literal.0.len()).unwrap_or(u32::MAX),
        HirKind::Class(class) => of_class(class),
        HirKind::Repetition(repetition) => {
            let rounds = repetition.max.unwrap_or_else(|| repetition.min.saturating_add(1));
            of(&repetition.sub).saturating_add(1).saturating_mul(rounds.max(1))
        }
        HirKind::Capture(capture) => of(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(|part| of(part).saturating_add(1)).fold(1, u32::saturating_add)
        }
    }
}

fn of_class(class: &Class) -> u32 {
    let (ranges, is_ascii) = match class {
        Class::Unicode(class) => (class.ranges().len(), class.is_ascii()),
        Class::Bytes(class) => (class.ranges().len(), class.is_ascii()),
    };
    let ranges = u32::try_from(ranges).unwrap_or(u32::MAX);
    let wide = if is_ascii { 0 } else { WIDE_CLASS };
    ranges.saturating_add(wide).saturating_add(1)
}
