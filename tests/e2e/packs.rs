//! Role packs.

use crate::support::{Directory, uioscope};

const NAMES: [&str; 5] = ["4.4bsd", "netbsd", "openbsd", "freebsd", "dragonfly"];

#[test]
fn packs_are_listed() {
    let text = uioscope(["packs"]).exits(0).stdout;
    for name in NAMES {
        assert!(text.lines().any(|l| l.starts_with(name)), "{text}");
    }
}

#[test]
fn what_is_shown_can_be_checked_and_used() {
    let directory = Directory::kernel();
    for name in NAMES {
        let shown = uioscope(["packs", "show", name]).exits(0).stdout;
        directory.write("mine.toml", &shown);
        let checked = uioscope(["packs", "check", "mine.toml"]).within(directory.path()).exits(0);
        assert!(checked.stdout.contains(name), "{}", checked.stdout);
        let by_file = ["audit", ".", "--field", "uio.uio_procp", "--pack", "mine.toml", "--format", "json"];
        let audit = uioscope(by_file).within(directory.path()).exits(0).audit();
        assert_eq!(audit["pack"], name);
    }
}

#[test]
fn a_pack_of_ones_own_decides_the_roles() {
    let kernel = Directory::kernel();
    let pack = "name = \"mine\"\ntitle = \"Mine\"\nextends = \"netbsd\"\n[rules]\n\
                call = [{ name = \"psignal\", arg = 0, roles = [\"tracing\"], ref = \"here\" }]\n";
    kernel.write("mine.toml", pack);
    let ran = uioscope(["audit", ".", "--pack", "mine.toml", "--format", "json"]).within(kernel.path()).exits(0);
    assert!(ran.findings().contains(&"sys/kern/rw.c:7 load tracing".to_owned()), "{:?}", ran.findings());
}

#[test]
fn errors_name_the_file_and_the_line() {
    let directory = Directory::new();
    let head = "name = \"x\"\ntitle = \"X\"\n[rules]\n";
    let check = |text: &[u8], want: &str| {
        directory.write("x.toml", text);
        for arguments in [&["packs", "check", "x.toml"][..], &["audit", "--pack", "x.toml"]] {
            let ran = uioscope(arguments).within(directory.path()).exits(2);
            assert!(ran.stderr.starts_with(&format!("uioscope: x.toml:{want}")), "{}", ran.stderr);
        }
    };
    let rule = |role: &str| format!("{head}call = [{{ name = \"f\", roles = [\"{role}\"], ref = \"r\" }}]\n");
    check(rule("signl").as_bytes(), "4: unknown role `signl`: one of address-space");
    check(format!("{head}nonsense = 1\n").as_bytes(), "4: unknown field `nonsense`");
    check(b"name = \"x\"\ntitle = \xff\n", "2: not UTF-8");
    check(b"name = \"x\"\ntitle = \"\x1b[31m\n", "2: ");
    check(b"", "1: ");
}

#[test]
fn packs_that_are_not_there_are_named() {
    for arguments in [&["packs", "show", "plan9"][..], &["audit", "--pack", "plan9"]] {
        let ran = uioscope(arguments).exits(2);
        assert!(ran.stderr.contains("no role pack `plan9`") && ran.stderr.contains("netbsd"), "{}", ran.stderr);
    }
    for arguments in [&["packs", "check", "no/such.toml"][..], &["audit", "--pack", "no/such.toml"]] {
        let ran = uioscope(arguments).exits(2);
        assert!(ran.stderr.starts_with("uioscope: no/such.toml: cannot be read: "), "{}", ran.stderr);
    }
    uioscope(["packs", "check", "."]).exits(2);
}
