//! Kernel traces: what one is ([`info`]), its records for people ([`text`]), for programs ([`json`]) and for viewers
//! ([`perfetto`]).
//!
//! The exporters write record by record into a buffer that is used again, because a trace can be larger than memory.

pub mod bytes;
pub mod info;
pub mod json;
pub mod perfetto;
pub mod text;
