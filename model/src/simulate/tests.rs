//! What policies must cost, and that nothing is lost count of.

use super::{Cost, Interval, Workload, simulate, simulate_with};
use crate::{Design, LwpPolicy, Policy};

fn check(never: f64, design: Design, policy: Policy) -> Cost {
    let text = format!(
        "title = \"t\"\nseed = 5\nduration = \"2s\"\nworkers = 2\n[procs]\ncount = 50\nlwps = 2\nexec = 0.2\nshare = 0.1\n\
         lifetime = {{ exponential = \"50ms\" }}\nthink = {{ exponential = \"2ms\" }}\nkib = 4\n\
         [[request]]\nname = \"pipe\"\nshare = 1.0\nservice = {{ exponential = \"3ms\" }}\n\
         copy = {{ fixed = \"20us\" }}\nnever = {never}\n"
    );
    let workload = Workload::parse("w.toml", &text).expect("a workload");
    simulate(&workload, design, policy).expect("a result")
}

#[test]
fn every_request_ends_in_one_way() {
    for &design in Design::ALL {
        for &policy in Policy::ALL {
            let c = check(0.0, design, policy);
            let ended = c.completed + c.late + c.lost + c.wild;
            // What is left is in flight: at most what was submitted in the last moments.
            assert!(c.submitted >= ended && c.submitted - ended < 500, "{design} {policy}: {c:?}");
            assert!(c.exit.len() > 1_000 && c.peak_references > 0);
        }
    }
}

#[test]
fn policies_cost_what_they_must() {
    let of = |policy| check(0.01, Design::Referenced, policy);
    let (none, drain, cancel, both) =
        (of(Policy::None), of(Policy::Drain), of(Policy::Cancel), of(Policy::CancelDrain));
    assert!(none.late > 0 && none.lost == 0 && none.exit.max() == 0);
    assert!(none.dead_kib_mean > both.dead_kib_mean, "a pipe that nobody writes to pins its vmspace");
    assert!(drain.stuck > 0 && drain.late == 0, "draining waits for ever");
    assert!(cancel.lost > 0 && cancel.stuck == 0);
    assert!(both.late == 0 && both.stuck <= 2, "only a copy is waited for");
    let borrowed = |policy| check(0.01, Design::Proc, policy).wild;
    assert!(borrowed(Policy::None) > 0 && borrowed(Policy::Drain) == 0 && borrowed(Policy::CancelDrain) == 0);
}

#[test]
fn one_seed_gives_one_result() {
    let text = || format!("{:?}", check(0.01, Design::Referenced, Policy::Drain));
    assert_eq!(text(), text());
}

/// One queue: arrivals at random, a number of servers, and hardly any copy.
fn queue(servers: &str, mean: &str, seed: u64) -> Cost {
    let text = format!(
        "title = \"q\"\nseed = {seed}\nduration = \"40s\"\nwarmup = \"4s\"\nworkers = 1000\n[procs]\ncount = 1\nlwps = 1\n\
         lifetime = {{ fixed = \"3000s\" }}\nthink = {{ exponential = \"1ms\" }}\nkib = 4\n\
         [[request]]\nname = \"q\"\nshare = 1.0\nservice = {{ exponential = \"{mean}\" }}\n{servers}\ncopy = {{ fixed = \"0ns\" }}\n"
    );
    let workload = Workload::parse("q.toml", &text).expect("a workload");
    simulate(&workload, Design::Referenced, Policy::None).expect("a result")
}

/// How many are in flight on average, after the first tenth.
fn in_flight(cost: &Cost) -> f64 {
    let after = &cost.curve[cost.curve.len() / 10..];
    after.iter().map(|s| s.in_flight as f64).sum::<f64>() / after.len() as f64
}

/// Whether theory lies in the interval over some seeds, widened by what a thousand such tests need.
fn check_theory(servers: &str, mean: &str, wanted: f64) {
    let found: Vec<f64> = (0..8).map(|seed| in_flight(&queue(servers, mean, seed))).collect();
    let interval = Interval::of(&found).expect("several seeds");
    let wide = Interval { half: 2.0 * interval.half, ..interval };
    assert!(wide.holds(wanted), "{servers} {mean}: {interval:?}, wanted {wanted}");
}

#[test]
fn a_queue_with_one_server_is_m_m_1() {
    // In flight on average: rho / (1 - rho).
    check_theory("servers = 1", "500us", 1.0);
    check_theory("servers = 1", "700us", 0.7 / 0.3);
}

#[test]
fn a_queue_without_end_is_m_m_infinity() {
    // By Little's law: arrivals a second times the time of one.
    check_theory("", "3ms", 3.0);
}

fn exits(more: &str, never: f64, policy: Policy, lwp_exit: LwpPolicy, design: Design) -> Cost {
    let text = format!(
        "title = \"t\"\nseed = 3\nduration = \"1s\"\nworkers = 2\n[procs]\ncount = 20\nlwps = 2\n{more}\n\
         lifetime = {{ exponential = \"50ms\" }}\nthink = {{ exponential = \"2ms\" }}\nkib = 4\n\
         [[request]]\nname = \"disk\"\nshare = 1.0\nservice = {{ exponential = \"3ms\" }}\ncopy = {{ fixed = \"20us\" }}\nnever = {never}\n"
    );
    let workload = Workload::parse("w.toml", &text).expect("a workload");
    simulate_with(&workload, design, policy, lwp_exit).expect("a result")
}

#[test]
fn exits_that_never_end_are_in_the_percentiles() {
    let c = exits("", 0.2, Policy::Drain, LwpPolicy::None, Design::Referenced);
    assert!(c.stuck * 10 > c.exit.len(), "{} of {}", c.stuck, c.exit.len());
    assert_eq!(c.exit_at(1.0), None);
    let ended = c.exit.len() as f64 / (c.exit.len() + c.stuck) as f64;
    assert!(c.exit_at(ended * 0.99).is_some() && c.exit_at((ended * 1.01).min(1.0)).is_none());
    // What is only slow has ended when the run is followed to its end.
    let slow = exits("", 0.0, Policy::Drain, LwpPolicy::None, Design::Referenced);
    assert!(slow.stuck == 0 && slow.exit_at(1.0).is_some());
}

#[test]
fn cancelling_takes_the_time_that_it_takes() {
    let free = exits("", 0.0, Policy::CancelDrain, LwpPolicy::None, Design::Referenced);
    let paid = exits("cancel = { fixed = \"100us\" }", 0.0, Policy::CancelDrain, LwpPolicy::None, Design::Referenced);
    assert_eq!(free.cancelling, 0);
    assert!(paid.cancelling == 100_000 * paid.lost, "{} for {}", paid.cancelling, paid.lost);
    assert!(paid.exit.mean() > free.exit.mean() + 50_000.0);
}

#[test]
fn a_closed_loop_has_one_request_of_each_lwp_in_flight() {
    let c = exits("loop = \"closed\"", 0.0, Policy::Drain, LwpPolicy::None, Design::Referenced);
    let most = c.curve.iter().map(|s| s.in_flight).max().unwrap_or(0);
    // Beside those of processes that run, those of processes that exit.
    assert!(most <= 2 * (20 + c.curve.iter().map(|s| s.waiting).max().unwrap_or(0)), "{most}");
    let open = exits("", 0.0, Policy::Drain, LwpPolicy::None, Design::Referenced);
    assert!(c.submitted < open.submitted);
}

#[test]
fn lwps_that_exit_leave_what_their_policy_leaves() {
    let of =
        |policy, design| exits("lwp_lifetime = { exponential = \"5ms\" }", 0.0, Policy::CancelDrain, policy, design);
    let none = of(LwpPolicy::None, Design::Lwp);
    assert!(none.lwp_exits > 1000 && none.wild > 0);
    assert_eq!(of(LwpPolicy::None, Design::Referenced).wild, 0);
    assert!(of(LwpPolicy::Reparent, Design::Lwp).wild == 0 && of(LwpPolicy::TakeOver, Design::Lwp).wild == 0);
    let (loose, cut) = (of(LwpPolicy::Detach, Design::Lwp), of(LwpPolicy::CancelDrain, Design::Lwp));
    assert!(loose.wild == 0 && loose.lost > of(LwpPolicy::Reparent, Design::Lwp).lost);
    assert!(cut.wild == 0 && cut.lost > 0);
}

#[test]
fn intervals_hold_what_they_say() {
    assert_eq!(Interval::of(&[1.0]), None);
    let interval = Interval::of(&[1.0, 2.0, 3.0]).expect("three values");
    assert!((interval.mean - 2.0).abs() < 1e-9 && (interval.half - 4.303 / 3f64.sqrt()).abs() < 1e-3);
}
