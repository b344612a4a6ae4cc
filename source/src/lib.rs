//! Text in, trees and declarations out.
//!
//! The ground floor: [`text`] reads files, [`language`] knows which front end reads which of them, [`c`] and [`rust`] make
//! the same [`tree`] of either, [`body`] adds control flow, [`decls`] finds declarations by name, and [`layout`] computes
//! how a struct lies in memory on each machine. Nothing here knows what the trees are read for.
//!
//! - *Invariant:* only [`text`] does I/O.
//! - *Invariant:* parsing never fails; what was not understood is recorded with its reason.
//! - *Invariant:* the same input gives the same trees, with any number of threads.
#![forbid(unsafe_code)]

pub mod body;
pub mod c;
pub mod decls;
pub mod facts;
pub mod language;
pub mod layout;
pub mod places;
pub mod rust;
pub mod shapes;
pub mod stats;
pub mod text;
pub mod tree;
