//! Makes a body of a function's tree.

use super::{Body, Chosen, ENTRY, EXIT, Event, Fate, Node, NodeId, UNSEEN, Var, VarId};
use crate::text::{Span, name_text};
use crate::tree::{AssignOp, Ast, Case, Decl, Expr, ExprId, Op, Stmt, StmtId};
use rustc_hash::FxHashMap;

struct Loop {
    name: Span,
    /// Where `break` goes; where `continue` goes (not for a `switch`).
    breaks: Vec<NodeId>,
    continues: Vec<NodeId>,
    is_switch: bool,
    /// Nodes from which cases can be entered.
    head: Vec<NodeId>,
    /// The constants of its cases, and the node of `default`.
    cases: Vec<Span>,
    default: Option<NodeId>,
    /// What is switched on.
    value: ExprId,
}

/// How closely paths are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    /// One node a statement.
    Plain,
    /// Each branch has a node at its head.
    Branches,
    /// Also those inside of expressions.
    Arms,
}

/// So many choices are told apart in one expression.
const MOST_ARMS: usize = 3;

/// Of a function with more nodes no more arms are told apart: blocks in expressions in blocks would make it as large as they like.
const MOST_NODES: usize = 1 << 14;

struct Builder<'a> {
    b: Body<'a>,
    scopes: Vec<FxHashMap<Vec<u8>, VarId>>,
    /// Nodes whose successor is the next node; empty: not reachable by falling through.
    at: Vec<NodeId>,
    loops: Vec<Loop>,
    labels: FxHashMap<Vec<u8>, NodeId>,
    gotos: Vec<(NodeId, Vec<u8>)>,
    detail: Detail,
    /// The choices that are made in the expression at hand.
    arms: Vec<(ExprId, bool)>,
    /// Whether the tree has statement expressions; few have.
    has_blocks: bool,
}

/// A body of parameters and statements; see [`Detail`].
pub(super) fn built<'a>(source: &'a [u8], ast: &'a Ast, params: &[Decl], body: StmtId, detail: Detail) -> Body<'a> {
    let shell = Body {
        ast,
        source,
        function: None,
        vars: Vec::new(),
        nodes: vec![Node::default(), Node::default()],
        events: Vec::new(),
        facts: vec![UNSEEN; ast.exprs.len()],
    };
    let mut b = Builder {
        b: shell,
        scopes: vec![FxHashMap::default()],
        at: vec![ENTRY],
        loops: Vec::new(),
        labels: FxHashMap::default(),
        gotos: Vec::new(),
        detail,
        arms: Vec::new(),
        has_blocks: ast.exprs.iter().any(|e| matches!(e, Expr::Block { .. })),
    };
    for (i, p) in params.iter().enumerate() {
        b.declare(p, Some(i as u32));
    }
    b.stmt(body);
    b.link_to(EXIT);
    b.finish()
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
        let arms = if root.is_some() { self.arms.clone() } else { Vec::new() };
        self.b.nodes.push(Node { root, arms, ..Node::default() });
        self.link_to(id);
        self.at.push(id);
        id
    }

    /// Evaluates a condition; where it may hold the flow goes on, the nodes where it may not are returned. Of a body with branches
    /// `&&` and `||` are branches of their own.
    fn condition(&mut self, test: ExprId, depth: u32) -> Vec<NodeId> {
        /// Deeper ones are one condition.
        const DEEPEST: u32 = 64;
        if self.detail == Detail::Plain {
            self.eval(test, Fate::Tested);
            return self.at.clone();
        }
        match self.b.ast.expr(test) {
            Expr::Binary { op: Op::And, lhs, rhs } if depth < DEEPEST => {
                let mut fails = self.condition(lhs, depth + 1);
                fails.extend(self.condition(rhs, depth + 1));
                fails
            }
            Expr::Binary { op: Op::Or, lhs, rhs } if depth < DEEPEST => {
                let fails = self.condition(lhs, depth + 1);
                let holds = std::mem::replace(&mut self.at, fails);
                let fails = self.condition(rhs, depth + 1);
                self.at.extend(holds);
                fails
            }
            Expr::Unary { op: Op::Not, operand } if depth < DEEPEST && self.is_split(operand, depth) => {
                let fails = self.condition(operand, depth + 1);
                std::mem::replace(&mut self.at, fails)
            }
            Expr::Choice { test, then: Some(then), other } if depth < DEEPEST && self.detail == Detail::Arms => {
                let fails = self.condition(test, depth + 1);
                let mut none = self.condition(then, depth + 1);
                let holds = std::mem::replace(&mut self.at, fails);
                none.extend(self.condition(other, depth + 1));
                self.at.extend(holds);
                none
            }
            _ => {
                self.eval(test, Fate::Tested);
                let tested = self.at.clone();
                self.assume(test, false);
                let fails = std::mem::replace(&mut self.at, tested);
                self.assume(test, true);
                fails
            }
        }
    }

    /// Whether a condition is of several parts.
    fn is_split(&self, test: ExprId, depth: u32) -> bool {
        match self.b.ast.expr(test) {
            Expr::Binary { op: Op::And | Op::Or, .. } => true,
            Expr::Unary { op: Op::Not, operand } if depth < 64 => self.is_split(operand, depth + 1),
            _ => false,
        }
    }

    /// The head of a branch.
    fn assume(&mut self, test: ExprId, holds: bool) {
        if self.detail >= Detail::Branches {
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

    /// Evaluates an expression in a node of its own, or in one for each of its arms.
    fn eval(&mut self, root: ExprId, fate: Fate) {
        let outer = std::mem::take(&mut self.arms);
        self.each_arm(root, &mut |b| {
            b.inner_blocks(root);
            let node = b.node(Some(root));
            b.visit(root, fate, node, true);
        });
        self.arms = outer;
    }

    /// Does the same in each arm of an expression.
    fn each_arm(&mut self, root: ExprId, f: &mut dyn FnMut(&mut Self)) {
        let Some((choice, test)) = self.undecided(root, 0).filter(|_| self.arms.len() < MOST_ARMS) else {
            return f(self);
        };
        let made = std::mem::take(&mut self.arms);
        let fails = self.condition(test, 0);
        self.arms = made;
        // The right side of `||` is evaluated where the left one is false.
        let swapped = matches!(self.b.ast.expr(choice), Expr::Binary { op: Op::Or, .. });
        self.arms.push((choice, !swapped));
        self.each_arm(root, f);
        let after = std::mem::replace(&mut self.at, fails);
        self.arms.pop();
        self.arms.push((choice, swapped));
        self.each_arm(root, f);
        self.arms.pop();
        self.at.extend(after);
    }

    /// The first choice of an expression that is not made, and its test.
    fn undecided(&self, e: ExprId, depth: u32) -> Option<(ExprId, ExprId)> {
        /// Deeper ones are not told apart.
        const DEEPEST: u32 = 200;
        if self.detail < Detail::Arms || depth > DEEPEST || self.b.nodes.len() > MOST_NODES {
            return None;
        }
        let made = self.arms.iter().find(|(choice, _)| *choice == e).map(|(_, holds)| *holds);
        let deeper = |e| self.undecided(e, depth + 1);
        match (self.b.ast.expr(e), made) {
            (Expr::Choice { test, then: Some(_), .. }, None) => Some((e, test)),
            (Expr::Choice { then: Some(then), .. }, Some(true)) => deeper(then),
            (Expr::Choice { other, .. }, Some(false)) => deeper(other),
            (Expr::Binary { op: Op::And | Op::Or, lhs, rhs }, None) if self.acts(rhs, depth) => Some((e, lhs)),
            (Expr::Binary { op: Op::And | Op::Or, rhs, .. }, Some(true)) => deeper(rhs),
            (Expr::Binary { op: Op::And | Op::Or, .. }, Some(false))
            | (Expr::Block { .. } | Expr::Sizeof { .. }, _) => None,
            _ => {
                let mut below = Vec::new();
                self.b.ast.operands(e, &mut |o| below.push(o));
                below.into_iter().find_map(deeper)
            }
        }
    }

    /// Whether an expression calls or stores.
    fn acts(&self, e: ExprId, depth: u32) -> bool {
        let acts = matches!(
            self.b.ast.expr(e),
            Expr::Call { .. } | Expr::Assign { .. } | Expr::Unary { op: Op::Increment | Op::Decrement, .. }
        );
        let mut below = Vec::new();
        self.b.ast.operands(e, &mut |o| below.push(o));
        acts || depth < 200 && below.into_iter().any(|o| self.acts(o, depth + 1))
    }

    /// What of an expression is evaluated in the arms that are chosen; nothing where all of it may be.
    fn chosen_arm(&self, e: ExprId) -> Option<Option<ExprId>> {
        self.b.arm(&self.arms, e)
    }

    /// Statement expressions run before what they are part of.
    fn inner_blocks(&mut self, e: ExprId) {
        if !self.has_blocks {
            return;
        }
        if let Expr::Block { body } = self.b.ast.expr(e) {
            let outer = std::mem::take(&mut self.arms);
            self.stmt(body);
            self.arms = outer;
            // The last expression's value is the block's.
            if let Stmt::Block(list) = self.b.ast.stmt(body)
                && let Some(Stmt::Expr(last)) = self.b.ast.list(list).last().map(|s| self.b.ast.stmt(*s))
            {
                self.b.facts[last as usize].fate = Fate::Operand(e);
            }
            return;
        }
        if let Some(arm) = self.chosen_arm(e) {
            arm.into_iter().for_each(|arm| self.inner_blocks(arm));
            return;
        }
        let ast = self.b.ast;
        ast.operands(e, &mut |o| self.inner_blocks(o));
    }

    /// Notes fates, names and events below `e`. `sure`: it is evaluated whenever the node is.
    fn visit(&mut self, e: ExprId, fate: Fate, node: NodeId, sure: bool) {
        self.b.facts[e as usize].fate = fate;
        self.b.facts[e as usize].node = node;
        let up = Fate::Operand(e);
        let span = self.b.ast.span(e);
        if let Some(arm) = self.chosen_arm(e) {
            arm.into_iter().for_each(|arm| self.visit(arm, up, node, sure));
            return;
        }
        match self.b.ast.expr(e) {
            Expr::Name => {
                if let Some(var) = self.lookup(&name_text(self.b.ast.own(e).of(self.b.source))) {
                    self.b.facts[e as usize].var = var;
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
                        self.b.facts[lhs as usize].fate = up;
                        self.b.facts[target as usize].fate = up;
                        self.b.facts[target as usize].node = node;
                        self.b.facts[target as usize].var = var;
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
                let ast = self.b.ast;
                ast.operands(e, &mut |o| self.visit(o, up, node, sure));
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
                let branch = self.condition(test, 0);
                self.stmt(then);
                let after_then = std::mem::replace(&mut self.at, branch);
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
                let out = match test {
                    Some(test) => self.condition(test, 0),
                    None => self.at.clone(),
                };
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
                let out = self.condition(test, 0);
                self.link_to(head);
                self.at = out;
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
                    cases: Vec::new(),
                    default: None,
                    value,
                });
                self.stmt(body);
                let frame = self.loops.pop().expect("it was pushed above");
                self.at.extend(frame.breaks);
                // No case may match.
                if self.detail == Detail::Plain {
                    self.at.extend(head);
                    return;
                }
                let none = Chosen::None(value, frame.cases);
                let node = frame.default.unwrap_or_else(|| {
                    let after = std::mem::replace(&mut self.at, head);
                    let node = self.node(None);
                    self.at.extend(after);
                    node
                });
                self.b.nodes[node as usize].chosen = Some(none);
            }
            Stmt::Case(case) => {
                if let Some(frame) = self.loops.iter_mut().rev().find(|l| l.is_switch) {
                    let (value, head) = (frame.value, frame.head.clone());
                    if self.detail >= Detail::Branches && case != Case::Unread {
                        let before = std::mem::replace(&mut self.at, head);
                        let node = self.node(None);
                        self.at.extend(before);
                        self.chosen(node, value, case);
                    } else {
                        self.at.extend(head);
                    }
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

    /// A case begins at a node.
    fn chosen(&mut self, node: NodeId, value: ExprId, case: Case) {
        let Some(frame) = self.loops.iter_mut().rev().find(|l| l.is_switch) else { return };
        match case {
            Case::Default => frame.default = Some(node),
            Case::Value(constant) => {
                frame.cases.push(constant);
                self.b.nodes[node as usize].chosen = Some(Chosen::Is(value, constant));
            }
            Case::Unread => {}
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
        self.loops.push(Loop {
            name,
            breaks: Vec::new(),
            continues: Vec::new(),
            is_switch: false,
            head: Vec::new(),
            cases: Vec::new(),
            default: None,
            value: 0,
        });
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
            let mut var = None;
            self.each_arm(init, &mut |b| {
                b.inner_blocks(init);
                let var = *var.get_or_insert_with(|| b.declare(&d, None));
                let node = b.node(Some(init));
                b.visit(init, Fate::Initial(var), node, true);
                let at = b.b.ast.span(init).end;
                b.b.events[var as usize].push(Event { node, at, expr: Some(init), is_def: true, kills: true });
            });
        }
    }
}
