//! The path that leads to a point: what a person is shown of it, and what is found at its end.

use super::before::callee_name;
use super::place::squeezed;
use super::rules::has_word;
use super::walk::{DEEPEST, DroppedPlace, Found, Hangs, Walk};
use super::{Doubt, Fault, RefStep};
use uioscope_source::body::{Chosen, Fate};
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op};

impl Walk<'_, '_, '_> {
    pub(super) fn note_branch(&mut self, assume: Option<(ExprId, bool)>, chosen: Option<&Chosen>) {
        let short = |e| squeezed(self.body, e).chars().take(60).collect::<String>();
        let step = match (assume, chosen) {
            (Some((test, holds)), _) => {
                let what = format!("{} {}", if holds { "if" } else { "unless" }, short(test));
                RefStep { line: self.line(test), what }
            }
            (_, Some(Chosen::Is(_, constant))) => {
                RefStep { line: (self.lines)(constant.start), what: format!("case {}", self.body.name(*constant)) }
            }
            (_, Some(Chosen::None(value, _))) => {
                RefStep { line: self.line(*value), what: format!("no case of {}", short(*value)) }
            }
            _ => return,
        };
        self.points[self.at].note = Some(step);
    }

    pub(super) fn line(&self, e: ExprId) -> u32 {
        (self.lines)(self.body.ast.span(e).start)
    }

    /// The functions that are called on this path where something is named.
    pub(super) fn called_with(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut place = Some(self.at);
        while let Some(i) = place {
            let node = &self.body.nodes[self.points[i].node as usize];
            for e in node.root.into_iter().chain(node.assume.map(|(test, _)| test)) {
                let is_start = match self.body.fate(e) {
                    Fate::Initial(var) => self.body.name(self.body.vars[var as usize].name) == name,
                    _ => false,
                };
                if is_start || has_word(&String::from_utf8_lossy(self.body.text(e)), name) {
                    self.each_call(e, &mut found, 0);
                }
            }
            place = self.points[i].from;
        }
        found.retain(|callee| !self.calls.matters(callee));
        found
    }

    /// What a person wants to read of a node: that it takes or drops.
    pub(super) fn said(&self, root: ExprId) -> Option<RefStep> {
        let mut calls = Vec::new();
        self.each_call(root, &mut calls, 0);
        let what = match calls.into_iter().find(|n| self.calls.matters(n)) {
            Some(name) => format!("{name}()"),
            None => squeezed(self.body, self.counting(root, 0)?).chars().take(60).collect(),
        };
        Some(RefStep { line: self.line(root), what })
    }

    /// What raises or lowers a count in an expression.
    fn counting(&self, e: ExprId, depth: u32) -> Option<ExprId> {
        let is_count = |e: ExprId| match self.body.ast.expr(self.body.strip(e)) {
            Expr::Member { name, .. } => self.calls.rules.count(&self.body.name(name)).is_some(),
            Expr::Unary { op: Op::AddrOf, operand } => match self.body.ast.expr(self.body.strip(operand)) {
                Expr::Member { name, .. } => self.calls.rules.count(&self.body.name(name)).is_some(),
                _ => false,
            },
            _ => false,
        };
        let common = &self.calls.rules.common;
        let is_one = match self.body.ast.expr(e) {
            Expr::Unary { op: Op::Increment | Op::Decrement, operand } => is_count(operand),
            Expr::Assign { lhs, op: AssignOp::Add | AssignOp::Sub, .. } => is_count(lhs),
            Expr::Call { callee, args } => {
                let name = callee_name(self.body, callee);
                let counts = [&common.raises, &common.tries, &common.lowers].into_iter().flatten().any(|n| *n == name);
                counts && self.body.ast.list(args).iter().any(|arg| is_count(*arg))
            }
            _ => false,
        };
        if is_one || depth > DEEPEST {
            return is_one.then_some(e);
        }
        let mut below = Vec::new();
        match self.chosen_arm(e) {
            Some(arm) => below.extend(arm),
            None => self.body.ast.operands(e, &mut |o| below.push(o)),
        }
        below.into_iter().find_map(|o| self.counting(o, depth + 1))
    }

    fn each_call(&self, e: ExprId, out: &mut Vec<String>, depth: u32) {
        if depth > DEEPEST {
            return;
        }
        if let Expr::Call { callee, .. } = self.body.ast.expr(e) {
            out.push(callee_name(self.body, callee));
        }
        let mut below = Vec::new();
        match self.chosen_arm(e) {
            Some(arm) => below.extend(arm),
            None => self.body.ast.operands(e, &mut |o| below.push(o)),
        }
        below.into_iter().for_each(|o| self.each_call(o, out, depth + 1));
    }

    /// The line at which a path ends.
    pub(super) fn last_line(&self) -> u32 {
        let mut place = Some(self.at);
        while let Some(i) = place {
            let node = &self.body.nodes[self.points[i].node as usize];
            if let Some(e) = node.root.or(node.assume.map(|(test, _)| test)) {
                return self.line(e);
            }
            place = self.points[i].from;
        }
        self.body.function.map_or(1, |name| (self.lines)(name.start))
    }

    pub(super) fn find(&mut self, fault: Fault, object: &str, e: ExprId, doubts: Vec<Doubt>) {
        let line = self.line(e);
        let shown: String = squeezed(self.body, e).chars().take(60).collect();
        self.report(line, fault, object, doubts, Vec::new(), Some(RefStep { line, what: shown }));
    }

    /// Of something that the path has passed.
    pub(super) fn find_before(&mut self, fault: Fault, object: &str, e: ExprId, set_back: Option<String>) {
        let (here, node) = (self.at, self.body.node(e));
        let mut place = Some(here);
        while let Some(i) = place {
            if Some(self.points[i].node) == node {
                self.at = i;
                break;
            }
            place = self.points[i].from;
        }
        let made = self.out.found.len();
        self.find(fault, object, e, Vec::new());
        // A surer path to the same says it.
        let line = self.line(e);
        let is_new = made < self.out.found.len();
        let last = self.out.found.iter_mut().rev().find(|f| f.fault == fault && f.line == line);
        if let Some(last) = last.filter(|_| set_back.is_none() || is_new) {
            last.hangs = set_back.map_or(Hangs::Nowhere, Hangs::SetBack);
        }
        self.at = here;
    }

    /// Reports it once; the path is a shortest one, as paths are followed in order of length.
    pub(super) fn report(
        &mut self,
        line: u32,
        fault: Fault,
        object: &str,
        doubts: Vec<Doubt>,
        only_if_dropped: Vec<DroppedPlace>,
        last: Option<RefStep>,
    ) {
        if !self.seen.insert((line, fault, object.to_owned(), only_if_dropped.clone())) {
            return;
        }
        let mut steps: Vec<RefStep> = last.into_iter().collect();
        // What was before the reference was taken, or dropped, does not matter.
        let mut acted = None;
        let mut place = Some(self.at);
        while let Some(i) = place {
            steps.extend(self.points[i].note.clone());
            if self.points[i].acts {
                acted = Some(steps.len());
            }
            place = self.points[i].from;
        }
        steps.truncate(acted.unwrap_or(steps.len()));
        steps.reverse();
        steps.dedup();
        let object = if object.starts_with('@') { "the result".to_owned() } else { super::place::shown(object) };
        let hangs = Hangs::Nowhere;
        self.out.found.push(Found { line, fault, object, doubts, steps, hangs, helpers: Vec::new(), only_if_dropped });
    }
}
