//! What is measured.

use super::workload::Nanos;
use crate::{Design, LwpPolicy, Policy};
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
    /// What an LWP's exit did about its own requests.
    pub lwp_exit: LwpPolicy,
    /// Events played.
    pub events: u64,
    /// From the start of an exit until the process is a zombie, in nanoseconds.
    pub exit: Histogram<u64>,
    /// The same of exec, until it goes on.
    pub exec: Histogram<u64>,
    /// Exits that never end: nothing that is still to come lets them go on. They are no part of `exit`; see [`Cost::exit_at`].
    pub stuck: u64,
    /// How long the longest of them had waited when the run ended.
    pub longest_wait: Nanos,
    /// LWPs that exited by themselves.
    pub lwp_exits: u64,
    /// Time that exits and execs spent on cancelling.
    pub cancelling: Nanos,
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

impl Cost {
    /// How long an exit takes at that part of all of them, those that never end included; `None`: for ever.
    pub fn exit_at(&self, part: f64) -> Option<Nanos> {
        let all = self.exit.len() + self.stuck;
        let rank = ((part * all as f64).ceil() as u64).clamp(1, all.max(1));
        if rank > self.exit.len() {
            return (all == 0).then_some(0);
        }
        Some(self.exit.value_at_quantile(rank as f64 / self.exit.len() as f64))
    }

    /// The same runs with other seeds added up. Curves stay those of the first.
    ///
    /// # Errors
    /// Histograms that cannot be added, which those of one program can.
    pub fn merged(runs: &[Cost]) -> Result<Option<Cost>, String> {
        let Some((first, rest)) = runs.split_first() else { return Ok(None) };
        let mut all = first.clone();
        for run in rest {
            all.exit.add(&run.exit).map_err(|e| e.to_string())?;
            all.exec.add(&run.exec).map_err(|e| e.to_string())?;
            all.events += run.events;
            all.stuck += run.stuck;
            all.longest_wait = all.longest_wait.max(run.longest_wait);
            all.lwp_exits += run.lwp_exits;
            all.cancelling += run.cancelling;
            all.submitted += run.submitted;
            all.completed += run.completed;
            all.late += run.late;
            all.lost += run.lost;
            all.wild += run.wild;
            all.dead_kib_mean += run.dead_kib_mean;
            all.dead_kib_peak = all.dead_kib_peak.max(run.dead_kib_peak);
            all.peak_references = all.peak_references.max(run.peak_references);
        }
        all.dead_kib_mean /= runs.len() as u64;
        Ok(Some(all))
    }
}

/// A mean and how far from it the true one lies at most, with a confidence of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Half the width.
    pub half: f64,
}

/// Student's t for 95 % on both sides, for 1 to 30 degrees of freedom; then the normal distribution's.
const T: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

impl Interval {
    /// Of independent values; `None` of fewer than two, which say nothing about how far they scatter.
    pub fn of(values: &[f64]) -> Option<Interval> {
        let n = values.len() as f64;
        let t = T.get(values.len().checked_sub(2)?).copied().unwrap_or(1.960);
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Some(Interval { mean, half: t * (variance / n).sqrt() })
    }

    /// Whether it holds the value.
    pub fn holds(self, value: f64) -> bool {
        (value - self.mean).abs() <= self.half
    }
}
