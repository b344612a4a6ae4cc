//! How much was understood.

use crate::support::{Directory, keeps_schema, uioscope};

const SCHEMA: &str = include_str!("../../docs/schemas/parse-1.schema.json");

#[test]
fn figures_of_a_tree() {
    let kernel = Directory::kernel();
    let ran = uioscope(["parse", ".", "--stats"]).within(kernel.path()).exits(0);
    assert!(ran.stdout.contains("100.00 % of 2 function bodies"), "{}", ran.stdout);
    let ran = uioscope(["parse", ".", "--stats", "--format", "json"]).within(kernel.path()).exits(0);
    let figures = ran.json();
    keeps_schema(&figures, SCHEMA);
    assert_eq!((&figures["functions"], &figures["clean"]), (&2.into(), &2.into()));
}

#[test]
fn figures_of_the_corpus() {
    let ran = uioscope(["parse", "--stats", "--format", "json"]).exits(0);
    keeps_schema(&ran.json(), SCHEMA);
    assert_eq!(ran.stdout, uioscope(["parse", "--stats", "--format", "json", "--jobs", "1"]).exits(0).stdout);
}

#[test]
fn the_worst_files_are_counted_off() {
    let kernel = Directory::kernel();
    for i in 0..5 {
        kernel.write(&format!("sys/kern/bad{i}.c"), "int\nf(void)\n{\n\tint x = ) ( ] ;\n\treturn (x);\n}\n");
    }
    let worst = |n: &str| {
        let arguments = ["parse", ".", "--stats", "--worst", n, "--format", "json"];
        let figures = uioscope(arguments).within(kernel.path()).run().json();
        keeps_schema(&figures, SCHEMA);
        figures["worst"].as_array().expect("a list").len()
    };
    assert_eq!([worst("0"), worst("2"), worst("100")], [0, 2, 5]);
}

#[test]
fn trouble_is_said() {
    let ran = uioscope(["parse", "/no/such/tree", "--stats"]).exits(2);
    assert!(ran.stderr.contains("/no/such/tree"), "{}", ran.stderr);
}

#[test]
fn facts_are_printed_one_a_line() {
    let text = "f(x) struct s *x;\n{\n#ifdef A\n\tg(x->a);\n#endif\n}\n";
    let ran = uioscope(["parse", "-", "--facts"]).input(text).exits(0);
    for want in [
        "<stdin>:1:0  definition   f  in f",
        "<stdin>:1:2  declaration  x: struct s*  in f",
        "<stdin>:4:30  call         g  in f  #if A",
        "<stdin>:4:32  access       x->a  in f  #if A",
    ] {
        assert!(ran.stdout.contains(want), "{want}\n{}", ran.stdout);
    }
}
