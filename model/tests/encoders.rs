//! Whatever a scenario's name, story and source say, an export is the same program: they stay comments and strings.

use proptest::prelude::*;
use std::process::Command;
use uioscope_model::{Design, Scenario, Trace, export, generate};

/// What strangers would write: ends of comments and strings, new lines, controls, bidirectional marks, whole programs.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "*/",
        "/*",
        "*",
        "/",
        "**/",
        "(*",
        "*)",
        "\\*",
        "====",
        "----",
        "---- MODULE X ----",
        "\n",
        "\r\n",
        "\u{2028}",
        "\0",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{2066}",
        "\"",
        "'",
        "`",
        "\\",
        "\\\n",
        "??/",
        "#include",
        "]]>",
        "</svg>",
        "<script>",
        "&amp;",
        "{",
        "}",
        "\"#",
        "r#\"",
        "//",
        "active proctype evil() { c_code { system(\"true\") } }",
        "é",
        "\u{fffe}",
        "x",
        " ",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|parts| parts.concat())
}

fn scenario(name: &str, story: &str, source: &str) -> Scenario {
    let plain = Scenario::new(Design::Lwp).named(name);
    Scenario { story: story.to_owned(), source: source.to_owned(), ..plain }
}

/// A C compiler's idea of what is no comment: a backslash at a line's end joins lines first.
fn without_comments(promela: &str) -> String {
    let mut text = promela.replace("??/", "\\").replace("\\\n", "");
    while let Some(from) = text.find("/*") {
        let to = text[from + 2..].find("*/").map_or(text.len(), |at| from + 2 + at + 2);
        text.replace_range(from..to, "");
    }
    text
}

fn without_line_comments(tla: &str) -> String {
    tla.lines().map(|line| line.split("\\*").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn is_quiet(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && c != '\n') && text.is_ascii()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_hostile_name_changes_no_export(name in hostile(), story in hostile(), source in hostile()) {
        let (plain, bad) = (scenario("x", "", ""), scenario(&name, &story, &source));
        let promela = [&plain, &bad].map(|sc| export::promela(sc).expect("playable"));
        prop_assert_eq!(without_comments(&promela[0]), without_comments(&promela[1]));
        prop_assert!(is_quiet(&promela[1]));
        let tla = [&plain, &bad].map(|sc| export::tla(sc, "M").expect("playable"));
        prop_assert_eq!(without_line_comments(&tla[0].module), without_line_comments(&tla[1].module));
        prop_assert_eq!(&tla[0].config, &tla[1].config);
        prop_assert!(is_quiet(&tla[1].module));
        // TLC looks for the end of a module before it looks for comments.
        prop_assert_eq!(tla[1].module.matches("====").count(), 1);
        prop_assert_eq!(tla[1].module.matches("---- MODULE").count(), 1);
    }

    #[test]
    fn a_hostile_name_is_the_same_string_in_rust(name in hostile(), story in hostile(), source in hostile()) {
        let bad = scenario(&name, &story, &source);
        let trace = Trace::new(&bad, &bad.check().expect("playable").violations[0]);
        let test = generate::test(&trace).expect("playable");
        prop_assert!(!test.contains(|c: char| c.is_control() && c != '\n'), "{}", test);
        prop_assert!(!test.contains(['\u{202e}', '\u{2066}', '\u{2028}']), "{}", test);
        syn::parse_file(&test).expect("Rust");
        let mut strings = Vec::new();
        collect(&test.parse().expect("tokens"), &mut strings);
        for text in [&name, &story, &source] {
            prop_assert!(strings.contains(text), "{text:?} in {strings:?}");
        }
    }
}

/// Every string literal of some tokens.
fn collect(tokens: &proc_macro2::TokenStream, strings: &mut Vec<String>) {
    for token in tokens.clone() {
        match token {
            proc_macro2::TokenTree::Group(group) => collect(&group.stream(), strings),
            proc_macro2::TokenTree::Literal(literal) => {
                strings.extend(syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|s| s.value()));
            }
            _ => {}
        }
    }
}

#[test]
fn spin_takes_a_hostile_name_for_a_comment() {
    if Command::new("spin").arg("--version").output().is_err() {
        eprintln!("SPIN is not installed: it was not asked");
        return;
    }
    let evil = "*/ active proctype evil() { c_code { system(\"touch evil\"); } } /* ??/\n#include \"/etc/passwd\"\n";
    for sc in [scenario(evil, "", ""), scenario("x", evil, evil), scenario(evil, evil, "")] {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("m.pml"), export::promela(&sc).expect("playable")).expect("written");
        let ran = Command::new("spin").args(["-a", "m.pml"]).current_dir(directory.path()).output().expect("runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
        let made = std::fs::read_to_string(directory.path().join("pan.h")).expect("a verifier");
        assert!(!made.contains("evil"), "the name became a process");
    }
}
