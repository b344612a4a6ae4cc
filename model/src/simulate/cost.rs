//! What is measured.

use super::workload::Nanos;
use crate::{Design, Policy};
use hdrhistogram::Histogram;

/// One point of the curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// When.
    pub at: Nanos,
    /// Memory that processes hold which have begun to exit, in KiB.
    pub dead_kib: u64,
    /// Exits that wait.
    pub waiting: u64,
    /// Requests in flight.
    pub in_flight: u64,
}

/// What a policy cost.
#[derive(Debug, Clone)]
pub struct Cost {
    /// The policy of exit and exec.
    pub policy: Policy,
    /// What requests carried.
    pub design: Design,
    /// Events played.
    pub events: u64,
    /// From the start of an exit until the process is a zombie, in nanoseconds.
    pub exit: Histogram<u64>,
    /// The same of exec, until it goes on.
    pub exec: Histogram<u64>,
    /// Exits that still wait at the end, and how long the longest has waited.
    pub stuck: u64,
    /// See `stuck`.
    pub longest_wait: Nanos,
    /// Requests submitted.
    pub submitted: u64,
    /// Copied while their process lived.
    pub completed: u64,
    /// Copied after their process had gone.
    pub late: u64,
    /// Cancelled, so that their data was lost.
    pub lost: u64,
    /// Copied through a pointer to something that was gone or meant another address space: what a reference prevents.
    pub wild: u64,
    /// Mean over time of the memory that processes held which had begun to exit, in KiB.
    pub dead_kib_mean: u64,
    /// The same at its highest.
    pub dead_kib_peak: u64,
    /// The most references one vmspace had.
    pub peak_references: u32,
    /// Curves over time.
    pub curve: Vec<Sample>,
}
