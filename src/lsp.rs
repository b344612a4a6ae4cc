//! `uioscope lsp`: the audit in an editor, by the language server protocol on standard input and output.
//!
//! The tree is read once and kept. What is typed lies over it, and a thread audits again; only the last text that came is audited.
//! An answer is given of the text that was audited, or not at all: while a newer one waits, a hover says so.

use crate::cli::LspArgs;
use crate::lsp_answers::{self as answers, Place};
use crate::packs;
use crate::status::{Status, complain};
use anyhow::{Result, anyhow};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uioscope_analyzer::finding::Audit;
use uioscope_analyzer::{Options, audit_with};
use uioscope_migration::Column;
use uioscope_migration::plan::Plan;
use uioscope_source::text::{Manifest, SourceFile, SourceTree};

/// A document that the editor holds.
#[derive(Debug, Clone)]
pub struct Document {
    /// As the client counts; told back, and not relied on.
    version: Option<i64>,
    text: String,
    /// As we count: each text that comes is a new one, whatever version the client gives it.
    turn: u64,
}

/// What is known, shared with the thread that audits.
#[derive(Debug, Default)]
struct Shared {
    root: PathBuf,
    /// By URI.
    documents: HashMap<String, Document>,
    known: Option<Arc<Known>>,
}

/// An audit, and the texts that it is of.
#[derive(Debug)]
pub struct Known {
    /// The audit.
    pub audit: Audit,
    /// Safe edits are in its steps; nothing as long as it is not made.
    pub plan: Option<Plan>,
    /// Documents by path in the tree: their turn and their text.
    texts: HashMap<String, (u64, String)>,
}

/// A shared place; what a thread left behind that broke down is whole all the same, because it is only ever replaced.
fn held(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one client until it leaves.
pub fn run(args: &LspArgs) -> Result<Status> {
    let pack = args.pack.as_deref().map(packs::load).transpose()?;
    let (connection, threads) = Connection::stdio();
    let (id, hello) = match connection.initialize_start() {
        Ok(both) => both,
        Err(e) => {
            complain(&format!("lsp: the client did not begin as the protocol wants it: {e}"));
            return Ok(Status::Trouble);
        }
    };
    let capabilities = json!({
        "textDocumentSync": { "openClose": true, "change": 1, "save": false },
        "hoverProvider": true, "definitionProvider": true, "codeActionProvider": { "codeActionKinds": ["quickfix"] },
    });
    let server = json!({ "name": "uioscope", "version": env!("CARGO_PKG_VERSION") });
    let begun = connection.initialize_finish(id, json!({ "capabilities": capabilities, "serverInfo": server }));
    if begun.is_err() {
        complain("lsp: the client went away before it was ready");
        return Ok(Status::Trouble);
    }

    let shared = Arc::new(Mutex::new(Shared::default()));
    let (wake, woken) = channel();
    match args.tree.clone().or_else(|| root_of(&hello)) {
        None => say(&connection, 2, "uioscope: no folder is open, and no tree was named: nothing is audited"),
        Some(root) => {
            let options = Options { field: args.field.clone(), pack, ways: 1 };
            let (shared, out) = (Arc::clone(&shared), connection.sender.clone());
            std::thread::spawn(move || work(&root, &options, &shared, &woken, &|m| drop(out.send(m))));
        }
    }
    let ended = serve(&connection, &shared, &wake);
    drop((wake, connection));
    let closed = threads.join().map_err(|e| anyhow!("lsp: the client cannot be understood: {e}"));
    closed.and(ended)
}

fn say(connection: &Connection, kind: u8, text: &str) {
    let note = Notification::new("window/showMessage".to_owned(), json!({ "type": kind, "message": text }));
    let _ = connection.sender.send(note.into());
}

fn root_of(hello: &Value) -> Option<PathBuf> {
    let folder = hello["workspaceFolders"][0]["uri"].as_str().or_else(|| hello["rootUri"].as_str());
    folder.and_then(answers::path_of).or_else(|| hello["rootPath"].as_str().map(PathBuf::from))
}

fn serve(connection: &Connection, shared: &Mutex<Shared>, wake: &Sender<()>) -> Result<Status> {
    let mut turn = 0;
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(Status::Done);
                }
                connection.sender.send(answer(&request, shared).into())?;
            }
            Message::Notification(note) => {
                turn += 1;
                if heard(&note, shared, turn) {
                    let _ = wake.send(());
                }
            }
            Message::Response(_) => {}
        }
    }
    complain("lsp: the client went away without a word");
    Ok(Status::Trouble)
}

/// Takes what the client says of its documents; whether there is something to audit.
fn heard(note: &Notification, shared: &Mutex<Shared>, turn: u64) -> bool {
    let document = &note.params["textDocument"];
    let Some(uri) = document["uri"].as_str() else { return false };
    let text = match note.method.as_str() {
        "textDocument/didOpen" => document["text"].as_str(),
        // Whole texts only, as was agreed; the last one counts.
        "textDocument/didChange" => {
            let last = note.params["contentChanges"].as_array().and_then(|list| list.last());
            last.filter(|change| change.get("range").is_none()).and_then(|change| change["text"].as_str())
        }
        "textDocument/didClose" => return held(shared).documents.remove(uri).is_some(),
        _ => None,
    };
    let Some(text) = text else { return false };
    let kept = Document { version: document["version"].as_i64(), text: text.to_owned(), turn };
    held(shared).documents.insert(uri.to_owned(), kept);
    true
}

fn answer(request: &Request, shared: &Mutex<Shared>) -> Response {
    let known_methods = ["textDocument/hover", "textDocument/definition", "textDocument/codeAction"];
    if !known_methods.contains(&request.method.as_str()) {
        let text = format!("{} is not something that this server does", request.method);
        return Response::new_err(request.id.clone(), ErrorCode::MethodNotFound as i32, text);
    }
    let at = if request.method.ends_with("codeAction") {
        &request.params["range"]["start"]
    } else {
        &request.params["position"]
    };
    let (Some(uri), Some(line)) = (request.params["textDocument"]["uri"].as_str(), at["line"].as_u64()) else {
        let text = "a document and a position are needed".to_owned();
        return Response::new_err(request.id.clone(), ErrorCode::InvalidParams as i32, text);
    };
    let shared = held(shared);
    let Some(path) = answers::inside(&shared.root, uri) else {
        return Response::new_ok(request.id.clone(), Value::Null);
    };
    let turn = shared.documents.get(uri).map(|d| d.turn);
    let current = shared.known.clone().filter(|k| k.texts.get(&path).map(|t| t.0) == turn && turn.is_some());
    let Some(known) = current else {
        let wait = json!({ "contents": "uioscope: this text has not been audited yet" });
        let is_hover = request.method.ends_with("hover") && turn.is_some();
        return Response::new_ok(request.id.clone(), if is_hover { wait } else { Value::Null });
    };
    let place = Place { path: &path, line: line.saturating_add(1), uri, root: &shared.root };
    let text = &known.texts[&path].1;
    let result = match request.method.as_str() {
        "textDocument/hover" => answers::hover(&known.audit, &place),
        "textDocument/definition" => answers::next_steps(&known.audit, &place),
        _ => known.plan.as_ref().map_or(Value::Null, |plan| answers::actions(&known.audit, plan, &place, text)),
    };
    Response::new_ok(request.id.clone(), result)
}

/// Reads the tree, then audits whenever there is something new.
fn work(root: &Path, options: &Options, shared: &Mutex<Shared>, woken: &Receiver<()>, out: &dyn Fn(Message)) {
    let failed = |text: String| {
        let text = uioscope_reports::safe::clean_lines(&text);
        let what = json!({ "type": 1, "message": format!("uioscope: {text}") });
        out(Notification::new("window/showMessage".to_owned(), what).into());
    };
    let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let mut tree = match crate::input::read(Some(&root)) {
        Ok(tree) => tree,
        Err(e) => return failed(format!("{e:#}; nothing is audited")),
    };
    held(shared).root = root.clone();
    let headers = crate::input::headers();
    let mut seen = Manifest::of(&root, &headers);
    let mut under: HashMap<String, SourceFile> = HashMap::new();
    let mut last_error = String::new();
    loop {
        // Other programs write files too: what is said of a tree has to be of this one.
        let now = Manifest::of(&root, &headers);
        if now != seen || now.is_none() {
            match crate::input::read(Some(&root)) {
                Ok(new) => tree = new,
                Err(e) => return failed(format!("{e:#}; nothing is audited any more")),
            }
            under.clear();
            seen = now;
        }
        let documents = held(shared).documents.clone();
        let texts = overlay(&mut tree, &mut under, &root, &documents);
        let made = audit_with(&tree, options, |program, audit| {
            // What the eye waits for goes out first; an edit is asked for later, if nothing newer has come.
            held(shared).known = Some(Arc::new(Known { audit: audit.clone(), plan: None, texts: texts.clone() }));
            tell(audit, &root, &documents, &texts, out);
            let is_newest = turns(&held(shared).documents) == turns(&documents);
            is_newest.then(|| uioscope_migration::plan(program, audit, Column::Vmspace).0)
        });
        match made {
            Ok((audit, plan)) => {
                held(shared).known = Some(Arc::new(Known { audit, plan, texts }));
                last_error.clear();
            }
            Err(e) => {
                held(shared).known = None;
                let text = format!("{e}; nothing is known of what is open");
                if text != last_error {
                    failed(text.clone());
                    last_error = text;
                }
            }
        }
        if woken.recv().is_err() {
            return;
        }
        // Several texts came meanwhile: one audit does for all.
        while woken.try_recv().is_ok() {}
    }
}

/// Which texts these are.
fn turns(documents: &HashMap<String, Document>) -> BTreeMap<&str, u64> {
    documents.iter().map(|(uri, d)| (uri.as_str(), d.turn)).collect()
}

/// Sends the findings of what is open.
fn tell(
    audit: &Audit,
    root: &Path,
    documents: &HashMap<String, Document>,
    texts: &HashMap<String, (u64, String)>,
    out: &dyn Fn(Message),
) {
    for (uri, document) in documents {
        let Some(path) = answers::inside(root, uri) else { continue };
        let Some((_, text)) = texts.get(&path) else { continue };
        let mut what = json!({ "uri": uri, "diagnostics": answers::diagnostics(audit, &path, text) });
        if let Some(version) = document.version {
            what["version"] = json!(version);
        }
        out(Notification::new("textDocument/publishDiagnostics".to_owned(), what).into());
    }
}

/// Lays the documents over the tree, and gives back what is no longer covered.
fn overlay(
    tree: &mut SourceTree,
    under: &mut HashMap<String, SourceFile>,
    root: &Path,
    documents: &HashMap<String, Document>,
) -> HashMap<String, (u64, String)> {
    let mut texts = HashMap::new();
    for (uri, document) in documents {
        let Some(path) = answers::inside(root, uri) else { continue };
        let Some(at) = tree.index_of(&path) else { continue };
        let context = tree.files[at].context;
        let new = SourceFile::new(path.clone(), document.text.clone().into_bytes(), context);
        let old = std::mem::replace(&mut tree.files[at], new);
        under.entry(path.clone()).or_insert(old);
        texts.insert(path, (document.turn, document.text.clone()));
    }
    let gone: Vec<String> = under.keys().filter(|path| !texts.contains_key(*path)).cloned().collect();
    for path in gone {
        let (Some(old), Some(at)) = (under.remove(&path), tree.index_of(&path)) else { continue };
        // It may have been saved meanwhile.
        tree.files[at] = match std::fs::read(root.join(&path)) {
            Ok(bytes) => SourceFile::new(path, bytes, old.context),
            Err(_) => old,
        };
    }
    texts
}
