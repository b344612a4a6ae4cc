// Written by `uioscope model test` from a trace; write it again rather than change it.

use uioscope_model::*;
#[test]
fn lwp_exit_lwp_use_after_free_lwp() {
    let scenario = Scenario {
        name: "lwp-exit/lwp".to_owned(),
        story: "Two LWPs share a vmspace; one submits a request and exits, the other goes on. What happens when the LWP exits before the uio is completed?"
            .to_owned(),
        source: "The question of the 2005 discussion; the struct proc to struct lwp change of uio in NetBSD 3.99"
            .to_owned(),
        procs: 1,
        lwps: 2,
        requests: 2,
        vmspaces: 1,
        workers: 0,
        design: Design::Lwp,
        exit: Policy::None,
        exec: Policy::None,
        lwp_exit: LwpPolicy::None,
        allow: vec![Ability::Disk, Ability::LwpExit, Ability::LwpCreate],
        start: vec![Start { lwps : 2, vmspace : 0 }],
        closing: Closing::Never,
        reads: vec![],
        from: Source::Carried,
        take: Take::Submit,
        hold: Hold::Borrow,
        give_back: GiveBack::Frees,
        steps: Steps {
            submit_at_once: false,
            copy_at_once: false,
            exit_at_once: false,
            exec_waits_for_vmspace: false,
            look_then_cancel: false,
            split_count: false,
            policy_before_wait: false,
            free_later: false,
        },
        without: vec![],
        sometimes: vec![Event::LwpExitInFlight],
        expect: Some(vec![Property::UseAfterFreeLwp]),
    };
    let steps = [
        "submit-disk p0 l0 r0",
        "enqueue r0",
        "lwp-exit p0 l0",
        "start-copy r0",
    ];
    let steps = steps.iter().map(|s| s.parse().expect("a step")).collect();
    let trace = Trace {
        schema: trace::SCHEMA.to_owned(),
        scenario,
        property: Some(Property::UseAfterFreeLwp),
        steps,
    };
    let replay = trace.replay().expect("every step is possible");
    assert_eq!(replay.violated, Some(Property::UseAfterFreeLwp));
}
