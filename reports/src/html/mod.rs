//! Reports as one HTML file each, which loads nothing from elsewhere: [`page`] is the frame that all share, and each report fills it.

mod audit;
mod migration;
mod model;
pub mod page;
mod pool;
mod refs;

pub use audit::{Bytes, audit};
pub use migration::{plan, what_if};
pub use model::{checks, matrices};
pub use refs::refs;
