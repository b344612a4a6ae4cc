//! A function's body as a reader of values wants it: control flow, local variables, and for each expression what becomes
//! of its value.

mod build;

use crate::text::Span;
use crate::text::name_text;
use crate::tree::{Ast, Decl, Expr, ExprId, Function, StmtId, Storage, Type};
use build::Detail;

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
    /// Of a body with branches: which case of a `switch` begins here.
    pub chosen: Option<Chosen>,
    /// Of a body with arms: which choices in what is evaluated have been made: whether the test of `?:` held, and whether the right
    /// side of `&&` and `||` is evaluated. Their tests stand in nodes before.
    pub arms: Vec<(ExprId, bool)>,
}

/// What is known of a `switch`'s value where it has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// It is this constant.
    Is(ExprId, Span),
    /// It is none of these.
    None(ExprId, Vec<Span>),
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
    /// One for each expression of the tree.
    facts: Vec<Fact>,
}

/// What is known of one expression.
#[derive(Debug, Clone, Copy)]
struct Fact {
    fate: Fate,
    node: NodeId,
    var: VarId,
}

/// No node, no variable.
const NONE: u32 = u32::MAX;

const UNSEEN: Fact = Fact { fate: Fate::Discarded, node: NONE, var: NONE };

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
        let body = build::built(source, ast, ast.decls(function.params), function.body, Detail::Branches);
        Body { function: Some(function.name), ..body }
    }

    /// The same, and what is evaluated in one arm of a `?:`, `&&` or `||` only has a node of its own: an expression with such arms
    /// stands in several nodes.
    pub fn with_arms(source: &'a [u8], ast: &'a Ast, function: &Function) -> Body<'a> {
        let body = build::built(source, ast, ast.decls(function.params), function.body, Detail::Arms);
        Body { function: Some(function.name), ..body }
    }

    /// Of parameters and statements.
    pub fn build(source: &'a [u8], ast: &'a Ast, params: &[Decl], body: StmtId) -> Body<'a> {
        build::built(source, ast, params, body, Detail::Plain)
    }

    /// What becomes of the expression's value.
    pub fn fate(&self, e: ExprId) -> Fate {
        self.facts.get(e as usize).map_or(Fate::Discarded, |f| f.fate)
    }

    /// The node that evaluates the expression.
    pub fn node(&self, e: ExprId) -> Option<NodeId> {
        self.facts.get(e as usize).map(|f| f.node).filter(|n| *n != NONE)
    }

    /// The local variable that a name is.
    pub fn var(&self, e: ExprId) -> Option<VarId> {
        self.facts.get(e as usize).map(|f| f.var).filter(|v| *v != NONE)
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

    /// What of a choice is evaluated in a node with these arms; nothing at all where the right side of `&&` or `||` is not. `None`: no
    /// choice is made there.
    pub fn arm(&self, arms: &[(ExprId, bool)], e: ExprId) -> Option<Option<ExprId>> {
        let (_, holds) = arms.iter().find(|(choice, _)| *choice == e)?;
        match self.ast.expr(e) {
            Expr::Choice { then, other, .. } => Some(if *holds { then } else { Some(other) }),
            Expr::Binary { rhs, .. } => Some(holds.then_some(rhs)),
            _ => None,
        }
    }

    /// Every expression that is evaluated in the body.
    pub fn exprs(&self) -> impl Iterator<Item = ExprId> + '_ {
        (0..).zip(&self.facts).filter(|(_, f)| f.node != NONE).map(|(e, _)| e)
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
