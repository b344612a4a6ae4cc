//! How an audit looks, and that it always looks the same.

use crate::support::{Directory, uioscope};

#[test]
fn the_same_bytes_from_run_to_run_and_from_any_number_of_threads() {
    let kernel = Directory::kernel();
    for tree in [None, Some(".")] {
        for format in ["text", "json", "markdown"] {
            let run = |more: &[&str]| {
                let arguments = ["audit", "--format", format].into_iter().chain(tree).chain(more.iter().copied());
                uioscope(arguments).within(kernel.path()).exits(0).stdout
            };
            let first = run(&[]);
            assert!(!first.is_empty());
            for jobs in [&[][..], &["--jobs", "1"], &["--jobs", "3"]] {
                assert!(run(jobs) == first, "{format} differs with {jobs:?}");
            }
        }
    }
}

#[test]
fn json_keeps_its_schema() {
    let kernel = Directory::kernel();
    let ran = uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).exits(0);
    let audit = ran.audit();
    assert_eq!(audit["schema"], "uioscope.audit/1");
    assert!(ran.stdout.ends_with("}\n"));
    let first = &audit["findings"][0];
    assert!(first.as_object().is_some_and(|f| f.contains_key("when") && f.contains_key("space")));
    let ids: std::collections::BTreeSet<_> =
        audit["findings"].as_array().expect("findings").iter().map(|f| f["id"].to_string()).collect();
    assert_eq!(ids.len(), 6, "ids are unique");
    uioscope(["audit", "--format", "json"]).exits(0).audit();
}

#[test]
fn the_corpus_in_text() {
    insta::assert_snapshot!(uioscope(["audit"]).exits(0).stdout);
}

#[test]
fn the_corpus_in_markdown() {
    insta::assert_snapshot!(uioscope(["audit", "--format", "markdown"]).exits(0).stdout);
}

#[test]
fn the_head_of_the_corpus_in_json() {
    let document = uioscope(["audit", "--format", "json"]).exits(0).stdout;
    // All that stands before the findings, and the first of them.
    let end = document.find("\n    },\n").expect("a finding and another one");
    insta::assert_snapshot!(&document[..end]);
}

#[test]
fn ids_survive_line_moves() {
    let kernel = Directory::kernel();
    let ids = || {
        let audit = uioscope(["audit", ".", "--format", "json"]).within(kernel.path()).exits(0).audit();
        let findings = audit["findings"].as_array().expect("findings").clone();
        findings.iter().map(|f| f["id"].to_string()).collect::<Vec<_>>()
    };
    let before = ids();
    let text = kernel.read("sys/kern/rw.c");
    kernel.write("sys/kern/rw.c", format!("int moved;\n\n\n{text}"));
    assert_eq!(ids(), before);
}

#[test]
fn text_goes_by_directory() {
    let kernel = Directory::kernel();
    let text = uioscope(["audit", "."]).within(kernel.path()).exits(0).stdout;
    let kern = text.find("\nsys/kern  5 findings\n").unwrap_or_else(|| panic!("{text}"));
    let sys = text.find("\nsys/sys  1 finding\n").unwrap_or_else(|| panic!("{text}"));
    assert!(kern < sys);
    assert!(text.lines().all(|l| l.trim_end() == l), "{text}");
    // The summary is a screen.
    assert!(text[..kern].lines().count() <= 24, "{text}");
}

#[test]
fn excerpts_have_carets_under_the_access() {
    let kernel = Directory::kernel();
    let ran = uioscope(["audit", ".", "--excerpts", "--role", "signal"]).within(kernel.path()).exits(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let at =
        lines.iter().position(|l| l.contains("psignal(uio->uio_procp")).unwrap_or_else(|| panic!("{}", ran.stdout));
    let column = |line: &str, what: &str| line.find(what).map(|i| line[..i].chars().count());
    let carets = column(lines[at + 1], "━").unwrap_or_else(|| panic!("{}", ran.stdout));
    let (from, to) = (column(lines[at], "uio->uio_procp"), column(lines[at], ", SIGXFSZ"));
    assert!(from <= Some(carets) && Some(carets) < to, "{}", ran.stdout);
    assert!(lines[at + 1].contains("signal"), "{}", ran.stdout);
}

#[test]
fn latin_1_sources_have_excerpts() {
    let kernel = Directory::kernel();
    kernel.write("sys/kern/l.c", b"int\nl(struct uio *uio)\n{\n\t/* gr\xfc\xdfe */ psignal(uio->uio_procp, 1);\n}\n");
    let ran = uioscope(["audit", ".", "--excerpts", "--path", "l.c"]).within(kernel.path()).exits(0);
    assert!(ran.stdout.contains("/* grüße */ psignal("), "{}", ran.stdout);
}

#[test]
fn markdown_has_tables_and_a_checklist() {
    let kernel = Directory::kernel();
    let text = uioscope(["audit", ".", "--format", "markdown"]).within(kernel.path()).exits(0).stdout;
    for want in [
        "# Migration of `uio.uio_procp`\n",
        "| **all** | **6** |",
        "\n## Loads by role\n",
        "\n## Stores by space\n",
        "| sys/kern | 2 | signal, session |",
        "- [ ] sys/kern/rw.c:7 rw_limit: load, signal",
        "- [ ] sys/kern/sys_generic.c:7 sys_read: store, user-current",
    ] {
        assert!(text.contains(want), "{want}:\n{text}");
    }
    assert_eq!(text.matches("- [ ] ").count(), 6);
}

#[test]
fn colour_is_asked_for_and_refused() {
    let always = uioscope(["--color", "always"]).exits(0).stdout;
    assert!(always.contains('\x1b'));
    assert!(uioscope(["--color", "always"]).env("NO_COLOR", "1").exits(0).stdout == always, "a flag is stronger");
    let never = uioscope(["--color", "never"]).exits(0).stdout;
    assert!(never == uioscope(["--color", "auto"]).exits(0).stdout);
    let json = uioscope(["audit", "--color", "always", "--format", "json"]).exits(0);
    assert!(!json.stdout.contains('\x1b'));
    json.audit();
}

#[test]
#[cfg(unix)]
fn hostile_names_do_not_reach_the_terminal() {
    let kernel = Directory::kernel();
    kernel.write(
        "sys/\x1b[2J\u{202e}\n/a\x07.c",
        "int\nx(struct uio *uio)\n{\n\tpsignal(uio->uio_procp, /* \x1b[31m */ 1);\n}\n",
    );
    for arguments in [&["."][..], &[".", "--excerpts"], &[".", "--format", "json"], &[".", "--format", "markdown"]] {
        let ran = uioscope(["audit"].iter().chain(arguments)).within(kernel.path()).exits(0);
        let bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!ran.stdout.contains(bad) && !ran.stderr.contains(bad), "{arguments:?}: {}", ran.stdout);
        assert!(ran.stdout.contains("[2J"), "{arguments:?}: {}", ran.stdout);
    }
}
