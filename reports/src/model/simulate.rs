//! What policies cost, side by side: a table, and a picture.

use super::svg::{Anchor, COLOURS, Svg};
use crate::numbers::{counted, grouped};
use crate::safe::clip;
use crate::style::{Ink, Style};
use serde::Serialize;
use std::collections::BTreeMap;
use uioscope_model::simulate::{Cost, Interval, Span, Workload};

/// The workload, then one line for each policy. Ends with a line end.
pub fn text(workload: &Workload, played: &[Played], style: Style) -> String {
    let p = &workload.procs;
    let design = played.first().map_or("", |c| c.all.design.name());
    let seeds = played.first().map_or(1, |c| c.runs.len() as u64);
    let mut out = format!(
        "{}\n{} procs of {} LWPs, {} workers, {} of time{}, {} from {}, requests carry {design}\n\n",
        style.paint(Ink::Title, &clip(&workload.title, 100)),
        grouped(u64::from(p.count)),
        p.lwps,
        grouped(u64::from(workload.workers)),
        workload.duration,
        if workload.warmup.0 > 0 { format!(" after {} of warm-up", workload.warmup) } else { String::new() },
        counted(seeds, "seed", "seeds"),
        workload.seed
    );
    let head = [
        "policy",
        "exits",
        "p50",
        "p99",
        "longest",
        "stuck",
        "requests",
        "late",
        "lost",
        "wild",
        "dead mean",
        "dead peak",
        "refs",
        "events",
    ];
    let mut rows: Vec<Vec<String>> = vec![head.iter().map(|h| (*h).to_owned()).collect()];
    for played in played {
        let c = &played.all;
        let at = |q: f64| match (c.exit_at(q), played.interval(|run| Some(run.exit_at(q)? as f64))) {
            (None, _) => "unbounded".to_owned(),
            (Some(n), Some(interval)) if seeds > 1 => format!("{} ±{}", Span(n), Span(interval.half as u64)),
            (Some(n), _) => Span(n).to_string(),
        };
        rows.push(vec![
            c.policy.name().to_owned(),
            grouped(c.exit.len()),
            at(0.5),
            at(0.99),
            if c.stuck > 0 { "unbounded".to_owned() } else { Span(c.exit.max()).to_string() },
            grouped(c.stuck),
            grouped(c.submitted),
            grouped(c.late),
            grouped(c.lost),
            grouped(c.wild),
            memory(c.dead_kib_mean),
            memory(c.dead_kib_peak),
            grouped(u64::from(c.peak_references)),
            grouped(c.events),
        ]);
    }
    for (i, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(j, cell)| {
                let width = rows.iter().map(|r| r[j].len()).max().unwrap_or(0);
                let padded = if j == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") };
                let is_bad = i > 0 && matches!(head[j], "stuck" | "wild" | "lost") && cell != "0";
                style.paint(
                    if i == 0 {
                        Ink::Dim
                    } else if is_bad {
                        Ink::Abuse
                    } else {
                        Ink::Plain
                    },
                    &padded,
                )
            })
            .collect();
        out += cells.join("  ").trim_end();
        out.push('\n');
    }
    if seeds > 1 {
        out += "\n±: half of a 95 % confidence interval over the seeds; counts are sums over them\n";
    }
    out += "\nstuck: exits that never end; they are in the percentiles, as unbounded\n";
    out += "late: copied after the process was gone; lost: cancelled; wild: through a pointer that no longer meant the request's address space\n";
    out += "dead: memory of processes that have begun to exit\n";
    out
}

fn memory(kib: u64) -> String {
    match kib {
        0 => "0".to_owned(),
        1..1_024 => format!("{kib} KiB"),
        1_024..1_048_576 => format!("{:.1} MiB", kib as f64 / 1024.0),
        _ => format!("{:.1} GiB", kib as f64 / 1_048_576.0),
    }
}

#[derive(Serialize)]
struct CostRow<'a> {
    policy: &'a str,
    exits: u64,
    exit_p50_ns: Option<u64>,
    exit_p90_ns: Option<u64>,
    exit_p99_ns: Option<u64>,
    exit_max_ns: Option<u64>,
    execs: u64,
    exec_p99_ns: u64,
    stuck: u64,
    longest_wait_ns: u64,
    submitted: u64,
    completed: u64,
    late: u64,
    lost: u64,
    wild: u64,
    dead_kib_mean: u64,
    dead_kib_peak: u64,
    peak_references: u32,
    events: u64,
    lwp_exits: u64,
    cancelling_ns: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    intervals: BTreeMap<&'static str, [f64; 2]>,
}

#[derive(Serialize)]
struct CostDocument<'a> {
    schema: &'static str,
    workload: &'a str,
    seed: u64,
    design: &'a str,
    seeds: usize,
    lwp_exit: &'a str,
    policies: Vec<CostRow<'a>>,
}

/// `uioscope.simulate/1`. A percentile that is null is unbounded: so many exits never end.
pub fn json(workload: &Workload, played: &[Played]) -> Vec<u8> {
    let rows = played.iter().map(|played| {
        let c = &played.all;
        let figures: [(&'static str, Figure); 5] = [
            ("exit_p50_ns", |c| Some(c.exit_at(0.5)? as f64)),
            ("exit_p90_ns", |c| Some(c.exit_at(0.9)? as f64)),
            ("exit_p99_ns", |c| Some(c.exit_at(0.99)? as f64)),
            ("dead_kib_mean", |c| Some(c.dead_kib_mean as f64)),
            ("lost", |c| Some(c.lost as f64)),
        ];
        let interval = |of: Figure| {
            let found = played.interval(of)?;
            Some([found.mean - found.half, found.mean + found.half])
        };
        CostRow {
            policy: c.policy.name(),
            exits: c.exit.len(),
            exit_p50_ns: c.exit_at(0.5),
            exit_p90_ns: c.exit_at(0.9),
            exit_p99_ns: c.exit_at(0.99),
            exit_max_ns: (c.stuck == 0).then(|| c.exit.max()),
            execs: c.exec.len(),
            exec_p99_ns: c.exec.value_at_quantile(0.99),
            stuck: c.stuck,
            longest_wait_ns: c.longest_wait,
            submitted: c.submitted,
            completed: c.completed,
            late: c.late,
            lost: c.lost,
            wild: c.wild,
            dead_kib_mean: c.dead_kib_mean,
            dead_kib_peak: c.dead_kib_peak,
            peak_references: c.peak_references,
            events: c.events,
            lwp_exits: c.lwp_exits,
            cancelling_ns: c.cancelling,
            intervals: figures.into_iter().filter_map(|(name, of)| Some((name, interval(of)?))).collect(),
        }
    });
    let first = played.first();
    let document = CostDocument {
        schema: "uioscope.simulate/1",
        workload: &workload.title,
        seed: workload.seed,
        design: first.map_or("", |c| c.all.design.name()),
        seeds: first.map_or(0, |c| c.runs.len()),
        lwp_exit: first.map_or("", |c| c.all.lwp_exit.name()),
        policies: rows.collect(),
    };
    let mut out = Vec::new();
    crate::json::document(&mut out, &document).expect("writing to memory does not fail");
    out
}

/// A figure of one run, if it has it.
type Figure = fn(&Cost) -> Option<f64>;

/// A policy's cost over all seeds, and of each.
#[derive(Debug, Clone)]
pub struct Played {
    /// All of them added up.
    pub all: Cost,
    /// One for each seed.
    pub runs: Vec<Cost>,
}

impl Played {
    /// A figure's interval over the seeds; `None` where a seed has none, or there are fewer than two.
    pub fn interval(&self, of: impl Fn(&Cost) -> Option<f64>) -> Option<Interval> {
        let values: Option<Vec<f64>> = self.runs.iter().map(of).collect();
        Interval::of(&values?)
    }
}

const WIDTH: f64 = 980.0;
const PLOT: (f64, f64) = (380.0, 220.0);

/// From a microsecond to ten seconds, and above that what never ends.
const TICKS: [(&str, f64); 9] = [
    ("1 us", 0.0),
    ("10 us", 1.0),
    ("100 us", 2.0),
    ("1 ms", 3.0),
    ("10 ms", 4.0),
    ("100 ms", 5.0),
    ("1 s", 6.0),
    ("10 s", 7.0),
    ("never", 8.0),
];
/// Where the axis ends.
const DECADES: f64 = 8.0;
/// Curves that run on one another are told apart by width and dash, the widest first.
const LOOKS: [(f64, &str); 4] = [(5.0, ""), (3.5, "9 4"), (2.2, "4 3"), (1.2, "")];

/// Memory of dead processes over time, and exit latency by percentile, a curve for each policy.
pub fn svg(workload: &Workload, played: &[Played]) -> String {
    let mut svg = Svg::default();
    svg.text((20.0, 24.0), Anchor::Start, &workload.title, "font-size=\"14\" font-weight=\"bold\"");
    let top = played.iter().flat_map(|c| &c.all.curve).map(|s| s.dead_kib).max().unwrap_or(0).max(1);
    let end = workload.duration.0.max(1);
    let (left, right) = ((80.0, 60.0), (560.0, 60.0));
    frame(&mut svg, left, "memory of processes that have begun to exit");
    let share = |n: u64, of: u64| n as f64 / of as f64;
    for quarter in 0..=4u64 {
        let part = share(quarter, 4);
        ruled(&mut svg, left, 1.0 - part, &memory(top * quarter / 4));
        let (x, y) = (left.0 + part * PLOT.0, left.1 + PLOT.1 + 14.0);
        svg.text((x, y), Anchor::Middle, &Span(end / 4 * quarter).to_string(), "font-size=\"9\"");
        let (x, percent) = (right.0 + part * PLOT.0, format!("{} %", 25 * quarter));
        svg.text((x, right.1 + PLOT.1 + 14.0), Anchor::Middle, &percent, "font-size=\"9\"");
    }
    frame(&mut svg, right, "an exit takes at most so long, by percentile");
    for (label, decade) in TICKS {
        ruled(&mut svg, right, 1.0 - decade / DECADES, label);
    }
    for (i, played) in played.iter().enumerate() {
        let c = &played.all;
        let (colour, (width, dash)) = (COLOURS[i % COLOURS.len()], LOOKS[i % LOOKS.len()]);
        let points: Vec<(f64, f64)> = c
            .curve
            .iter()
            .map(|s| (left.0 + share(s.at, end) * PLOT.0, left.1 + (1.0 - share(s.dead_kib, top)) * PLOT.1))
            .collect();
        svg.dashed(&points, colour, width, dash);
        let height = |n: Option<u64>| match n {
            None => 1.0,
            Some(n) => ((n.max(1_000) as f64 / 1e3).log10() / DECADES).min((DECADES - 1.0) / DECADES),
        };
        let points: Vec<(f64, f64)> = (0..=100)
            .map(|q| {
                let part = f64::from(q) / 100.0;
                (right.0 + part * PLOT.0, right.1 + (1.0 - height(c.exit_at(part))) * PLOT.1)
            })
            .collect();
        svg.dashed(&points, colour, width, dash);
        let x = 80.0 + 140.0 * i as f64;
        svg.dashed(&[(x, 318.0), (x + 20.0, 318.0)], colour, width, dash);
        svg.text((x + 26.0, 322.0), Anchor::Start, c.policy.name(), "");
    }
    svg.finish(WIDTH, 345.0, &workload.title)
}

fn frame(svg: &mut Svg, at: (f64, f64), title: &str) {
    svg.text((at.0, at.1 - 12.0), Anchor::Start, title, "");
    svg.line((at.0, at.1), (at.0, at.1 + PLOT.1), "#888", 1.0);
    svg.line((at.0, at.1 + PLOT.1), (at.0 + PLOT.0, at.1 + PLOT.1), "#888", 1.0);
}

/// A thin line across the plot, with what it stands for; `part` from the top.
fn ruled(svg: &mut Svg, at: (f64, f64), part: f64, label: &str) {
    let y = at.1 + part * PLOT.1;
    svg.line((at.0, y), (at.0 + PLOT.0, y), "#ddd", 0.5);
    svg.text((at.0 - 4.0, y + 3.0), Anchor::End, label, "font-size=\"9\"");
}
