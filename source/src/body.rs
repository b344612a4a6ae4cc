//! A function's body as a reader of values wants it: control flow, local variables, and for each expression what becomes
//! of its value.

use crate::text::Span;
use crate::text::name_text;
use crate::tree::{AssignOp, Ast, Decl, Expr, ExprId, Function, Op, Stmt, StmtId, Storage, Type};
use rustc_hash::FxHashMap;

/// Index of a local variable or parameter.
pub type VarId = u32;
/// Index of a node of the control flow.
pub type NodeId = u32;

/// What becomes of the value of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is an operand.
    Operand(ExprId),
    /// Nothing.
    Discarded,
    /// It decides a branch.
    Tested,
    /// It selects a case.
    Switched,
    /// The function's value.
    Returned,
    /// It initialises a variable.
    Initial(VarId),
}

/// A parameter or local variable.
#[derive(Debug, Clone, Copy)]
pub struct Var {
    /// Its name.
    pub name: Span,
    /// Its type.
    pub ty: Type,
    /// 0-based position, for a parameter.
    pub param: Option<u32>,
    /// `static` ones outlive the call.
    pub storage: Storage,
    /// Its initialiser.
    pub init: Option<ExprId>,
}

/// One evaluated expression in the control flow.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// What is evaluated, if anything.
    pub root: Option<ExprId>,
    /// What can run next.
    pub next: Vec<NodeId>,
    /// What can run before.
    pub back: Vec<NodeId>,
    /// Of a body with branches: here the condition is known to hold, or not to hold.
    pub assume: Option<(ExprId, bool)>,
}

/// A read or write of a local variable, at a point of the evaluation of a node.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// Which node.
    pub node: NodeId,
    /// When in the node: byte offset of a use, end of the assignment of a definition.
    pub at: u32,
    /// The name's expression for a use, the assigned value for a definition (nothing: unknown value).
    pub expr: Option<ExprId>,
    /// A definition.
    pub is_def: bool,
    /// A definition that always happens when the node is evaluated.
    pub kills: bool,
}

/// A function's body with its control flow.
#[derive(Debug)]
pub struct Body<'a> {
    /// The tree it is part of.
    pub ast: &'a Ast,
    /// The file's bytes.
    pub source: &'a [u8],
    /// The function's name; nothing for a macro's text or initialisers.
    pub function: Option<Span>,
    /// Parameters first.
    pub vars: Vec<Var>,
    /// Nodes; the first is the entry, the second the exit.
    pub nodes: Vec<Node>,
    /// For each variable its events, in order of node and time.
    pub events: Vec<Vec<Event>>,
    fates: FxHashMap<ExprId, Fate>,
    node_of: FxHashMap<ExprId, NodeId>,
    var_of: FxHashMap<ExprId, VarId>,
}

/// Entry node.
pub const ENTRY: NodeId = 0;
/// Exit node.
pub const EXIT: NodeId = 1;

impl<'a> Body<'a> {
    /// Of a function.
    pub fn new(source: &'a [u8], ast: &'a Ast, function: &Function) -> Body<'a> {
        Body { function: Some(function.name), ..Body::build(source, ast, ast.decls(function.params), function.body) }
    }

    /// Of a function, with a node at the head of each branch that says which it is, for whoever follows paths.
    pub fn with_branches(source: &'a [u8], ast: &'a Ast, function: &Function) -> Body<'a> {
        let body = Body::built(source, ast, ast.decls(function.params), function.body, true);
        Body { function: Some(function.name), ..body }
    }

    /// Of parameters and statements.
    pub fn build(source: &'a [u8], ast: &'a Ast, params: &[Decl], body: StmtId) -> Body<'a> {
        Body::built(source, ast, params, body, false)
    }

    fn built(source: &'a [u8], ast: &'a Ast, params: &[Decl], body: StmtId, branches: bool) -> Body<'a> {
        let shell = Body {
            ast,
            source,
            function: None,
            vars: Vec::new(),
            nodes: vec![Node::default(), Node::default()],
            events: Vec::new(),
            fates: FxHashMap::default(),
            node_of: FxHashMap::default(),
            var_of: FxHashMap::default(),
        };
        let mut b = Builder {
            b: shell,
            scopes: vec![FxHashMap::default()],
            at: vec![ENTRY],
            loops: Vec::new(),
            labels: FxHashMap::default(),
            gotos: Vec::new(),
            branches,
        };
        for (i, p) in params.iter().enumerate() {
            b.declare(p, Some(i as u32));
        }
        b.stmt(body);
        b.link_to(EXIT);
        b.finish()
    }

    /// What becomes of the expression's value.
    pub fn fate(&self, e: ExprId) -> Fate {
        self.fates.get(&e).copied().unwrap_or(Fate::Discarded)
    }

    /// The node that evaluates the expression.
    pub fn node(&self, e: ExprId) -> Option<NodeId> {
        self.node_of.get(&e).copied()
    }

    /// The local variable that a name is.
    pub fn var(&self, e: ExprId) -> Option<VarId> {
        self.var_of.get(&e).copied()
    }

    /// Text of an expression, without brackets around it.
    pub fn text(&self, e: ExprId) -> &'a [u8] {
        self.ast.own(e).of(self.source)
    }

    /// A name's text, continued lines joined.
    pub fn name(&self, span: Span) -> String {
        String::from_utf8_lossy(&name_text(span.of(self.source))).into_owned()
    }

    /// Without casts.
    pub fn strip(&self, mut e: ExprId) -> ExprId {
        while let Expr::Cast { operand, .. } = self.ast.expr(e) {
            e = operand;
        }
        e
    }

    /// Every expression that is evaluated in the body.
    pub fn exprs(&self) -> impl Iterator<Item = ExprId> + '_ {
        let mut all: Vec<ExprId> = self.node_of.keys().copied().collect();
        all.sort_unstable();
        all.into_iter()
    }

    /// Uses of variable `var` that a definition reaches which happens in `node` at `at`.
    pub fn reached(&self, var: VarId, node: NodeId, at: u32) -> Vec<ExprId> {
        let mut uses = Vec::new();
        let mut seen = vec![false; self.nodes.len()];
        let mut work = Vec::new();
        if self.scan(var, node, at, &mut uses) {
            work.extend_from_slice(&self.nodes[node as usize].next);
        }
        while let Some(n) = work.pop() {
            if std::mem::replace(&mut seen[n as usize], true) {
                continue;
            }
            if self.scan(var, n, 0, &mut uses) {
                work.extend_from_slice(&self.nodes[n as usize].next);
            }
        }
        uses.sort_unstable();
        uses.dedup();
        uses
    }

    /// Collects the uses in a node from `at` on; `false` when the variable gets another value there.
    fn scan(&self, var: VarId, node: NodeId, at: u32, uses: &mut Vec<ExprId>) -> bool {
        let events = &self.events[var as usize];
        let from = events.partition_point(|e| e.node < node);
        for e in events[from..].iter().take_while(|e| e.node == node).filter(|e| e.at >= at) {
            match (e.is_def, e.expr) {
                // The definition that the search started from.
                (true, _) if e.at == at => {}
                (true, _) if e.kills => return false,
                (false, Some(expr)) => uses.push(expr),
                _ => {}
            }
        }
        true
    }

    /// What a variable holds at a point: the values given to it that reach there (`None`: one that is not seen), and whether it may
    /// still be what it was when the function began.
    pub fn reaching(&self, var: VarId, node: NodeId, at: u32) -> (Vec<Option<ExprId>>, bool) {
        let events = &self.events[var as usize];
        let mut found = Vec::new();
        let mut from_entry = false;
        let mut seen = vec![false; self.nodes.len()];
        let mut work = vec![(node, at)];
        while let Some((n, before)) = work.pop() {
            let from = events.partition_point(|e| e.node < n);
            let to = events.partition_point(|e| e.node <= n);
            let mut killed = false;
            for e in events[from..to].iter().rev().filter(|e| e.is_def && e.at <= before) {
                found.push(e.expr);
                if e.kills {
                    killed = true;
                    break;
                }
            }
            if killed {
                continue;
            }
            from_entry |= n == ENTRY;
            for &back in &self.nodes[n as usize].back {
                if !std::mem::replace(&mut seen[back as usize], true) {
                    work.push((back, u32::MAX));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        (found, from_entry)
    }

    /// All values that a variable is given anywhere; `None` in the list: one that is not seen.
    pub fn definitions(&self, var: VarId) -> Vec<Option<ExprId>> {
        self.events[var as usize].iter().filter(|e| e.is_def).map(|e| e.expr).collect()
    }
}

struct Loop {
    name: Span,
    /// Where `break` goes; where `continue` goes (not for a `switch`).
    breaks: Vec<NodeId>,
    continues: Vec<NodeId>,
    is_switch: bool,
    /// Nodes from which cases can be entered.
    head: Vec<NodeId>,
}

struct Builder<'a> {
    b: Body<'a>,
    scopes: Vec<FxHashMap<Vec<u8>, VarId>>,
    /// Nodes whose successor is the next node; empty: not reachable by falling through.
    at: Vec<NodeId>,
    loops: Vec<Loop>,
    labels: FxHashMap<Vec<u8>, NodeId>,
    gotos: Vec<(NodeId, Vec<u8>)>,
    /// Whether each branch has a node at its head.
    branches: bool,
}

impl<'a> Builder<'a> {
    fn finish(mut self) -> Body<'a> {
        for (from, name) in std::mem::take(&mut self.gotos) {
            match self.labels.get(&name) {
                Some(&to) => self.edge(from, to),
                // A label behind a macro, or a computed goto: any label may be meant.
                None => {
                    self.labels.values().copied().collect::<Vec<_>>().into_iter().for_each(|to| self.edge(from, to))
                }
            }
        }
        for events in &mut self.b.events {
            events.sort_by_key(|e| (e.node, e.at, e.is_def));
        }
        for n in &mut self.b.nodes {
            n.next.sort_unstable();
            n.next.dedup();
            n.back.sort_unstable();
            n.back.dedup();
        }
        self.b
    }

    fn edge(&mut self, from: NodeId, to: NodeId) {
        self.b.nodes[from as usize].next.push(to);
        self.b.nodes[to as usize].back.push(from);
    }

    fn link_to(&mut self, to: NodeId) {
        for from in std::mem::take(&mut self.at) {
            self.edge(from, to);
        }
    }

    /// A new node after the current place.
    fn node(&mut self, root: Option<ExprId>) -> NodeId {
        let id = self.b.nodes.len() as NodeId;
        self.b.nodes.push(Node { root, ..Node::default() });
        self.link_to(id);
        self.at.push(id);
        id
    }

    /// The head of a branch.
    fn assume(&mut self, test: ExprId, holds: bool) {
        if self.branches {
            let node = self.node(None);
            self.b.nodes[node as usize].assume = Some((test, holds));
        }
    }

    fn declare(&mut self, d: &Decl, param: Option<u32>) -> VarId {
        let id = self.b.vars.len() as VarId;
        self.b.vars.push(Var { name: d.name, ty: d.ty, param, storage: d.storage, init: d.init });
        self.b.events.push(Vec::new());
        let name = name_text(d.name.of(self.b.source)).into_owned();
        self.scopes.last_mut().expect("there is a scope").insert(name, id);
        id
    }

    fn lookup(&self, name: &[u8]) -> Option<VarId> {
        self.scopes.iter().rev().find_map(|s| s.get(name)).copied()
    }

    /// Evaluates an expression in a node of its own.
    fn eval(&mut self, root: ExprId, fate: Fate) -> NodeId {
        self.inner_blocks(root);
        let node = self.node(Some(root));
        self.visit(root, fate, node, true);
        node
    }

    /// Statement expressions run before what they are part of.
    fn inner_blocks(&mut self, e: ExprId) {
        if let Expr::Block { body } = self.b.ast.expr(e) {
            self.stmt(body);
            // The last expression's value is the block's.
            if let Stmt::Block(list) = self.b.ast.stmt(body)
                && let Some(Stmt::Expr(last)) = self.b.ast.list(list).last().map(|s| self.b.ast.stmt(*s))
            {
                self.b.fates.insert(last, Fate::Operand(e));
            }
            return;
        }
        let mut operands = Vec::new();
        self.b.ast.operands(e, &mut |o| operands.push(o));
        for o in operands {
            self.inner_blocks(o);
        }
    }

    /// Notes fates, names and events below `e`. `sure`: it is evaluated whenever the node is.
    fn visit(&mut self, e: ExprId, fate: Fate, node: NodeId, sure: bool) {
        self.b.fates.insert(e, fate);
        self.b.node_of.insert(e, node);
        let up = Fate::Operand(e);
        let span = self.b.ast.span(e);
        match self.b.ast.expr(e) {
            Expr::Name => {
                if let Some(var) = self.lookup(&name_text(self.b.ast.own(e).of(self.b.source))) {
                    self.b.var_of.insert(e, var);
                    self.b.events[var as usize].push(Event {
                        node,
                        at: span.start,
                        expr: Some(e),
                        is_def: false,
                        kills: false,
                    });
                }
            }
            Expr::Assign { lhs, rhs, op } => {
                let plain = op == AssignOp::Set;
                let target = self.b.strip(lhs);
                let var = if self.b.ast.expr(target) == Expr::Name { self.target_var(target) } else { None };
                match var {
                    Some(var) => {
                        self.b.fates.insert(lhs, up);
                        self.b.fates.insert(target, up);
                        self.b.node_of.insert(target, node);
                        self.b.var_of.insert(target, var);
                        if !plain {
                            self.visit(target, up, node, sure);
                        }
                        let expr = plain.then_some(rhs);
                        self.b.events[var as usize].push(Event { node, at: span.end, expr, is_def: true, kills: sure });
                    }
                    None => self.visit(lhs, up, node, sure),
                }
                self.visit(rhs, up, node, sure);
            }
            Expr::Unary { op: Op::AddrOf, operand } => {
                self.visit(operand, up, node, sure);
                if let Some(var) = self.b.var(operand) {
                    // Whoever has the address can store: a definition that may happen.
                    self.b.events[var as usize].push(Event {
                        node,
                        at: span.end,
                        expr: None,
                        is_def: true,
                        kills: false,
                    });
                }
            }
            Expr::Binary { op: Op::And | Op::Or, lhs, rhs } => {
                self.visit(lhs, up, node, sure);
                self.visit(rhs, up, node, false);
            }
            Expr::Choice { test, then, other } => {
                self.visit(test, up, node, sure);
                then.into_iter().for_each(|t| self.visit(t, up, node, false));
                self.visit(other, up, node, false);
            }
            Expr::Block { .. } => {}
            _ => {
                let mut operands = Vec::new();
                self.b.ast.operands(e, &mut |o| operands.push(o));
                for o in operands {
                    self.visit(o, up, node, sure);
                }
            }
        }
    }

    fn target_var(&self, target: ExprId) -> Option<VarId> {
        self.lookup(&name_text(self.b.ast.own(target).of(self.b.source)))
    }

    fn stmt(&mut self, id: StmtId) {
        match self.b.ast.stmt(id) {
            Stmt::Empty => {}
            Stmt::Expr(e) => {
                self.eval(e, Fate::Discarded);
            }
            Stmt::Decls(list) => self.decls(list),
            Stmt::Block(list) => {
                self.scopes.push(FxHashMap::default());
                for i in list.start..list.end {
                    self.stmt(self.b.ast.lists[i as usize]);
                }
                self.scopes.pop();
            }
            Stmt::If { test, then, other } => {
                self.eval(test, Fate::Tested);
                let branch = self.at.clone();
                self.assume(test, true);
                self.stmt(then);
                let after_then = std::mem::replace(&mut self.at, branch);
                self.assume(test, false);
                if let Some(other) = other {
                    self.stmt(other);
                }
                self.at.extend(after_then);
            }
            Stmt::Loop { init, test, step, body, name } => {
                self.scopes.push(FxHashMap::default());
                if let Some(init) = init {
                    self.stmt(init);
                }
                let head = self.node(None);
                if let Some(test) = test {
                    self.eval(test, Fate::Tested);
                }
                let mut out = self.at.clone();
                if let Some(test) = test.filter(|_| self.branches) {
                    let head = out.clone();
                    self.assume(test, false);
                    out = std::mem::replace(&mut self.at, head);
                    self.assume(test, true);
                }
                let frame = self.looped(name, body);
                self.at.extend(frame.continues);
                if let Some(step) = step {
                    self.eval(step, Fate::Discarded);
                }
                self.link_to(head);
                // `for (;;)` ends by `break` alone, but what looks like it may be a macro.
                self.at = out;
                self.at.extend(frame.breaks);
                self.scopes.pop();
            }
            Stmt::DoWhile { body, test, name } => {
                let head = self.node(None);
                let frame = self.looped(name, body);
                self.at.extend(frame.continues);
                self.eval(test, Fate::Tested);
                let tested = self.at.clone();
                self.assume(test, true);
                self.link_to(head);
                self.at = tested;
                self.assume(test, false);
                self.at.extend(frame.breaks);
            }
            Stmt::Switch { value, body, name } => {
                self.eval(value, Fate::Switched);
                let head = std::mem::take(&mut self.at);
                self.loops.push(Loop {
                    name,
                    breaks: Vec::new(),
                    continues: Vec::new(),
                    is_switch: true,
                    head: head.clone(),
                });
                self.stmt(body);
                let frame = self.loops.pop().expect("it was pushed above");
                self.at.extend(frame.breaks);
                // No case may match.
                self.at.extend(head);
            }
            Stmt::Case => {
                if let Some(frame) = self.loops.iter().rev().find(|l| l.is_switch) {
                    self.at.extend(frame.head.clone());
                }
                self.node(None);
            }
            Stmt::Label(name) => {
                let node = self.node(None);
                self.labels.insert(name.of(self.b.source).to_vec(), node);
            }
            Stmt::Goto(name) => {
                let text = name.of(self.b.source).to_vec();
                self.gotos.extend(self.at.drain(..).map(|n| (n, text.clone())));
            }
            Stmt::Break(name) => {
                let at = std::mem::take(&mut self.at);
                if let Some(l) = self.target(name, true) {
                    l.breaks.extend(at);
                }
            }
            Stmt::Continue(name) => {
                let at = std::mem::take(&mut self.at);
                if let Some(l) = self.target(name, false) {
                    l.continues.extend(at);
                }
            }
            Stmt::Return(value) => {
                if let Some(e) = value {
                    self.eval(e, Fate::Returned);
                }
                self.link_to(EXIT);
            }
        }
    }

    fn target(&mut self, name: Span, is_break: bool) -> Option<&mut Loop> {
        let source = self.b.source;
        let text = name.of(source);
        self.loops
            .iter_mut()
            .rev()
            .find(|l| if text.is_empty() { is_break || !l.is_switch } else { l.name.of(source) == text })
    }

    fn looped(&mut self, name: Span, body: StmtId) -> Loop {
        self.loops.push(Loop { name, breaks: Vec::new(), continues: Vec::new(), is_switch: false, head: Vec::new() });
        self.stmt(body);
        self.loops.pop().expect("it was pushed above")
    }

    fn decls(&mut self, list: crate::tree::List) {
        for i in list.start..list.end {
            let d = self.b.ast.decls[i as usize];
            let Some(init) = d.init else {
                self.declare(&d, None);
                continue;
            };
            self.inner_blocks(init);
            let var = self.declare(&d, None);
            let node = self.node(Some(init));
            self.visit(init, Fate::Initial(var), node, true);
            let at = self.b.ast.span(init).end;
            self.b.events[var as usize].push(Event { node, at, expr: Some(init), is_def: true, kills: true });
        }
    }
}
