//! What is split into steps must stay split. Each test plays a scenario twice, as kernels do it and with one step merged or
//! one thing simplified, and the answer differs.

use uioscope_model::Ability::{Disk, Exec, Exit, LwpExit, Pipe, Vfork};
use uioscope_model::Property::{Deadlock, DoubleFree, Leak, UseAfterFreeLwp, UseAfterFreeVmspace, WrongAddressSpace};
use uioscope_model::{Design, LwpPolicy, Policy, Property, Scenario, Steps, Take};

fn violated(sc: &Scenario) -> Vec<Property> {
    sc.check().expect("playable").violated()
}

#[test]
fn the_copy_as_one_step_hides_that_cancelling_can_fail() {
    let split = Scenario::new(Design::Proc).vmspaces(2).exec(Policy::Cancel).allow([Disk, Exec]);
    let merged = split.clone().steps(Steps { copy_at_once: true, ..Steps::default() });
    assert_eq!(violated(&split), [WrongAddressSpace]);
    assert_eq!(violated(&merged), []);
}

#[test]
fn submission_as_one_step_hides_exec_racing_another_lwps_submission() {
    let split = Scenario::new(Design::Proc)
        .lwps(2)
        .vmspaces(2)
        .start([(2, 0)])
        .exec(Policy::CancelDrain)
        .allow([Disk, Exec])
        .steps(Steps { policy_before_wait: true, ..Steps::default() });
    let merged = split.clone().steps(Steps { policy_before_wait: true, submit_at_once: true, ..Steps::default() });
    assert_eq!(violated(&split), [WrongAddressSpace]);
    assert_eq!(violated(&merged), []);
}

#[test]
fn a_policy_before_the_wait_misses_what_is_submitted_in_between() {
    let after = Scenario::new(Design::Borrowed).lwps(2).start([(2, 0)]).exit(Policy::CancelDrain);
    let before = after.clone().steps(Steps { policy_before_wait: true, ..Steps::default() });
    assert_eq!(violated(&after), []);
    assert_eq!(violated(&before), [UseAfterFreeVmspace]);
}

#[test]
fn looking_and_then_cancelling_finishes_a_request_twice() {
    let atomic = Scenario::new(Design::Referenced).exit(Policy::CancelDrain);
    let split = atomic.clone().steps(Steps { look_then_cancel: true, ..Steps::default() });
    assert_eq!(violated(&atomic), []);
    assert_eq!(violated(&split), [DoubleFree]);
}

#[test]
fn counts_that_are_read_and_then_written_give_leak_use_after_free_and_double_free() {
    let atomic = Scenario::new(Design::Referenced).procs(2).requests(2).allow([Disk, Exit, Vfork]);
    let split = atomic.clone().steps(Steps { split_count: true, ..Steps::default() });
    assert_eq!(violated(&atomic), []);
    assert_eq!(violated(&split), [UseAfterFreeVmspace, DoubleFree, Leak]);
}

#[test]
fn a_reference_taken_at_the_copy_is_too_late() {
    let early = Scenario::new(Design::Referenced);
    let late = Scenario { take: Take::Copy, ..early.clone() };
    assert_eq!(violated(&early), []);
    assert_eq!(violated(&late), [UseAfterFreeVmspace]);
}

#[test]
fn exit_as_one_guarded_step_hides_the_deadlock_of_draining() {
    let split = Scenario::new(Design::Proc).exit(Policy::Drain).allow([Pipe, Exit]);
    let merged = split.clone().steps(Steps { exit_at_once: true, ..Steps::default() });
    assert_eq!(violated(&split), [Deadlock]);
    assert_eq!(violated(&merged), []);
}

#[test]
fn one_lwp_in_each_proc_hides_the_bug_of_the_lwp_design() {
    let two = Scenario::new(Design::Lwp).lwps(2).start([(2, 0)]).exit(Policy::CancelDrain).allow([Disk, Exit, LwpExit]);
    let one = two.clone().lwps(1).start([(1, 0)]);
    assert_eq!(violated(&two), [UseAfterFreeLwp]);
    assert_eq!(violated(&one), []);
}

#[test]
fn an_exec_that_waits_for_a_vmspace_makes_up_a_deadlock() {
    let fails = Scenario::new(Design::Referenced).procs(2).vmspaces(2).start([(1, 0), (1, 1)]).allow([Exec]);
    let waits = fails.clone().steps(Steps { exec_waits_for_vmspace: true, ..Steps::default() });
    assert_eq!(violated(&fails), []);
    assert_eq!(violated(&waits), [Deadlock]);
}

#[test]
fn a_partial_deadlock_is_found_while_another_proc_runs() {
    // p1 can live for ever and never writes: every state has a step, and still p0 cannot finish exiting.
    let sc = Scenario::new(Design::Proc).lwps(2).start([(2, 0)]).lwp_exit(LwpPolicy::Drain).allow([
        Pipe,
        LwpExit,
        uioscope_model::Ability::LwpCreate,
    ]);
    assert_eq!(violated(&sc), [Deadlock]);
}

#[test]
fn a_reused_slot_does_not_make_a_stale_pointer_good() {
    // exec takes a fresh vmspace and can get the very slot that was freed before it; the request still knows.
    let sc = Scenario::new(Design::Borrowed).vmspaces(2).allow([Disk, Exec]);
    assert_eq!(violated(&sc), [UseAfterFreeVmspace]);
    let reused = Scenario::new(Design::Proc).procs(2).vmspaces(2).allow([Disk, Exit, Vfork]);
    assert!(violated(&reused).contains(&Property::UseAfterFreeProc));
}

#[test]
fn the_standard_question_has_the_answers_that_are_known() {
    use Policy::{Cancel, CancelDrain, Drain, None};
    let check = |design, exit, exec| violated(&Scenario::standard(design, exit, exec));
    assert_eq!(check(Design::Referenced, Cancel, Cancel), []);
    assert_eq!(check(Design::Referenced, CancelDrain, CancelDrain), []);
    assert_eq!(check(Design::Referenced, None, None), [Leak]);
    assert_eq!(check(Design::Referenced, Drain, Drain), [Deadlock]);
    assert_eq!(check(Design::Proc, CancelDrain, CancelDrain), []);
    assert_eq!(check(Design::Proc, CancelDrain, None), [WrongAddressSpace]);
    assert_eq!(check(Design::Proc, CancelDrain, Cancel), [WrongAddressSpace]);
    assert_eq!(check(Design::Proc, CancelDrain, Drain), [Deadlock]);
}
