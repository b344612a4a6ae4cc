//! The sample kernel, audited: every label has to be right, and nothing else may be found.

use std::collections::BTreeMap;
use uioscope_analyzer::finding::{Access, Audit, Finding};
use uioscope_analyzer::{Options, audit};
use uioscope_source::text::SourceTree;

fn corpus() -> SourceTree {
    let files = uioscope_corpus::tree().into_iter().map(|(path, text)| (path.to_owned(), text.to_vec()));
    SourceTree::from_memory("corpus", files.collect())
}

fn audited() -> Audit {
    audit(&corpus(), &Options::default()).expect("the corpus can be audited")
}

/// Rows of a TSV without its header, as name and value.
fn rows(tsv: &'static str) -> impl Iterator<Item = impl Fn(&str) -> &'static str> {
    let mut lines = tsv.lines();
    let head: Vec<_> = lines.next().expect("a header").split('\t').collect();
    lines.map(move |line| {
        let columns: BTreeMap<&str, &'static str> = head.iter().copied().zip(line.split('\t')).collect();
        move |name: &str| columns.get(name).copied().unwrap_or_else(|| panic!("no column {name}"))
    })
}

/// Sites by place; several on a line are numbered from left to right.
type Sites = BTreeMap<(String, u32, usize), String>;

fn insert(sites: &mut Sites, path: &str, line: u32, text: String) {
    let n = sites.range((path.to_owned(), line, 0)..=(path.to_owned(), line, usize::MAX)).count();
    sites.insert((path.to_owned(), line, n), text);
}

fn sorted(roles: &str) -> String {
    let mut roles: Vec<_> = roles.split(',').filter(|r| *r != "-").collect();
    roles.sort_unstable();
    roles.join(",")
}

/// What a row or finding says: only a load has roles, only a store has a space.
fn describe(function: &str, access: &str, roles: &str, space: &str, implicit: &str) -> String {
    let what = match access {
        "load" => format!(" for {}", sorted(roles)),
        "store" => format!(" of {space}"),
        _ => String::new(),
    };
    format!("{implicit}{access}{what} in {function}")
}

fn found(f: &Finding) -> String {
    let access = match f.access {
        Access::Load => "load",
        Access::Store => "store",
        Access::Decl => "decl",
        Access::Mention => "mention",
    };
    let roles: Vec<_> = f.roles.iter().map(|r| r.name()).collect();
    let kind = f.implicit.map(|i| serde_json::to_string(&i).expect("a name").trim_matches('"').to_owned());
    let kind = kind.map(|k| format!("({k}) ")).unwrap_or_default();
    describe(&f.function, access, &roles.join(","), f.space.map_or("-", |s| s.name()), &kind)
}

#[test]
fn every_label_is_right_and_nothing_else_is_found() {
    let audit = audited();
    let (mut want, mut got) = ([Sites::new(), Sites::new()], [Sites::new(), Sites::new()]);
    let line = |text: &str| text.parse::<u32>().expect("a line number");
    for row in rows(uioscope_corpus::LABELS) {
        let text = describe(row("function"), row("access"), row("roles"), row("space"), "");
        insert(&mut want[0], row("path"), line(row("line")), text);
    }
    for row in rows(uioscope_corpus::IMPLICIT) {
        let kind = format!("({}) ", row("kind"));
        let text = describe(row("function"), row("access"), row("roles"), row("space"), &kind);
        insert(&mut want[1], row("path"), line(row("line")), text);
    }
    for f in &audit.findings {
        insert(&mut got[usize::from(f.implicit.is_some())], &f.path, f.line, found(f));
    }
    let mut wrong = Vec::new();
    for (want, got) in want.iter().zip(&got) {
        let mut places: Vec<_> = want.keys().chain(got.keys()).collect();
        places.sort_unstable();
        places.dedup();
        for place in places.into_iter().filter(|p| want.get(*p) != got.get(*p)) {
            let text = |sites: &Sites| sites.get(place).map_or("nothing", |s| s.as_str()).to_owned();
            let (path, line, n) = place;
            wrong.push(format!("{path}:{line} #{n}: want {}\n    found {}", text(want), text(got)));
        }
    }
    let others = rows(uioscope_corpus::OTHER).count() as u64;
    let mentions = rows(uioscope_corpus::LABELS).filter(|r| r("access") == "mention").count() as u64;
    let labels = rows(uioscope_corpus::LABELS).count() as u64;
    let ledger = audit.ledger;
    if (ledger.occurrences, ledger.classified, ledger.unresolved, ledger.mentions, ledger.other)
        != (labels + others, labels - mentions, 0, mentions, others)
    {
        wrong.push(format!("ledger: want {labels} labels ({mentions} mentions) and {others} others, found {ledger:?}"));
    }
    wrong.extend(audit.problems.iter().map(|p| format!("problem: {p}")));
    wrong.extend(audit.skipped.iter().map(|s| format!("{}:{}: not read: {}", s.path, s.line, s.reason)));
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn other_members_of_that_name_are_counted_and_not_found() {
    let audit = audited();
    let mut wrong = Vec::new();
    for row in rows(uioscope_corpus::OTHER) {
        let (path, line) = (row("path"), row("line").parse::<u32>().expect("a line number"));
        let here = |p: &str, l: &str| p == path && l == row("line");
        let labels = rows(uioscope_corpus::LABELS).filter(|r| here(r("path"), r("line"))).count();
        let findings: Vec<_> =
            audit.findings.iter().filter(|f| f.implicit.is_none() && f.path == path && f.line == line).collect();
        if findings.len() != labels {
            let texts: Vec<_> = findings.iter().map(|f| format!("column {}: {}", f.column, found(f))).collect();
            wrong.push(format!("{path}:{line} ({}): {}", row("note"), texts.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "taken for the tracked member:\n{}", wrong.join("\n"));
    assert_eq!(audit.ledger.other, rows(uioscope_corpus::OTHER).count() as u64);
    assert!(audit.ledger.adds_up(), "{:?}", audit.ledger);
}

#[test]
fn places_columns_and_ids_are_those_of_the_text() {
    let (tree, audit) = (corpus(), audited());
    let mut ids: Vec<&str> = audit.findings.iter().map(|f| f.id.as_str()).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "two findings have the same id");
    let order = |f: &Finding| (f.path.clone(), f.line, f.column, f.implicit, f.access);
    assert!(audit.findings.is_sorted_by_key(order), "findings are not sorted");
    for f in audit.findings.iter().filter(|f| f.implicit.is_none()) {
        let text = &tree.file(&f.path).expect("a file of the tree").bytes;
        let line = text.split(|b| *b == b'\n').nth(f.line as usize - 1).expect("a line of the file");
        let at = &line[f.column as usize - 1..];
        // The name may run over a continued line.
        let head: Vec<u8> = at.iter().copied().take_while(|b| *b != b'\\').collect();
        let n = head.len().min(b"uio_procp".len());
        assert!(n > 0 && head[..n] == b"uio_procp"[..n], "{}:{}:{} is not the name", f.path, f.line, f.column);
    }
}

#[test]
fn the_same_bytes_come_out_of_every_run() {
    let json = || serde_json::to_string_pretty(&audited()).expect("an audit is JSON");
    let first = json();
    assert!(first == json(), "two runs differ");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    assert!(first == pool.install(json), "one thread finds something else than several");
}

#[test]
fn order_of_files_in_memory_does_not_matter() {
    let files: Vec<_> = uioscope_corpus::tree().iter().rev().map(|(p, t)| ((*p).to_owned(), t.to_vec())).collect();
    let turned = audit(&SourceTree::from_memory("corpus", files), &Options::default()).expect("an audit");
    assert!(turned == audited(), "the order of files changes the audit");
}
