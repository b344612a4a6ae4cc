//! The built command, end to end: what it prints, where it writes, and how it ends.

#[cfg(unix)]
mod bad_input;
mod audit;
mod formats;
mod output;
mod packs;
mod parse;
mod support;
