//! Role packs: every rule matches what it is for and nothing close to it, and no pack trips over the whole corpus.

use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeSet;
use uioscope_analyzer::finding::{Access, Note, Role};
use uioscope_analyzer::packs::{BUILTIN, Pack, Rule};
use uioscope_analyzer::{Options, audit};
use uioscope_source::text::SourceTree;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    pair: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    key: String,
    #[serde(rename = "type")]
    of: String,
    hit: String,
    miss: String,
}

fn pairs(text: &str) -> Vec<Pair> {
    toml::from_str::<Document>(text).expect("fixtures are TOML").pair
}

fn builtin(name: &str) -> Pack {
    Pack::builtin(name).unwrap_or_else(|e| panic!("{e}"))
}

fn own_rules(pack: &Pack) -> impl Iterator<Item = &Rule> {
    pack.rules.iter().filter(|r| r.pack == pack.name)
}

/// Roles of the one load in the statement.
fn roles(pack: &Pack, of: &str, statement: &str) -> Result<Vec<Role>, String> {
    let (track, field, companion) = (&pack.track_struct, &pack.track_fields[0], &pack.companion.field);
    let header = format!("struct {track} {{\n\tstruct {of} *{field};\n\tint {companion};\n}};\n");
    let source = format!(
        "int\nf(struct {track} *uio, struct {of} *q)\n{{\n\tstruct {of} *p = uio->{field};\n\n\t{statement}\n}}\n"
    );
    let files = vec![("sys/uio.h".to_owned(), header.into_bytes()), ("kern/f.c".to_owned(), source.into_bytes())];
    let options = Options { field: Some(format!("{track}.{field}")), pack: Some(pack.clone()), ..Options::default() };
    let audit = audit(&SourceTree::from_memory("fixture", files), &options).map_err(|e| e.to_string())?;
    if let Some(p) = audit.problems.first() {
        return Err(p.to_string());
    }
    if let Some(s) = audit.skipped.first() {
        return Err(format!("{}:{}: not read: {}", s.path, s.line, s.reason));
    }
    let loads: Vec<_> = audit.findings.iter().filter(|f| f.access == Access::Load).collect();
    match loads.as_slice() {
        // What a rule without a role lets pass is opaque for another reason than what no rule knows.
        [one] if one.notes.iter().any(|n| matches!(n, Note::LookedInto(_))) => Ok(Vec::new()),
        [one] => Ok(one.roles.clone()),
        _ => Err(format!("one load was expected: {:?}", audit.findings)),
    }
}

/// The pack with `rule` meaning `role` and nothing else: whether it is this rule that says something shows by that.
fn marked(pack: &Pack, rule: &Rule, role: Role) -> Pack {
    let arg = rule.arg.map(|n| format!(", arg = {n}")).unwrap_or_default();
    let dot = if rule.of.is_empty() { "" } else { "." };
    let text = format!(
        "name = \"marked\"\ntitle = \"marked\"\nextends = \"{}\"\n[rules]\n{} = [{{ name = \"{}{dot}{}\"{arg}, roles = [\"{}\"], ref = \"test\" }}]\n",
        pack.name,
        rule.kind.name(),
        rule.of,
        rule.name,
        role.name()
    );
    Pack::parse("marked.toml", &text).unwrap_or_else(|e| panic!("{e}"))
}

/// What is wrong with a pair.
fn judge(pack: &Pack, rule: &Rule, pair: &Pair) -> Result<(), String> {
    let names = |roles: &[Role]| roles.iter().map(|r| r.name()).collect::<Vec<_>>().join(",");
    let (hit, miss) = (roles(pack, &pair.of, &pair.hit)?, roles(pack, &pair.of, &pair.miss)?);
    let as_said = match rule.roles.as_slice() {
        [] => !hit.contains(&Role::Opaque),
        want => want.iter().all(|r| hit.contains(r)),
    };
    if !as_said {
        return Err(format!("hit `{}`: want {}, found {}", pair.hit, names(&rule.roles), names(&hit)));
    }
    // A role that neither shows by itself.
    let all: BTreeSet<Role> = hit.iter().chain(&miss).chain(&rule.roles).copied().collect();
    let mark = Role::ALL
        .into_iter()
        .find(|r| !all.contains(r) && !matches!(r, Role::Unused | Role::Opaque))
        .expect("no statement has all roles");
    let marked = marked(pack, rule, mark);
    if !roles(&marked, &pair.of, &pair.hit)?.contains(&mark) {
        return Err(format!("hit `{}`: {} shows, but not by this rule", pair.hit, names(&hit)));
    }
    let miss = roles(&marked, &pair.of, &pair.miss)?;
    if miss.contains(&mark) {
        return Err(format!("miss `{}`: the rule matches all the same ({})", pair.miss, names(&miss)));
    }
    Ok(())
}

#[test]
fn every_rule_matches_what_it_is_for_and_nothing_close_to_it() {
    let mut wrong = Vec::new();
    for (name, text) in uioscope_corpus::pack_fixtures() {
        let pack = builtin(name);
        let results: Vec<String> = pairs(text)
            .par_iter()
            .filter_map(|pair| {
                let rule = pack.rules.iter().find(|r| r.key() == pair.key)?;
                judge(&pack, rule, pair).err().map(|e| format!("{name} {}: {e}", pair.key))
            })
            .collect();
        wrong.extend(results);
    }
    assert!(wrong.is_empty(), "{} pairs are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_pack_in_the_documentation_is_one() {
    let text = include_str!("../../docs/packs.md");
    let toml = text.split("```toml\n").nth(1).and_then(|t| t.split("```").next()).expect("an example");
    let pack = Pack::parse("docs/packs.md", toml).expect("the example is a pack");
    assert_eq!((pack.name.as_str(), pack.operations.list.as_str()), ("netbsd", "vnode_if.src"));
}

#[test]
fn rules_and_fixture_pairs_go_together() {
    let fixtures = uioscope_corpus::pack_fixtures();
    let names: BTreeSet<_> = fixtures.iter().map(|f| f.0).collect();
    assert_eq!(names, BUILTIN.iter().map(|b| b.0).collect(), "packs with fixtures, and built-in packs");
    let mut wrong = Vec::new();
    for (name, text) in fixtures {
        let pack = builtin(name);
        let rules: BTreeSet<String> = own_rules(&pack).map(Rule::key).collect();
        let mut seen = BTreeSet::new();
        for pair in pairs(text) {
            if !seen.insert(pair.key.clone()) {
                wrong.push(format!("{name} {}: two pairs", pair.key));
            }
        }
        wrong.extend(rules.difference(&seen).map(|k| format!("{name} {k}: a rule without a pair")));
        wrong.extend(seen.difference(&rules).map(|k| format!("{name} {k}: a pair without a rule of its own")));
        assert!(!rules.is_empty(), "{name} has no rule of its own");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_pack_audits_the_whole_corpus() {
    let files = uioscope_corpus::tree().into_iter().map(|(path, text)| (path.to_owned(), text.to_vec()));
    let tree = SourceTree::from_memory("corpus", files.collect());
    let field = Some("uio.uio_procp".to_owned());
    let plain = audit(&tree, &Options { field: field.clone(), pack: None, ..Options::default() }).expect("an audit");
    for (name, _) in BUILTIN {
        let options = Options { field: field.clone(), pack: Some(builtin(name)), ..Options::default() };
        let audit = audit(&tree, &options).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(audit.pack, name);
        assert_eq!(audit.problems, [], "{name}");
        assert!(audit.ledger.adds_up() && audit.ledger.occurrences > 0, "{name}: {:?}", audit.ledger);
        // What a site is for depends on the pack; what and where it is does not.
        assert_eq!(audit.ledger, plain.ledger, "{name}");
        let silent: Vec<_> = audit.findings.iter().filter(|f| f.access == Access::Load && f.roles.is_empty()).collect();
        assert!(silent.is_empty(), "{name}: loads without a role: {silent:?}");
    }
}

#[test]
fn an_opaque_load_always_says_why() {
    let files = uioscope_corpus::tree().into_iter().map(|(path, text)| (path.to_owned(), text.to_vec()));
    let tree = SourceTree::from_memory("corpus", files.collect());
    let mut wrong = Vec::new();
    for (name, _) in BUILTIN {
        let options =
            Options { field: Some("uio.uio_procp".to_owned()), pack: Some(builtin(name)), ..Options::default() };
        let audit = audit(&tree, &options).unwrap_or_else(|e| panic!("{name}: {e}"));
        let opaque = audit.findings.iter().filter(|f| f.roles.contains(&Role::Opaque));
        wrong.extend(opaque.filter(|f| f.notes.is_empty()).map(|f| format!("{name}: {}:{}", f.path, f.line)));
    }
    assert!(wrong.is_empty(), "opaque without a reason:\n{}", wrong.join("\n"));
}
