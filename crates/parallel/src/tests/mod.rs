//! Random programs on many threads against one after another.

#[cfg_attr(feature = "loom", allow(dead_code, reason = "small programs, none of them random"))]
mod toy;

#[cfg(not(any(feature = "loom", feature = "shuttle")))]
mod model;
#[cfg(feature = "loom")]
mod ordered;
#[cfg(all(feature = "shuttle", not(feature = "loom")))]
mod shuffled;
