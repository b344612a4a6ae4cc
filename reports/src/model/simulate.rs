//! What policies cost, side by side: a table, and a picture.

use super::svg::{Anchor, COLOURS, Svg};
use crate::numbers::grouped;
use crate::safe::clip;
use crate::style::{Ink, Style};
use serde::Serialize;
use uioscope_model::simulate::{Cost, Span, Workload};

/// The workload, then one line for each policy. Ends with a line end.
pub fn text(workload: &Workload, costs: &[Cost], style: Style) -> String {
    let p = &workload.procs;
    let design = costs.first().map_or("", |c| c.design.name());
    let mut out = format!(
        "{}\n{} procs of {} LWPs, {} workers, {} of time, seed {}, requests carry {design}\n\n",
        style.paint(Ink::Title, &clip(&workload.title, 100)),
        grouped(u64::from(p.count)),
        p.lwps,
        grouped(u64::from(workload.workers)),
        workload.duration,
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
    for c in costs {
        let at = |q: f64| Span(c.exit.value_at_quantile(q)).to_string();
        rows.push(vec![
            c.policy.name().to_owned(),
            grouped(c.exit.len()),
            at(0.5),
            at(0.99),
            Span(c.exit.max().max(c.longest_wait)).to_string(),
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
    out += "\nlate: copied after the process was gone; lost: cancelled; wild: through a pointer that no longer meant the request's address space\n";
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
    exit_p50_ns: u64,
    exit_p90_ns: u64,
    exit_p99_ns: u64,
    exit_max_ns: u64,
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
}

#[derive(Serialize)]
struct CostDocument<'a> {
    schema: &'static str,
    workload: &'a str,
    seed: u64,
    design: &'a str,
    policies: Vec<CostRow<'a>>,
}

/// `uioscope.simulate/1`.
pub fn json(workload: &Workload, costs: &[Cost]) -> Vec<u8> {
    let rows = costs.iter().map(|c| CostRow {
        policy: c.policy.name(),
        exits: c.exit.len(),
        exit_p50_ns: c.exit.value_at_quantile(0.5),
        exit_p90_ns: c.exit.value_at_quantile(0.9),
        exit_p99_ns: c.exit.value_at_quantile(0.99),
        exit_max_ns: c.exit.max(),
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
    });
    let document = CostDocument {
        schema: "uioscope.simulate/1",
        workload: &workload.title,
        seed: workload.seed,
        design: costs.first().map_or("", |c| c.design.name()),
        policies: rows.collect(),
    };
    let mut out = Vec::new();
    crate::json::document(&mut out, &document).expect("writing to memory does not fail");
    out
}

const WIDTH: f64 = 900.0;
const PLOT: (f64, f64) = (380.0, 220.0);

/// Memory of dead processes over time, and exit latency by percentile, a curve for each policy.
pub fn svg(workload: &Workload, costs: &[Cost]) -> String {
    let mut svg = Svg::default();
    svg.text((20.0, 24.0), Anchor::Start, &workload.title, "font-size=\"14\" font-weight=\"bold\"");
    let top = costs.iter().flat_map(|c| &c.curve).map(|s| s.dead_kib).max().unwrap_or(0).max(1);
    let end = workload.duration.0.max(1);
    let (left, right) = ((60.0, 60.0), (500.0, 60.0));
    frame(&mut svg, left, "memory of processes that have begun to exit", &memory(top), &workload.duration.to_string());
    frame(&mut svg, right, "exit latency by percentile (logarithmic)", "10 s", "100 %");
    for (i, c) in costs.iter().enumerate() {
        let colour = COLOURS[i % COLOURS.len()];
        let points: Vec<(f64, f64)> = c
            .curve
            .iter()
            .map(|s| {
                let (x, y) = (s.at as f64 / end as f64, s.dead_kib as f64 / top as f64);
                (left.0 + x * PLOT.0, left.1 + (1.0 - y) * PLOT.1)
            })
            .collect();
        svg.curve(&points, colour);
        // From a microsecond to ten seconds.
        let height = |n: u64| ((n.max(1_000) as f64 / 1e3).log10() / 7.0).min(1.0);
        let points: Vec<(f64, f64)> = (0..=100)
            .map(|q| {
                let n = c.exit.value_at_quantile(f64::from(q) / 100.0);
                (right.0 + f64::from(q) / 100.0 * PLOT.0, right.1 + (1.0 - height(n)) * PLOT.1)
            })
            .collect();
        svg.curve(&points, colour);
        let x = 60.0 + 140.0 * i as f64;
        svg.line((x, 318.0), (x + 20.0, 318.0), colour, 3.0);
        svg.text((x + 26.0, 322.0), Anchor::Start, c.policy.name(), "");
    }
    svg.finish(WIDTH, 345.0, &workload.title)
}

fn frame(svg: &mut Svg, at: (f64, f64), title: &str, top: &str, end: &str) {
    svg.text((at.0, at.1 - 8.0), Anchor::Start, title, "");
    svg.line((at.0, at.1), (at.0, at.1 + PLOT.1), "#888", 1.0);
    svg.line((at.0, at.1 + PLOT.1), (at.0 + PLOT.0, at.1 + PLOT.1), "#888", 1.0);
    svg.text((at.0 - 4.0, at.1 + 10.0), Anchor::End, top, "font-size=\"9\"");
    svg.text((at.0 - 4.0, at.1 + PLOT.1), Anchor::End, "0", "font-size=\"9\"");
    svg.text((at.0 + PLOT.0, at.1 + PLOT.1 + 14.0), Anchor::End, end, "font-size=\"9\"");
}
