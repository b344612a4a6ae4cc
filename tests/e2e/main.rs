//! The built command, end to end: what it prints, where it writes, and how it ends.

mod ask;
mod audit;
#[cfg(unix)]
mod bad_input;
mod daily;
mod formats;
mod html;
#[cfg(unix)]
mod index;
mod ktrace;
mod layout;
mod lsp;
mod migrate;
mod model;
mod model_honest;
mod model_tools;
mod output;
mod packs;
mod parse;
mod refs;
mod support;
