//! What is known of a function before its paths are followed.

use super::place::{Aliases, Fact, known, last_member, place, root, squeezed, truth, truth_of};
use super::summary::Calls;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::body::{Body, Chosen, Fate, Node, NodeId};
use uioscope_source::tree::{AssignOp, Base, Expr, ExprId, Op, Stmt, StmtId};

/// Expressions nested more deeply are not looked into.
const DEEPEST: u32 = 200;

/// See the module.
#[derive(Default)]
pub(super) struct Before {
    /// Conditions that decide about a take or a drop and are tested elsewhere too, or whose variables are given a constant. Nothing
    /// is remembered of others, or there would be too many paths.
    pub related: BTreeSet<String>,
    /// For each node, whether a take, a drop or a lent pointer can come after it: where not, and nothing is held, no path is followed.
    pub ahead: Vec<bool>,
    /// Variables that references are named by, and those that they are copied from; no others' values are kept.
    pub named: BTreeSet<String>,
    /// Places that it gives to another owner: whoever shares its own address space, at fork, is not exiting.
    pub shared: BTreeSet<String>,
    /// Tests that are macros which stand for a loop's head: they give their variables new values.
    pub heads: BTreeSet<ExprId>,
    /// Variables with an attribute that drops what they hold, and what it calls.
    pub cleaned: BTreeMap<String, String>,
    /// Parameters, by name.
    pub params: BTreeMap<String, usize>,
    /// Places that are handed to what takes or drops, and parameters that are pointers to what is counted.
    pub objects: BTreeSet<String>,
    /// Parameters that are pointers to what is counted.
    pub handed: BTreeSet<String>,
    words: Ahead,
}

/// Which words stand in what can still be run.
#[derive(Default)]
struct Ahead {
    index: FxHashMap<String, usize>,
    sets: Vec<Vec<u64>>,
}

/// The name of a called function; empty where it is none.
pub(super) fn callee_name(body: &Body<'_>, callee: ExprId) -> String {
    match body.ast.expr(callee) {
        Expr::Name => String::from_utf8_lossy(body.text(callee)).into_owned(),
        _ => String::new(),
    }
}

impl Before {
    /// Of a function.
    pub fn of(body: &Body<'_>, function: StmtId, calls: &Calls<'_, '_>) -> Before {
        let rules = calls.rules;
        let mut before = Before { named: names(body, calls), ahead: ahead(body, calls), ..Before::default() };
        for var in &body.vars {
            let name = body.name(var.name);
            if let Some(i) = var.param {
                if let Base::Struct(tag) = var.ty.base
                    && var.ty.pointers == 1
                    && !rules.kinds_of(&body.name(tag)).is_empty()
                {
                    before.handed.insert(name.clone());
                    before.named.insert(name.clone());
                }
                before.params.insert(name, i as usize);
            } else if let Some(function) = cleanup(body, var.name.start as usize, var.name.end as usize, calls) {
                before.cleaned.insert(name, function);
            }
        }
        before.objects.clone_from(&before.handed);
        for e in body.exprs() {
            if let Expr::Call { callee, args } = body.ast.expr(e)
                && calls.matters(&callee_name(body, callee))
            {
                before.objects.extend(body.ast.list(args).iter().filter_map(|a| place(body, *a, &Aliases::new())));
            }
        }
        before.named.extend(copies_of(body, &before.objects));
        before.heads = heads(body);
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for node in &body.nodes {
            let keys: BTreeSet<String> = facts(body, node, calls).iter().map(|f| f.key().to_owned()).collect();
            // Both branches of a test are one.
            if node.assume.is_none_or(|(_, holds)| holds) {
                keys.into_iter().for_each(|key| *times.entry(key).or_default() += 1);
            }
        }
        before.related = times.into_iter().filter(|(_, n)| *n > 1).map(|(key, _)| key).collect();
        for e in body.exprs() {
            if let Expr::Assign { lhs, rhs, op: AssignOp::Set } = body.ast.expr(e)
                && let Some(to) = place(body, lhs, &Aliases::new())
                && last_member(&to).is_some_and(|m| rules.is_pointer(m))
            {
                before.shared.extend(place(body, rhs, &Aliases::new()));
            }
            match body.ast.expr(e) {
                Expr::Assign { lhs, rhs, op: AssignOp::Set } if truth(body, rhs).is_some() => {
                    before.related.insert(squeezed(body, lhs));
                }
                _ => {}
            }
            if let Fate::Initial(var) = body.fate(e)
                && truth(body, e).is_some()
            {
                before.related.insert(body.name(body.vars[var as usize].name));
            }
        }
        let returned: Vec<String> =
            body.exprs().filter(|e| body.fate(*e) == Fate::Returned).map(|e| squeezed(body, e)).collect();
        before.related.extend(returned.iter().cloned());
        let mut deciding = BTreeSet::new();
        guards(body, function, calls, &mut deciding);
        for test in body.exprs().filter_map(|e| arms(body, e, calls)) {
            parts(body, test, calls, &mut deciding, 0);
        }
        // What is returned says whose a reference in somebody else's struct is.
        deciding.extend(returned);
        deciding.extend(body.nodes.iter().filter_map(|n| n.chosen.as_ref()).map(|c| match c {
            Chosen::Is(value, _) | Chosen::None(value, _) => squeezed(body, *value),
        }));
        before.related.retain(|key| deciding.contains(key));
        before.words = Ahead::of(body);
        before
    }

    /// Whether a word still stands in what can be run from a node on.
    pub fn is_ahead(&self, node: NodeId, word: &str) -> bool {
        match (self.words.index.get(word), self.words.sets.get(node as usize)) {
            (Some(i), Some(set)) => set[i / 64] & (1 << (i % 64)) != 0,
            (None, Some(_)) => false,
            _ => true,
        }
    }

    /// Whether a fact's text is of things that still matter.
    pub fn is_fact_ahead(&self, node: NodeId, key: &str) -> bool {
        key.starts_with('@') || words(key).all(|w| !self.words.index.contains_key(w) || self.is_ahead(node, w))
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

impl Ahead {
    /// So many nodes and words at most; of larger functions everything is ahead.
    const LARGEST: usize = 1 << 23;

    fn of(body: &Body<'_>) -> Ahead {
        let mut index: FxHashMap<String, usize> = FxHashMap::default();
        let at: Vec<Vec<usize>> = body
            .nodes
            .iter()
            .map(|n| {
                let test = n.assume.map(|a| a.0);
                let switched = n.chosen.as_ref().map(|c| match c {
                    Chosen::Is(value, _) | Chosen::None(value, _) => *value,
                });
                let mut found = Vec::new();
                for e in [n.root, test, switched].into_iter().flatten() {
                    for w in words(&String::from_utf8_lossy(body.text(e))) {
                        let next = index.len();
                        found.push(*index.entry(w.to_owned()).or_insert(next));
                    }
                }
                found
            })
            .collect();
        let width = index.len().div_ceil(64).max(1);
        if width * body.nodes.len() > Ahead::LARGEST {
            return Ahead { index, sets: Vec::new() };
        }
        let mut sets = vec![vec![0u64; width]; body.nodes.len()];
        for (set, words) in sets.iter_mut().zip(&at) {
            words.iter().for_each(|i| set[i / 64] |= 1 << (i % 64));
        }
        let mut work: Vec<usize> = (0..body.nodes.len()).collect();
        while let Some(i) = work.pop() {
            let own = sets[i].clone();
            for &back in &body.nodes[i].back {
                let set = &mut sets[back as usize];
                let mut is_new = false;
                for (a, b) in set.iter_mut().zip(&own) {
                    is_new |= *b & !*a != 0;
                    *a |= b;
                }
                if is_new {
                    work.push(back as usize);
                }
            }
        }
        Ahead { index, sets }
    }
}

/// What a node's condition says.
pub(super) fn facts(body: &Body<'_>, node: &Node, calls: &Calls<'_, '_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some((test, holds)) = node.assume {
        known(body, test, holds, calls.rules, &mut facts);
    }
    let text = |span: &uioscope_source::text::Span| body.name(*span);
    match &node.chosen {
        Some(Chosen::Is(value, constant)) => {
            let (key, constant) = (squeezed(body, *value), text(constant));
            // `case 0:`, `case EFAULT:`
            facts.extend(truth_of(constant.as_bytes()).map(|truth| Fact::True(key.clone(), truth)));
            facts.push(Fact::Is(key, constant, true));
        }
        Some(Chosen::None(value, all)) => {
            if all.iter().any(|c| truth_of(text(c).as_bytes()) == Some(false)) {
                facts.push(Fact::True(squeezed(body, *value), true));
            }
            facts.extend(all.iter().map(|c| Fact::Is(squeezed(body, *value), text(c), false)));
        }
        None => {}
    }
    facts
}

/// What an attribute at a variable calls when its scope ends.
fn cleanup(body: &Body<'_>, start: usize, end: usize, calls: &Calls<'_, '_>) -> Option<String> {
    let source = body.source;
    let is_end = |b: &u8| matches!(b, b';' | b'{' | b'}');
    let from = source[..start].iter().rposition(is_end).map_or(0, |i| i + 1);
    let to = source[end..].iter().position(|b| is_end(b) || matches!(b, b'=' | b',')).map_or(end, |i| end + i);
    let text = String::from_utf8_lossy(&source[from..to]);
    calls.rules.common.cleanup.iter().find_map(|name| {
        let (at, _) = text.match_indices(name.as_str()).find(|(at, _)| {
            uioscope_source::text::is_word(text.as_bytes(), *at, name.len())
                && text[at + name.len()..].trim_start().starts_with('(')
        })?;
        let inside = text[at + name.len()..].trim_start().strip_prefix('(')?;
        Some(inside.split(')').next().unwrap_or_default().trim().to_owned())
    })
}

/// See [`Before::heads`].
fn heads(body: &Body<'_>) -> BTreeSet<ExprId> {
    let is_head = |test: &ExprId| {
        let start = body.ast.span(*test).start as usize;
        let before = body.source[..start].rsplit(|b| matches!(b, b'{' | b'}')).next().unwrap_or_default();
        // Not between the brackets of `while` and `for`.
        let count = |c: u8| before.iter().filter(|b| **b == c).count();
        matches!(body.ast.expr(*test), Expr::Call { .. }) && count(b'(') <= count(b')')
    };
    let tests = body.ast.stmts.iter().filter_map(|s| match s {
        Stmt::Loop { test, .. } => *test,
        _ => None,
    });
    tests.filter(is_head).collect()
}

/// Whether an expression takes, drops or lends.
fn matters(body: &Body<'_>, e: ExprId, calls: &Calls<'_, '_>, depth: u32) -> bool {
    let here = match body.ast.expr(e) {
        Expr::Call { callee, .. } => calls.matters(&callee_name(body, callee)),
        Expr::Member { name, .. } => {
            let name = body.name(name);
            calls.rules.count(&name).is_some() || calls.rules.is_pointer(&name)
        }
        _ => false,
    };
    let mut below = Vec::new();
    body.ast.operands(e, &mut |o| below.push(o));
    here || (depth < DEEPEST && below.into_iter().any(|o| matters(body, o, calls, depth + 1)))
}

/// See [`Before::ahead`].
fn ahead(body: &Body<'_>, calls: &Calls<'_, '_>) -> Vec<bool> {
    let mut ahead = vec![false; body.nodes.len()];
    let is_one = |n: &Node| n.root.is_some_and(|root| matters(body, root, calls, 0));
    let mut work: Vec<usize> = (0..body.nodes.len()).filter(|i| is_one(&body.nodes[*i])).collect();
    while let Some(i) = work.pop() {
        if !std::mem::replace(&mut ahead[i], true) {
            work.extend(body.nodes[i].back.iter().map(|&n| n as usize));
        }
    }
    ahead
}

/// Collects the conditions of every `if` around a take or a drop; whether there is one in the statement.
fn guards(body: &Body<'_>, stmt: StmtId, calls: &Calls<'_, '_>, out: &mut BTreeSet<String>) -> bool {
    let ast = body.ast;
    let takes = |e: ExprId| matters(body, e, calls, 0);
    match ast.stmt(stmt) {
        Stmt::Expr(e) | Stmt::Return(Some(e)) => takes(e),
        Stmt::Decls(list) => ast.decls(list).iter().filter_map(|d| d.init).any(takes),
        Stmt::Block(list) => {
            let mut any = false;
            for &inner in ast.list(list) {
                any |= guards(body, inner, calls, out);
            }
            any
        }
        Stmt::If { test, then, other } => {
            let inside = guards(body, then, calls, out) | other.is_some_and(|o| guards(body, o, calls, out));
            if inside {
                parts(body, test, calls, out, 0);
            }
            inside || takes(test)
        }
        Stmt::Loop { body: inner, .. } | Stmt::DoWhile { body: inner, .. } | Stmt::Switch { body: inner, .. } => {
            guards(body, inner, calls, out)
        }
        _ => false,
    }
}

/// The test of a choice in whose arms something is taken or dropped.
fn arms(body: &Body<'_>, e: ExprId, calls: &Calls<'_, '_>) -> Option<ExprId> {
    let matters = |e: &ExprId| matters(body, *e, calls, 0);
    match body.ast.expr(e) {
        Expr::Choice { test, then, other } => (then.is_some_and(|e| matters(&e)) || matters(&other)).then_some(test),
        Expr::Binary { op: Op::And | Op::Or, lhs, rhs } => matters(&rhs).then_some(lhs),
        _ => None,
    }
}

/// The conditions that a condition is made of.
fn parts(body: &Body<'_>, test: ExprId, calls: &Calls<'_, '_>, out: &mut BTreeSet<String>, depth: u32) {
    match body.ast.expr(test) {
        Expr::Binary { op: Op::And | Op::Or, lhs, rhs } if depth < DEEPEST => {
            parts(body, lhs, calls, out, depth + 1);
            parts(body, rhs, calls, out, depth + 1);
        }
        Expr::Unary { op: Op::Not, operand } if depth < DEEPEST => parts(body, operand, calls, out, depth + 1),
        _ => {
            let mut facts = Vec::new();
            known(body, test, true, calls.rules, &mut facts);
            known(body, test, false, calls.rules, &mut facts);
            out.extend(facts.into_iter().map(|f| f.key().to_owned()));
        }
    }
}

/// Variables that are copies of these places.
fn copies_of(body: &Body<'_>, places: &BTreeSet<String>) -> Vec<String> {
    let is_one = |e: ExprId| place(body, e, &Aliases::new()).is_some_and(|p| p.contains("->") && places.contains(&p));
    let starts = body.vars.iter().filter(|v| v.init.is_some_and(is_one)).map(|v| body.name(v.name));
    let assigned = body.exprs().filter_map(|e| match body.ast.expr(e) {
        Expr::Assign { lhs, rhs, op: AssignOp::Set } if body.var(body.strip(lhs)).is_some() && is_one(rhs) => {
            Some(squeezed(body, lhs))
        }
        _ => None,
    });
    starts.chain(assigned).collect()
}

/// See [`Before::named`].
fn names(body: &Body<'_>, calls: &Calls<'_, '_>) -> BTreeSet<String> {
    let (ast, rules) = (body.ast, calls.rules);
    let mut names = BTreeSet::new();
    let mut copies: Vec<(String, String)> = Vec::new();
    for e in body.exprs() {
        match ast.expr(e) {
            Expr::Call { callee, args } => {
                let name = callee_name(body, callee);
                if calls.matters(&name) {
                    let below = |arg: &ExprId| match ast.expr(body.strip(*arg)) {
                        Expr::Unary { op: Op::AddrOf, operand } => operand,
                        _ => *arg,
                    };
                    let places = ast.list(args).iter().filter_map(|arg| place(body, below(arg), &Aliases::new()));
                    names.extend(places.map(|p| root(&p).to_owned()));
                }
            }
            Expr::Member { base, name, .. } => {
                let name = body.name(name);
                if rules.count(&name).is_some() || rules.is_pointer(&name) {
                    names.extend(place(body, base, &Aliases::new()).map(|p| root(&p).to_owned()));
                }
            }
            Expr::Assign { lhs, rhs, op: AssignOp::Set } => {
                if let (Some(to), Some(from)) = (place(body, lhs, &Aliases::new()), place(body, rhs, &Aliases::new())) {
                    copies.push((to, root(&from).to_owned()));
                }
            }
            _ => {}
        }
    }
    for var in &body.vars {
        if let Some(from) = var.init.and_then(|init| place(body, init, &Aliases::new())) {
            copies.push((body.name(var.name), root(&from).to_owned()));
        }
    }
    loop {
        let before = names.len();
        names.extend(
            copies.iter().filter(|(to, _)| names.contains(root(to))).map(|(_, from)| from.clone()).collect::<Vec<_>>(),
        );
        if names.len() == before {
            return names;
        }
    }
}
