//! Discrete events: what a policy costs on workloads that are too large to be exhausted. Thousands of processes submit
//! millions of requests, exit and exec; measured are exit latency, memory that dead processes hold, requests lost or late, and
//! references.
//!
//! The rules are those of the explorer (a request is enqueued, its data comes, a worker copies it, its reference is
//! released; exit and exec apply a policy), with time in them. One seed gives one result, on every machine.

mod cost;
mod engine;
mod leave;
mod parts;
mod queue;
#[cfg(test)]
mod tests;
mod workload;

pub use cost::{Cost, Interval, Sample};
pub use engine::{simulate, simulate_with};
pub use queue::Queue;
pub use workload::{Kind, Length, Nanos, Procs, Span, Submits, Workload, WorkloadError};
