//! Workloads: what a machine is asked to do, as a TOML file says it.

use rand::Rng;
use rand_distr::{Distribution, Exp, LogNormal, Pareto};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Nanoseconds.
pub type Nanos = u64;

/// A length of time in a file: `"250us"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Nanos);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Span, D::Error> {
        let text = String::deserialize(d)?;
        let bad = || serde::de::Error::custom(format!("`{text}` is no length of time: write 10ns, 250us, 3ms or 1.5s"));
        let split = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(bad)?;
        let (number, unit) = text.split_at(split);
        let scale = match unit {
            "ns" => 1.0,
            "us" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            _ => return Err(bad()),
        };
        let value: f64 = number.trim().parse().map_err(|_| bad())?;
        if !(0.0..=1e6).contains(&(value * scale / 1e9)) {
            return Err(bad());
        }
        Ok(Span((value * scale) as Nanos))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0 as f64;
        match self.0 {
            0..1_000 => write!(f, "{n} ns"),
            1_000..1_000_000 => write!(f, "{:.1} us", n / 1e3),
            1_000_000..1_000_000_000 => write!(f, "{:.1} ms", n / 1e6),
            _ => write!(f, "{:.2} s", n / 1e9),
        }
    }
}

/// How lengths of time are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Length {
    /// Always the same.
    Fixed(Span),
    /// Exponential, by its mean.
    Exponential(Span),
    /// Log-normal, by its median and the deviation of its logarithm.
    Lognormal {
        /// Half are shorter.
        median: Span,
        /// Deviation of the natural logarithm.
        sigma: f64,
    },
    /// Pareto: a long tail.
    Pareto {
        /// None is shorter.
        least: Span,
        /// The smaller, the longer the tail.
        shape: f64,
    },
}

/// A [`Length`] ready to be drawn from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Draw {
    Fixed(Nanos),
    Exponential(Exp<f64>),
    Lognormal(LogNormal<f64>),
    Pareto(Pareto<f64>),
}

impl Length {
    pub(super) fn draw(self) -> Result<Draw, String> {
        let bad = |e: &dyn fmt::Display| format!("{e}; lengths and shapes are greater than zero");
        let mean = match self {
            Length::Fixed(_) => 1,
            Length::Exponential(Span(n)) | Length::Lognormal { median: Span(n), .. } => n,
            Length::Pareto { least: Span(n), .. } => n,
        };
        if mean == 0 {
            return Err("lengths that are drawn are greater than zero".to_owned());
        }
        Ok(match self {
            Length::Fixed(span) => Draw::Fixed(span.0),
            Length::Exponential(mean) => Draw::Exponential(Exp::new(1.0 / mean.0 as f64).map_err(|e| bad(&e))?),
            Length::Lognormal { median, sigma } => {
                Draw::Lognormal(LogNormal::new((median.0 as f64).ln(), sigma).map_err(|e| bad(&e))?)
            }
            Length::Pareto { least, shape } => Draw::Pareto(Pareto::new(least.0 as f64, shape).map_err(|e| bad(&e))?),
        })
    }
}

impl Draw {
    pub(super) fn next(&self, rng: &mut impl Rng) -> Nanos {
        // A century at most, so that sums do not overflow.
        const MOST: f64 = 3e18;
        let x = match self {
            Draw::Fixed(n) => return *n,
            Draw::Exponential(d) => d.sample(rng),
            Draw::Lognormal(d) => d.sample(rng),
            Draw::Pareto(d) => d.sample(rng),
        };
        x.min(MOST) as Nanos
    }
}

/// One kind of request.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// `disk`, `pipe`, …
    pub name: String,
    /// Its part of all requests, beside the parts of the others.
    pub share: f64,
    /// From being enqueued until its data is there.
    pub service: Length,
    /// How long a worker copies it.
    pub copy: Length,
    /// How many are served at once, the others waiting their turn, as at a disk; without it, all of them.
    #[serde(default)]
    pub servers: Option<u32>,
    /// The part of them whose data never comes: a pipe that nobody writes to.
    #[serde(default)]
    pub never: f64,
}

/// What processes do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procs {
    /// How many run at once; one that exits is replaced by a new one.
    pub count: u32,
    /// LWPs of each.
    pub lwps: u32,
    /// From fork to exit.
    pub lifetime: Length,
    /// From one request of an LWP to its next.
    pub think: Length,
    /// The part of them that exec in the middle of their lives.
    #[serde(default)]
    pub exec: f64,
    /// The part of them that share another's vmspace, as after vfork.
    #[serde(default)]
    pub share: f64,
    /// Memory of a vmspace, in KiB.
    pub kib: u64,
    /// When an LWP pauses before its next request.
    #[serde(default, rename = "loop")]
    pub submits: Submits,
    /// How long an LWP lives, if it does not live as long as its process; one that exits is replaced.
    #[serde(default)]
    pub lwp_lifetime: Option<Length>,
    /// How long it takes to cancel one request.
    #[serde(default)]
    pub cancel: Option<Length>,
}

/// When an LWP pauses before its next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Submits {
    /// From one submission to the next, whatever becomes of the first.
    #[default]
    Open,
    /// From the end of a request to the next submission.
    Closed,
}

/// A workload.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// One line.
    pub title: String,
    /// The same seed gives the same result.
    #[serde(default)]
    pub seed: u64,
    /// How much time is played.
    pub duration: Span,
    /// How much of it, at the beginning, is not counted.
    #[serde(default = "none")]
    pub warmup: Span,
    /// I/O workers; a request whose data is there waits for one.
    pub workers: u32,
    /// Processes.
    pub procs: Procs,
    /// Kinds of requests.
    #[serde(rename = "request")]
    pub requests: Vec<Kind>,
}

fn none() -> Span {
    Span(0)
}

/// A workload that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct WorkloadError {
    /// The file, as the user named it.
    pub file: String,
    /// 1-based.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

/// More processes than this are not played.
const MOST_PROCS: u32 = 1 << 20;
/// Nor more LWPs of one process.
const MOST_LWPS: u32 = 1 << 10;

impl Workload {
    /// Reads and checks a file's text.
    ///
    /// # Errors
    /// What is no TOML, unknown keys, counts of zero or beyond the limits, parts outside 0 to 1.
    pub fn parse(file: &str, text: &str) -> Result<Workload, WorkloadError> {
        let line_of = |at: usize| 1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count();
        let error = |line: usize, message: String| WorkloadError { file: file.to_owned(), line, message };
        let workload: Workload = toml::from_str(text)
            .map_err(|e| error(e.span().map_or(1, |s| line_of(s.start)), e.message().to_owned()))?;
        // Where a key stands, for values that are well formed and make no sense.
        let at = |key: &str| {
            let stands = |l: &str| l.trim_start().strip_prefix(key).is_some_and(|r| r.trim_start().starts_with('='));
            1 + text.lines().position(stands).unwrap_or(0)
        };
        let fail = |key: &str, message: &str| Err(error(at(key), format!("{key}: {message}")));
        let (w, part) = (&workload, |x: f64| (0.0..=1.0).contains(&x));
        if w.duration.0 == 0 {
            return fail("duration", "nothing would happen; write for instance \"10s\"");
        }
        if w.warmup >= w.duration {
            return fail("warmup", "nothing would be counted; shorter than the duration");
        }
        if w.requests.iter().any(|k| k.servers == Some(0)) {
            return fail("servers", "no request would ever be served; at least 1");
        }
        if w.workers == 0 {
            return fail("workers", "no request would ever be copied; at least 1");
        }
        if !(1..=MOST_PROCS).contains(&w.procs.count) {
            return fail("count", "between 1 and 1048576 processes");
        }
        if !(1..=MOST_LWPS).contains(&w.procs.lwps) {
            return fail("lwps", "between 1 and 1024 LWPs");
        }
        for (key, value) in [("exec", w.procs.exec), ("share", w.procs.share)] {
            if !part(value) {
                return fail(key, "a part between 0 and 1");
            }
        }
        if w.requests.is_empty() || !w.requests.iter().any(|k| k.share > 0.0) {
            return Err(error(1, "no [[request]] with a share above 0".to_owned()));
        }
        if w.requests.len() > 16 || w.requests.iter().any(|k| !k.share.is_finite() || k.share < 0.0) {
            return Err(error(1, "at most 16 kinds of requests, with shares of 0 or more".to_owned()));
        }
        if w.requests.iter().any(|k| !part(k.never)) {
            return fail("never", "a part between 0 and 1");
        }
        let lengths = [("lifetime", w.procs.lifetime), ("think", w.procs.think)].into_iter();
        let optional = [("lwp_lifetime", w.procs.lwp_lifetime), ("cancel", w.procs.cancel)];
        let lengths = lengths.chain(optional.into_iter().filter_map(|(key, length)| Some((key, length?))));
        let of_kinds = w.requests.iter().flat_map(|k| [("service", k.service), ("copy", k.copy)]);
        for (key, length) in lengths.chain(of_kinds) {
            if let Err(message) = length.draw() {
                return fail(key, &message);
            }
        }
        if matches!(w.procs.think, Length::Fixed(Span(0)))
            || matches!(w.procs.lifetime, Length::Fixed(Span(0)))
            || w.procs.lwp_lifetime == Some(Length::Fixed(Span(0)))
        {
            return fail("think", "lives and pauses of no length would never end; longer than 0");
        }
        Ok(workload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "title = \"t\"\nduration = \"1s\"\nworkers = 4\n[procs]\ncount = 10\nlwps = 2\n\
        lifetime = { exponential = \"50ms\" }\nthink = { exponential = \"2ms\" }\nkib = 4\n\
        [[request]]\nname = \"disk\"\nshare = 1.0\nservice = { lognormal = { median = \"3ms\", sigma = 1.0 } }\n\
        copy = { fixed = \"20us\" }\n";

    fn check(from: &str, to: &str, wanted: &str) {
        let error = Workload::parse("w.toml", &SMALL.replace(from, to)).expect_err("an error").to_string();
        assert!(error.starts_with("w.toml:") && error.contains(wanted), "{error}");
    }

    #[test]
    fn what_makes_no_sense_is_named_with_its_line() {
        Workload::parse("w.toml", SMALL).expect("a workload");
        check("workers = 4", "workers = 0", "w.toml:3: workers: no request");
        check("count = 10", "count = 0", "w.toml:5: count");
        check("count = 10", "coutn = 10", "unknown field `coutn`");
        check("\"50ms\"", "\"50 parsecs\"", "no length of time");
        check("share = 1.0", "share = 0.0", "no [[request]]");
        check("\"2ms\"", "\"0s\"", "greater than zero");
    }
}
