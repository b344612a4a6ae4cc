//! Reports as one HTML file each, which loads nothing from elsewhere: [`page`] is the frame that all share, and each report fills it.

pub mod audit;
pub mod page;
mod pool;

pub use audit::audit;
