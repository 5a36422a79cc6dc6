//! Random programs on many threads against one after another.

mod toy;

#[cfg(not(any(feature = "loom", feature = "shuttle")))]
mod model;
#[cfg(feature = "loom")]
mod ordered;
#[cfg(all(feature = "shuttle", not(feature = "loom")))]
mod shuffled;
