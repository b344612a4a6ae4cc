//! What policies must cost, and that nothing is lost count of.

use super::{Cost, Workload, simulate};
use crate::{Design, Policy};

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
