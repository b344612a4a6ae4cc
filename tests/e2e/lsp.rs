//! The language server, as an editor talks to it.

use crate::support::Directory;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
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
    let context = json!({ "textDocument": { "uri": file }, "context": { "diagnostics": [] },
        "range": { "start": { "line": 2, "character": 0 }, "end": { "line": 2, "character": 0 } } });
    let actions = server.ask(4, "textDocument/codeAction", context)["result"].clone();
    assert!(actions.is_array() || actions.is_null(), "{actions}");
    assert!(server.ask(5, "textDocument/definition", place(2))["result"].is_array());
    assert_eq!(server.ask(6, "shutdown", Value::Null)["result"], Value::Null);
    server.send(json!({ "method": "exit" }));
    assert_eq!(server.ends(), 0);
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
