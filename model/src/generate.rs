//! A trace as a Rust test: it builds the scenario with this crate's API, plays the schedule, and asserts the property.

use crate::property::Property;
use crate::scenario::{Scenario, Start, Steps};
use crate::trace::{Trace, TraceError};
use crate::words::Kernel;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use std::fmt::Debug;

/// The test's source, formatted. The same trace gives the same bytes.
///
/// # Errors
/// The trace cannot be played, or does not show what it says: a test of it would fail.
pub fn test(trace: &Trace) -> Result<String, TraceError> {
    trace.replay()?;
    let what = trace.property.map_or("schedule", Property::name);
    let name = Ident::new(&words(&format!("{} {what}", trace.scenario.name)), Span::call_site());
    let scenario = scenario(&trace.scenario);
    let steps = trace.steps.iter().map(|s| Literal::string(&s.to_string()));
    let property = option(trace.property.map(|p| word("Property", p)));
    let asserted = match trace.property {
        // What can never happen any more is seen by looking at all that can.
        Some(Property::Deadlock | Property::Leak | Property::Declared(_)) => {
            let p = word("Property", trace.property.unwrap_or(Property::Leak));
            quote! {
                trace.replay().expect("every step is possible");
                let report = trace.scenario.check().expect("the scenario can be played");
                assert!(report.violates(#p));
            }
        }
        _ => quote! {
            let replay = trace.replay().expect("every step is possible");
            assert_eq!(replay.violated, #property);
        },
    };
    let tokens = quote! {
        use uioscope_model::*;

        #[test]
        fn #name() {
            let scenario = #scenario;
            let steps = [#(#steps),*];
            let steps = steps.iter().map(|s| s.parse().expect("a step")).collect();
            let trace = Trace { schema: trace::SCHEMA.to_owned(), scenario, property: #property, steps };
            #asserted
        }
    };
    // Unformatted it would still be the whole test.
    let source = match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => tokens.to_string(),
    };
    let head = "// Written by `uioscope model test` from a trace; write it again rather than change it.\n\n";
    Ok(head.to_owned() + &source)
}

/// A name that Rust takes for a function's.
fn words(text: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let mut name: String = text.chars().map(clean).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "trace_");
    }
    name
}

/// `Design::Lwp`; words are written as their variants are called.
fn word(of: &str, value: impl Debug) -> TokenStream {
    let of = Ident::new(of, Span::call_site());
    let text = format!("{value:?}");
    // What a scenario declares is written `Declared(Name("…"))`.
    if let Some(name) = text.strip_prefix("Declared(").and_then(|rest| rest.split('"').nth(1)) {
        return quote!(#of::Declared(Name::new(#name).expect("a name")));
    }
    let variant = Ident::new(&text, Span::call_site());
    quote!(#of::#variant)
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| quote!(None), |v| quote!(Some(#v)))
}

fn list(of: &str, values: &[impl Debug]) -> TokenStream {
    let values = values.iter().map(|v| word(of, v));
    quote!(vec![#(#values),*])
}

fn kernel(kernel: Kernel) -> TokenStream {
    if kernel == Kernel::default() {
        return quote!(Kernel::default());
    }
    let Kernel { exec_map, counts, writers, representative, release_in, vfork_parent, wired } = kernel;
    let (exec_map, counts) = (word("ExecMap", exec_map), word("Counts", counts));
    let (writers, representative) = (word("Writers", writers), word("Stand", representative));
    let (release_in, vfork_parent) = (word("ReleaseIn", release_in), word("VforkParent", vfork_parent));
    quote! {
        Kernel {
            exec_map: #exec_map,
            counts: #counts,
            writers: #writers,
            representative: #representative,
            release_in: #release_in,
            vfork_parent: #vfork_parent,
            wired: #wired,
        }
    }
}

fn scenario(sc: &Scenario) -> TokenStream {
    let n = Literal::usize_unsuffixed;
    let (name, story, source) = (&sc.name, &sc.story, &sc.source);
    let (procs, lwps, requests) = (n(sc.procs), n(sc.lwps), n(sc.requests));
    let (vmspaces, workers) = (n(sc.vmspaces), n(sc.workers));
    let design = word("Design", sc.design);
    let (exit, exec, lwp_exit) = (word("Policy", sc.exit), word("Policy", sc.exec), word("LwpPolicy", sc.lwp_exit));
    let start = sc.start.iter().map(|Start { lwps, vmspace }| {
        let (lwps, vmspace) = (n(*lwps), n(*vmspace));
        quote!(Start { lwps: #lwps, vmspace: #vmspace })
    });
    let (allow, reads, sometimes) =
        (list("Ability", &sc.allow), list("Aspect", &sc.reads), list("Event", &sc.sometimes));
    let (closing, from, take) = (word("Closing", sc.closing), word("Source", sc.from), word("Take", sc.take));
    let (hold, give_back) = (word("Hold", sc.hold), word("GiveBack", sc.give_back));
    let Steps {
        submit_at_once,
        copy_at_once,
        exit_at_once,
        exec_waits_for_vmspace,
        look_then_cancel,
        split_count,
        policy_before_wait,
        free_later,
    } = sc.steps;
    let kernel = kernel(sc.kernel);
    let sources = sc.sources.iter().map(|(aspect, source)| {
        let (aspect, source) = (word("Aspect", aspect), word("Source", source));
        quote!((#aspect, #source))
    });
    let sources =
        if sc.sources.is_empty() { quote!(Default::default()) } else { quote!([#(#sources),*].into_iter().collect()) };
    let declare = if sc.declare.is_empty() {
        quote!(book::Declared::default())
    } else {
        // Plain data with string keys: JSON can hold it.
        let json = serde_json::to_string(&sc.declare).unwrap_or_default();
        quote!(book::Declared::from_json(#json).expect("what a scenario declares"))
    };
    let without = list("Guard", &sc.without);
    let expect = option(sc.expect.as_ref().map(|list_of| list("Property", list_of)));
    quote! {
        Scenario {
            name: #name.to_owned(),
            story: #story.to_owned(),
            source: #source.to_owned(),
            procs: #procs,
            lwps: #lwps,
            requests: #requests,
            vmspaces: #vmspaces,
            workers: #workers,
            design: #design,
            exit: #exit,
            exec: #exec,
            lwp_exit: #lwp_exit,
            allow: #allow,
            start: vec![#(#start),*],
            closing: #closing,
            reads: #reads,
            from: #from,
            take: #take,
            hold: #hold,
            give_back: #give_back,
            steps: Steps {
                submit_at_once: #submit_at_once,
                copy_at_once: #copy_at_once,
                exit_at_once: #exit_at_once,
                exec_waits_for_vmspace: #exec_waits_for_vmspace,
                look_then_cancel: #look_then_cancel,
                split_count: #split_count,
                policy_before_wait: #policy_before_wait,
                free_later: #free_later,
            },
            kernel: #kernel,
            sources: #sources,
            declare: #declare,
            without: #without,
            sometimes: #sometimes,
            expect: #expect,
        }
    }
}
