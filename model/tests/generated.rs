//! What `uioscope model test` wrote, compiled and run. An end-to-end test proves that it writes the same bytes again.

include!("generated/lwp_exit.rs");
