//! The language server, as an editor talks to it.

use crate::support::{Directory, uioscope};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than any answer takes, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Value>,
}

impl Server {
    fn start(arguments: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_uioscope"))
            .arg("lsp")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, output) = channel();
        std::thread::spawn(move || {
            while let Some(value) = read(&mut out) {
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Server { input: child.stdin.take(), child, output }
    }

    fn raw(&mut self, text: &str) {
        let input = self.input.as_mut().expect("open");
        // A server that has given up no longer reads.
        let _ = write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).and_then(|()| input.flush());
    }

    fn send(&mut self, mut value: Value) {
        value["jsonrpc"] = json!("2.0");
        self.raw(&value.to_string());
    }

    fn until(&self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let value = self.output.recv_timeout(PATIENCE).expect("an answer in time");
            if is_wanted(&value) {
                return value;
            }
        }
    }

    fn ask(&mut self, id: u32, method: &str, params: Value) -> Value {
        self.send(json!({ "id": id, "method": method, "params": params }));
        self.until(|v| v["id"] == id)
    }

    fn hello(&mut self, root: Value) -> Value {
        let answer = self.ask(1, "initialize", json!({ "processId": null, "rootUri": root, "capabilities": {} }));
        self.send(json!({ "method": "initialized", "params": {} }));
        answer
    }

    fn open(&mut self, uri: &str, version: i64, text: &str) {
        let document = json!({ "uri": uri, "languageId": "c", "version": version, "text": text });
        self.send(json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }));
    }

    fn change(&mut self, uri: &str, version: i64, text: &str) {
        let params =
            json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "text": text }] });
        self.send(json!({ "method": "textDocument/didChange", "params": params }));
    }

    /// The lines of the document's findings, once there are so many.
    fn lines(&self, uri: &str, many: usize) -> Vec<u64> {
        let is_it = |v: &Value| {
            let list = v["params"]["diagnostics"].as_array();
            v["params"]["uri"] == uri && list.is_some_and(|l| l.len() == many)
        };
        let found = self.until(is_it);
        let list = found["params"]["diagnostics"].as_array().expect("a list").clone();
        list.iter().map(|d| d["range"]["start"]["line"].as_u64().expect("a line")).collect()
    }

    fn ends(mut self) -> i32 {
        self.input = None;
        self.child.wait().expect("it ends").code().expect("with a status")
    }
}

fn read(out: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if out.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().strip_prefix("Content-Length: ") {
            Some(n) => length = n.parse().ok()?,
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    out.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

const HEADER: &str = "struct proc { int p_pid; };\nstruct uio { struct proc *uio_procp; int uio_segflg; };\n";
const ONE: &str = "int f(struct uio *uio)\n{\n\tif (uio->uio_procp == NULL)\n\t\treturn 1;\n\treturn 0;\n}\n";

fn tree() -> (Directory, String, String) {
    let tree = Directory::new();
    tree.write("sys/uio.h", HEADER);
    tree.write("kern/a.c", "int x;\n");
    let root = std::fs::canonicalize(tree.path()).expect("a path");
    let root = format!("file://{}", root.display());
    let file = format!("{root}/kern/a.c");
    (tree, root, file)
}

#[test]
fn unsaved_text_is_audited_and_asked_about() {
    let (_tree, root, file) = tree();
    let mut server = Server::start(&["--field", "uio.uio_procp", "--pack", "netbsd"]);
    let hello = server.hello(json!(root));
    assert_eq!(hello["result"]["capabilities"]["hoverProvider"], true);
    server.open(&file, 1, ONE);
    assert_eq!(server.lines(&file, 1), [2]);
    let place = |line: u32| json!({ "textDocument": { "uri": file }, "position": { "line": line, "character": 12 } });
    let hover = server.ask(2, "textDocument/hover", place(2));
    let text = hover["result"]["contents"]["value"].as_str().expect("text").to_owned();
    assert!(text.contains("presence"), "{text}");
    assert_eq!(server.ask(3, "textDocument/hover", place(0))["result"], Value::Null);
    // The same version twice: the text that came last counts.
    server.change(&file, 1, &format!("\n\n{ONE}"));
    server.lines(&file, 1);
    server.change(&file, 1, &format!("{ONE}{}", ONE.replace("f(", "g(")));
    assert_eq!(server.lines(&file, 2), [2, 8]);
    assert!(server.ask(5, "textDocument/definition", place(2))["result"].is_array());
    assert_eq!(server.ask(6, "shutdown", Value::Null)["result"], Value::Null);
    server.send(json!({ "method": "exit" }));
    assert_eq!(server.ends(), 0);
}

#[test]
fn a_safe_edit_is_offered_and_does_what_the_patch_does() {
    let tree = Directory::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/tree");
    for file in walkdir::WalkDir::new(&sample).into_iter().filter_map(Result::ok).filter(|f| f.file_type().is_file()) {
        let name = file.path().strip_prefix(&sample).expect("below it").to_str().expect("a name").to_owned();
        tree.write(&name, std::fs::read(file.path()).expect("readable"));
    }
    let root = std::fs::canonicalize(tree.path()).expect("a path");
    let text = tree.read("sys/dev/ch.c");
    let line = text.lines().position(|l| l.contains("return (uio->uio_procp)")).expect("it is there");
    let file = format!("file://{}/sys/dev/ch.c", root.display());
    let mut server = Server::start(&[]);
    server.hello(json!(format!("file://{}", root.display())));
    server.open(&file, 1, &text);
    let at = json!({ "line": line, "character": 0 });
    let asked = json!({ "textDocument": { "uri": file }, "context": { "diagnostics": [] }, "range": { "start": at, "end": at } });
    // Edits are known a moment after the findings.
    let offered = (100..1100).find_map(|id| {
        let result = server.ask(id, "textDocument/codeAction", asked.clone())["result"].clone();
        std::thread::sleep(Duration::from_millis(50));
        (!result.is_null()).then_some(result)
    });
    let offered = offered.expect("a plan in time");
    let edits = offered[0]["edit"]["changes"][&file].as_array().unwrap_or_else(|| panic!("{offered}")).clone();
    assert_eq!(edits.len(), 1);
    let place = |end: &str| edits[0]["range"][end]["character"].as_u64().expect("a column") as usize;
    assert_eq!(edits[0]["range"]["start"]["line"], line);
    let old = text.lines().nth(line).expect("the line");
    let new =
        format!("{}{}{}", &old[..place("start")], edits[0]["newText"].as_str().expect("text"), &old[place("end")..]);
    let patch = uioscope(["patch", "."]).within(tree.path()).run().stdout;
    assert!(patch.contains(&format!("-{old}\n+{new}\n")), "{new}");
}

#[test]
fn what_others_write_is_seen_with_the_next_text() {
    let (tree, root, file) = tree();
    tree.write("kern/b.c", "int g(struct uio *uio, struct proc *p) { return 0; }\n");
    let mut server = Server::start(&["--field", "uio.uio_procp", "--pack", "netbsd"]);
    server.hello(json!(root));
    let calls = "int g(struct uio *, struct proc *);\nint f(struct uio *uio)\n{\n\treturn g(uio, uio->uio_procp);\n}\n";
    server.open(&file, 1, calls);
    assert_eq!(server.lines(&file, 1), [3]);
    let hover = |server: &mut Server, id: u32| {
        let place = json!({ "textDocument": { "uri": file }, "position": { "line": 3, "character": 12 } });
        server.ask(id, "textDocument/hover", place)["result"]["contents"]["value"].as_str().expect("text").to_owned()
    };
    assert!(!hover(&mut server, 50).contains("process-id"));
    tree.write("kern/b.c", "int g(struct uio *uio, struct proc *p) { return p->p_pid; }\n");
    server.change(&file, 2, calls);
    assert_eq!(server.lines(&file, 1), [3]);
    let after = hover(&mut server, 51);
    assert!(after.contains("process-id"), "{after}");
}

#[test]
fn nonsense_is_answered_and_not_died_of() {
    let (_tree, root, file) = tree();
    let mut server = Server::start(&["--field", "uio.uio_procp", "--pack", "netbsd"]);
    server.hello(json!(root));
    assert_eq!(server.ask(2, "no/such", json!({}))["error"]["code"], -32601);
    assert_eq!(server.ask(3, "textDocument/hover", json!([]))["error"]["code"], -32602);
    server.send(json!({ "method": "$/cancelRequest", "params": { "id": 99 } }));
    server.send(json!({ "method": "textDocument/didChange", "params": { "textDocument": 7 } }));
    server.send(json!({ "method": "textDocument/didClose", "params": { "textDocument": { "uri": "untitled:1" } } }));
    server.open("untitled:1", 1, ONE);
    server.open(&file, 1, ONE);
    assert_eq!(server.lines(&file, 1), [2], "it still works");
    server.raw("{ this is no JSON");
    assert_eq!(server.ends(), 2);
}

#[test]
fn a_root_that_is_no_tree_is_said() {
    let empty = Directory::new();
    let root = format!("file://{}", empty.path().display());
    let mut server = Server::start(&[]);
    server.hello(json!(root));
    let said = server.until(|v| v["method"] == "window/showMessage");
    assert_eq!(said["params"]["type"], 1, "{said}");
    assert_eq!(server.ask(2, "shutdown", Value::Null)["result"], Value::Null);
    let mut server = Server::start(&[]);
    server.hello(Value::Null);
    let said = server.until(|v| v["method"] == "window/showMessage");
    assert!(said.to_string().contains("nothing is audited"), "{said}");
}
