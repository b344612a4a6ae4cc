//! Pages: one file each that loads nothing, for every command that writes one.

use crate::support::{Directory, uioscope};

fn is_page(html: &str) {
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"), "{}", &html[..200]);
    assert!(html.contains("default-src 'none'"));
    for loads in ["src=\"", "href=\"", "@import", "url("] {
        assert!(!html.contains(loads), "{loads}");
    }
    assert!(html.len() < 5_000_000);
}

#[test]
fn every_command_writes_its_page() {
    let commands: [&[&str]; 6] =
        [&["audit"], &["what-if"], &["plan"], &["refs"], &["model", "matrix"], &["model", "check"]];
    for command in commands {
        let text = uioscope(command).run();
        let run = || {
            let ran = uioscope(command.iter().copied().chain(["--format", "html"])).run();
            assert_eq!(ran.code, text.code, "{command:?}: {}", ran.stderr);
            ran.stdout
        };
        let html = run();
        is_page(&html);
        if command[0] != "model" {
            assert_eq!(run(), html, "{command:?} differs from run to run");
        }
    }
}

#[test]
fn what_stands_in_source_stays_text() {
    let kernel = Directory::kernel();
    kernel.write(
        "kern/x.c",
        b"int f(struct uio *uio) { return uio->uio_procp == 0; } /* </script><img> \xff \xe2\x80\xae */\n",
    );
    let html = uioscope(["audit", ".", "--format", "html"]).within(kernel.path()).run().stdout;
    is_page(&html);
    assert_eq!(html.matches("</script>").count(), 2, "the frame's own two");
    assert!(html.contains("kern/x.c") && !html.contains("<img") && !html.contains('\u{202e}'));
}
