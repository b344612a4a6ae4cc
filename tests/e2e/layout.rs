//! `uioscope ktrace layout`: a struct on every machine.

use crate::support::{Directory, keeps_schema, uioscope};

/// The header that the 2005 discussion complained about, with what it needs.
fn header() -> Directory {
    let directory = Directory::new();
    directory.write(
        "sys/ktrace.h",
        "struct ktr_header {\n\tint\tktr_len;\n\tshort\tktr_type;\n\tpid_t\tktr_pid;\n\tchar\tktr_comm[MAXCOMLEN+1];\n\
         \tstruct\ttimeval ktr_time;\n\tconst void *ktr_buf;\n};\n",
    );
    directory.write("sys/types.h", "typedef int pid_t;\n");
    directory.write("sys/time.h", "struct timeval {\n\tlong\ttv_sec;\n\tlong\ttv_usec;\n};\n");
    directory.write("sys/param.h", "#define\tMAXCOMLEN\t16\t\t/* max command name remembered */\n");
    directory
}

#[test]
fn the_header_of_2005_is_unfit_as_a_file_format_and_it_says_why() {
    let directory = header();
    let inside = |more: &[&str]| {
        let arguments = ["ktrace", "layout", "sys/ktrace.h", "ktr_header"].into_iter().chain(more.iter().copied());
        uioscope(arguments).within(directory.path())
    };
    insta::assert_snapshot!(inside(&[]).exits(0).stdout);
    let json = inside(&["--format", "json"]).exits(0).json();
    keeps_schema(&json, include_str!("../../docs/schemas/layout-1.schema.json"));
    let size = |name: &str| {
        let layouts = json["layouts"].as_array().expect("layouts");
        layouts.iter().find(|l| l["machine"] == name).expect("a machine")["size"].clone()
    };
    // As the systems' own compilers have it: see the table of header classes in `ktrace::layout`.
    assert_eq!([size("i386"), size("amd64"), size("m68k")], [44, 56, 40]);
    let two = inside(&["--abi", "i386,sparc64", "--format", "json"]).exits(0).json();
    assert_eq!(two["layouts"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_is_not_there_is_named() {
    let directory = header();
    for (arguments, wanted) in [
        (&["sys/ktrace.h", "ktr_head"][..], "no struct ktr_head in it; it declares ktr_header"),
        (&["sys/none.h", "ktr_header"], "none.h: cannot be read"),
        (&["sys", "ktr_header"], "is no file; name the header"),
        (&["sys/ktrace.h", "ktr_header", "--abi", "pdp11"], "--abi"),
    ] {
        let arguments = ["ktrace", "layout"].into_iter().chain(arguments.iter().copied());
        let ran = uioscope(arguments).within(directory.path()).exits(2);
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    }
    directory.write("alone/a.h", "struct a { nowhere_t x; };\n");
    let ran = uioscope(["ktrace", "layout", "alone/a.h", "a"]).within(directory.path()).exits(2);
    assert!(ran.stdout.contains("nowhere_t is not declared for this machine"), "{}", ran.stdout);
    assert!(ran.stderr.contains("--tree names where the headers are"), "{}", ran.stderr);
}
