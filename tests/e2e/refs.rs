//! `uioscope refs`: references that are not kept.

use crate::support::{Directory, keeps_schema, uioscope};

const DEFECTS: &str = include_str!("../../corpus/refs/defects.c");
const CLEAN: &str = include_str!("../../corpus/refs/clean.c");

#[test]
fn defects_are_shown_with_their_paths() {
    let directory = Directory::new();
    directory.write("defects.c", DEFECTS);
    directory.write("clean.c", CLEAN);
    let inside = |more: &[&str]| uioscope(["refs"].iter().chain(more)).within(directory.path());
    insta::assert_snapshot!(inside(&["defects.c"]).exits(0).stdout);
    let json = inside(&["defects.c", "--format", "json"]).exits(0).json();
    keeps_schema(&json, include_str!("../../docs/schemas/refs-1.schema.json"));
    inside(&["defects.c", "--fail"]).exits(1);
    inside(&["clean.c", "--fail"]).exits(0);
    // Nobody is asked for the whole tree by name: the clean twin beside it changes nothing.
    let both = inside(&[".", "--format", "json"]).exits(0).json();
    assert_eq!(both["findings"].as_array().map(Vec::len), json["findings"].as_array().map(Vec::len));
}

#[test]
fn functions_of_the_users_own_can_be_named() {
    let directory = Directory::new();
    let source =
        "int f(struct pool *p, int n)\n{\n\tpool_ref(p);\n\tif (n)\n\t\treturn 1;\n\tpool_unref(p);\n\treturn 0;\n}\n";
    directory.write("a.c", source);
    let rules = "[[family]]\nname = \"pools\"\nobject = \"pool\"\nref = \"here\"\n\
        take = [{ name = \"pool_ref\", arg = 0 }]\ndrop = [{ name = \"pool_unref\", arg = 0 }]\n";
    directory.write("mine.toml", rules);
    let inside = |more: &[&str]| uioscope(["refs", "a.c"].iter().chain(more)).within(directory.path());
    assert!(inside(&[]).exits(2).stderr.contains("nothing was judged"));
    let found = inside(&["--rules", "mine.toml"]).exits(0).stdout;
    assert!(found.contains("a.c:5  leaked  in f"), "{found}");
    directory.write("mine.toml", rules.replace("arg = 0 }]\ndrop", "argument = 0 }]\ndrop"));
    let bad = inside(&["--rules", "mine.toml"]).exits(2);
    assert!(bad.stderr.contains("mine.toml:5: unknown field `argument`"), "{}", bad.stderr);
    let gone = inside(&["--rules", "none.toml"]).exits(2);
    assert!(gone.stderr.contains("none.toml: cannot be read"), "{}", gone.stderr);
}
