//! The built command, end to end: what it prints, where it writes, and how it ends.

mod ask;
mod audit;
#[cfg(unix)]
mod bad_input;
mod formats;
mod migrate;
mod model;
mod output;
mod packs;
mod parse;
mod support;
