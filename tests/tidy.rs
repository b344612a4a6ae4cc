//! The house's own test: what keeps its rooms apart, read from the text alone. Each rule is a function from files to
//! complaints, run on the project and on a planted breach that it must find.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A file of the project: path from its root, and text.
type File = (String, String);

fn project() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut work = vec![root.to_path_buf()];
    while let Some(directory) = work.pop() {
        for entry in fs::read_dir(&directory).expect("the project can be read").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let kept = [".rs", ".md", ".toml", ".json"].iter().any(|e| name.ends_with(e));
            if path.is_dir() && !name.starts_with('.') && name != "target" && !path.ends_with("corpus/tree") {
                work.push(path);
            } else if kept && let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
                files.push((path, text));
            }
        }
    }
    files.sort();
    files
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "benches" || part == "tests.rs" || part == "fixture.rs")
}

/// The lines of product code: without comments, and up to the module of tests at the end.
fn code(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let end = file.1.find("#[cfg(test)]\nmod tests {").unwrap_or(file.1.len());
    file.1[..end].lines().enumerate().map(|(i, l)| (i + 1, l)).filter(|(_, l)| !l.trim_start().starts_with("//"))
}

fn product(files: &[File]) -> impl Iterator<Item = &File> {
    let rooms = [
        "src/",
        "source/src/",
        "analyzer/src/",
        "migration/src/",
        "model/src/",
        "ktrace/src/",
        "reports/src/",
        "corpus/src/",
    ];
    files.iter().filter(move |(p, _)| p.ends_with(".rs") && rooms.iter().any(|r| p.starts_with(r)) && !is_test(p))
}

/// The words of a block of docs/architecture.md.
fn block<'f>(files: &'f [File], name: &str) -> BTreeSet<&'f str> {
    let text = &files.iter().find(|f| f.0 == "docs/architecture.md").expect("docs/architecture.md").1;
    let block = text.split(&format!("```{name}\n")).nth(1).and_then(|b| b.split("```").next());
    block.unwrap_or_else(|| panic!("no block {name}")).split_whitespace().collect()
}

/// The floors of docs/architecture.md: `room: below above …` lines between the marks.
fn floors(files: &[File]) -> BTreeMap<String, Vec<String>> {
    let text = &files.iter().find(|f| f.0 == "docs/architecture.md").expect("docs/architecture.md").1;
    let block = text.split("```floors\n").nth(1).expect("a block of floors").split("```").next().expect("its end");
    let mut floors = BTreeMap::new();
    for line in block.lines() {
        let (room, order) = line.split_once(':').expect("room: modules");
        floors.insert(room.trim().to_owned(), order.split_whitespace().map(str::to_owned).collect());
    }
    floors
}

/// Words that follow `prefix` in a line.
fn after<'l>(line: &'l str, prefix: &str) -> Vec<&'l str> {
    line.match_indices(prefix)
        .map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())]
        })
        .collect()
}

/// Rooms import only from rooms below; so do the modules of the rooms whose order is given.
fn imports(files: &[File]) -> Vec<String> {
    let floors = floors(files);
    let mut found = Vec::new();
    for file in product(files) {
        let room = file.0.split('/').next().expect("a room");
        let allowed = floors.get(&format!("{room} may use")).unwrap_or_else(|| panic!("no floor for {room}"));
        let order = floors.get(room);
        let inside = file.0.strip_prefix(&format!("{room}/src/")).unwrap_or_default();
        let own = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        for (n, line) in code(file) {
            for used in after(line, "uioscope_") {
                if used != room && !allowed.iter().any(|a| a == used) {
                    found.push(format!("{}:{n}: {room} uses {used}, which is not below it", file.0));
                }
            }
            let Some(order) = order.filter(|_| own != "lib") else { continue };
            let place = |name: &str| order.iter().position(|m| m == name);
            for used in after(line, "crate::") {
                match (place(own), place(used)) {
                    (None, _) => found.push(format!("{}:{n}: module {own} has no floor", file.0)),
                    (Some(own_floor), Some(floor)) if floor > own_floor => {
                        found.push(format!("{}:{n}: {own} uses {used}, which stands above it", file.0));
                    }
                    _ => {}
                }
            }
        }
    }
    found
}

/// Only one module knows which languages there are.
fn language(files: &[File]) -> Vec<String> {
    let marks = ["ends_with(\".rs\")", "is_rust(", "is_c(", "rust::RustFile", "language::Rust", "language::C\n"];
    let mut found = Vec::new();
    for file in
        product(files).filter(|f| !f.0.starts_with("source/src/language") && !f.0.starts_with("source/src/rust/"))
    {
        for (n, line) in code(file) {
            if marks.iter().any(|m| line.contains(m.trim_end())) {
                found.push(format!("{}:{n}: asks for a language: {}", file.0, line.trim()));
            }
        }
    }
    found
}

/// Nothing reads a sentence: no comparison with, and no splitting of, a note, a step or a reason.
fn sentences(files: &[File]) -> Vec<String> {
    let words = ["note", "step", "reason", "why", "meaning"];
    let ways = [".starts_with(\"", ".split(\"", ".split_once(\"", ".strip_prefix(\"", ".contains(\"", "== \""];
    let mut found = Vec::new();
    let rooms = ["source/", "analyzer/", "migration/", "reports/", "src/"];
    for file in product(files).filter(|f| rooms.iter().any(|r| f.0.starts_with(r))) {
        for (n, line) in code(file) {
            for way in ways {
                let Some(at) = line.find(way) else { continue };
                let head = line[..at].trim_end();
                let name = head.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
                if words.contains(&name.trim_end_matches('s')) {
                    found.push(format!("{}:{n}: reads a sentence: {}", file.0, line.trim()));
                }
            }
        }
    }
    found
}

/// Names that packs know stand in no engine, but for those of C and of POSIX that all kernels share.
fn kernel_names(files: &[File]) -> Vec<String> {
    let shared = block(files, "shared-names");
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (_, text) in files.iter().filter(|f| f.0.starts_with("analyzer/rules/")) {
        for quoted in text.split('"').skip(1).step_by(2) {
            // What a rule is about: `proc.p_ucred`, `psignal#0`; not the path that it refers to.
            if quoted.contains([' ', '/', '*']) {
                continue;
            }
            let parts = quoted.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.extend(parts.filter(|n| n.len() >= 4 && n.contains('_')).map(str::to_owned));
        }
    }
    let mut found = Vec::new();
    for file in product(files)
        .filter(|f| f.0.starts_with("source/") || f.0.starts_with("analyzer/") || f.0.starts_with("migration/"))
    {
        for (n, line) in code(file) {
            for quoted in line.split('"').skip(1).step_by(2).filter(|q| names.contains(*q) && !shared.contains(q)) {
                found.push(format!("{}:{n}: a pack's name in the engine: {quoted}", file.0));
            }
        }
    }
    found
}

/// Below the command line only these touch files: one reads a tree, the other looks at it from outside.
const MAY_READ: [&str; 2] = ["source/src/text/manifest.rs", "source/src/text/tree.rs"];

/// Files, arguments, the environment and the terminal are touched where the house allows it.
fn effects(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in product(files) {
        let path = file.0.as_str();
        for (n, line) in code(file) {
            let reads = ["std::fs", "use std::{fs", " fs::", "(fs::", "File::open", "WalkDir::new"]
                .iter()
                .any(|m| line.contains(m));
            let asks = ["env::args", "env::var", "std::env"].iter().any(|m| line.contains(m));
            let prints =
                ["println!", "eprintln!", "print!(", "io::stdout", "io::stderr"].iter().any(|m| line.contains(m));
            let below = !path.starts_with("src/");
            if reads && below && !MAY_READ.contains(&path) {
                found.push(format!("{path}:{n}: touches files: {}", line.trim()));
            }
            if (asks || prints) && below {
                found.push(format!("{path}:{n}: reads the environment or prints: {}", line.trim()));
            }
        }
    }
    found
}

/// Every module stands in docs/architecture.md, and every module named there is one.
fn modules(files: &[File]) -> Vec<String> {
    let text = &files.iter().find(|f| f.0 == "docs/architecture.md").expect("docs/architecture.md").1;
    let mut found = Vec::new();
    for file in product(files).filter(|f| f.0.ends_with("/src/lib.rs")) {
        let room = file.0.split('/').next().expect("a room");
        let heading = format!("### `{room}/`");
        let Some(section) = text.split(&heading).nth(1).map(|s| s.split("\n### ").next().unwrap_or(s)) else {
            found.push(format!("docs/architecture.md: no section {heading}"));
            continue;
        };
        let declared: BTreeSet<&str> = code(file)
            .filter_map(|(_, l)| l.trim().strip_prefix("pub mod ").or(l.trim().strip_prefix("mod "))?.strip_suffix(';'))
            .filter(|m| *m != "fixture" && *m != "tests")
            .collect();
        for module in &declared {
            if !section.contains(&format!("`{module}`")) {
                found.push(format!("docs/architecture.md: {room} has a module {module} that is not named"));
            }
        }
        for row in section.lines().filter(|l| l.starts_with("| `")) {
            for named in row.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2) {
                if !declared.contains(named) {
                    found.push(format!("docs/architecture.md: {room} has no module {named}"));
                }
            }
        }
    }
    found
}

/// Every schema that a document names has its file, and is named in the docs.
fn schemas(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    let docs: String =
        files.iter().filter(|f| f.0.starts_with("docs/") && f.0.ends_with(".md")).map(|f| f.1.as_str()).collect();
    for file in product(files) {
        for (n, line) in code(file) {
            for quoted in line.split('"').skip(1).step_by(2).filter(|q| q.starts_with("uioscope.") && q.contains('/')) {
                let (name, version) = quoted["uioscope.".len()..].split_once('/').expect("name/version");
                let schema = format!("docs/schemas/{}-{version}.schema.json", name.replace('.', "-"));
                if !files.iter().any(|f| f.0 == schema) {
                    found.push(format!("{}:{n}: {quoted} has no {schema}", file.0));
                }
                if !docs.contains(quoted) {
                    found.push(format!("{}:{n}: {quoted} is not in the docs", file.0));
                }
            }
        }
    }
    found
}

/// A public type's name is given once in a crate, but for those that docs/architecture.md lists.
fn type_names(files: &[File]) -> Vec<String> {
    let mut seen: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut found = Vec::new();
    let same = block(files, "same-names");
    for file in product(files) {
        let room = file.0.split('/').next().expect("a room").to_owned();
        for (n, line) in code(file).filter(|(_, l)| !l.starts_with(' ')) {
            let public = ["pub struct ", "pub enum ", "pub trait "];
            let Some(rest) = public.iter().find_map(|k| line.strip_prefix(k)) else { continue };
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if same.contains(&format!("{room}::{name}").as_str()) {
                continue;
            }
            if let Some(first) = seen.insert((room.clone(), name.clone()), format!("{}:{n}", file.0)) {
                found.push(format!("{}:{n}: {name} is also at {first}", file.0));
            }
        }
    }
    found
}

/// Every reader of bytes that strangers hand over has a fuzz target.
fn fuzzed(files: &[File]) -> Vec<String> {
    let readers = files
        .iter()
        .find(|f| f.0 == "docs/architecture.md")
        .and_then(|f| f.1.split("```readers\n").nth(1)?.split("```").next())
        .expect("a block of readers");
    readers
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(_, target)| !files.iter().any(|f| f.0 == format!("fuzz/fuzz_targets/{}.rs", target.trim())))
        .map(|(reader, target)| format!("{reader} has no fuzz target {}", target.trim()))
        .collect()
}

/// No file is longer than a person reads at once.
fn sizes(files: &[File]) -> Vec<String> {
    let long = files.iter().filter(|f| f.0.ends_with(".rs") && f.1.lines().count() > 600);
    long.map(|f| format!("{}: {} lines", f.0, f.1.lines().count())).collect()
}

type Rule = fn(&[File]) -> Vec<String>;

/// The project keeps the rule, and a planted file that does not is found.
fn check(rule: Rule, path: &str, breach: &str) {
    let files = project();
    let complaints = rule(&files);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let mut planted = files;
    match planted.iter_mut().find(|f| f.0 == path) {
        Some(file) => file.1 = breach.replace("{}", &file.1),
        None => planted.push((path.to_owned(), breach.to_owned())),
    }
    assert!(!rule(&planted).is_empty(), "the planted breach was not found: {breach}");
}

#[test]
fn rooms_import_downward() {
    check(imports, "source/src/planted.rs", "use uioscope_analyzer::audit;\n");
    check(imports, "source/src/text/planted.rs", "use crate::language::of;\n");
    check(imports, "model/src/planted.rs", "use uioscope_analyzer::audit;\n");
}

#[test]
fn one_module_knows_the_languages() {
    check(language, "analyzer/src/planted.rs", "fn f(p: &str) -> bool { p.ends_with(\".rs\") }\n");
}

#[test]
fn nothing_reads_a_sentence() {
    check(sentences, "migration/src/planted.rs", "let a = note.starts_with(\"the request\");\n");
    check(sentences, "analyzer/src/planted.rs", "let a = steps.split_once(\"it takes \");\n");
}

#[test]
fn what_a_kernel_is_called_belongs_to_packs() {
    check(kernel_names, "analyzer/src/planted.rs", "let a = name == \"p_ucred\";\n");
}

#[test]
fn effects_stay_where_they_belong() {
    check(effects, "analyzer/src/planted.rs", "let a = std::fs::read(path);\n");
    check(effects, "reports/src/planted.rs", "println!(\"x\");\n");
}

#[test]
fn the_map_shows_every_module() {
    check(modules, "source/src/lib.rs", "{}pub mod planted;\n");
    check(modules, "docs/architecture.md", "### `source/`\n\n| `planted` | x |\n\n{}");
}

#[test]
fn schemas_have_files_and_words() {
    check(schemas, "reports/src/planted.rs", "const S: &str = \"uioscope.planted/1\";\n");
}

#[test]
fn a_type_has_a_name_of_its_own() {
    check(type_names, "source/src/planted.rs", "pub struct Span;\n");
}

#[test]
fn readers_of_strangers_bytes_are_fuzzed() {
    check(fuzzed, "docs/architecture.md", "```readers\nplanted: planted\n```\n{}");
}

#[test]
fn files_are_short() {
    check(sizes, "source/src/planted.rs", &"\n".repeat(601));
}
