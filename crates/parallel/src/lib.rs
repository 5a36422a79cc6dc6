//! Many transactions at once, with the result of one after another.
