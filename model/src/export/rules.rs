//! A scenario as guarded commands over small numbers: what every checker's language can say.
//!
//! The commands are ground: every index is a number, every loop is unrolled. A test plays them against the transition function
//! in the states of every built-in scenario, so that what is printed from them means what [`crate::step`] does.

use crate::action::Action;
use crate::property::Property;
use crate::words::words;
use std::collections::BTreeSet;

words! {
    /// A field of [`crate::state::State`], one for each proc, LWP, vmspace, request or worker.
    Field {
        /// Where a proc is in its life.
        Phase = "phase",
        /// The LWP that called exit or exec.
        Caller = "caller",
        /// A proc's vmspace.
        Vm = "vm",
        /// The vmspace that exit or exec has detached and not dropped yet.
        Old = "old",
        /// Whether exit has closed the files.
        Closed = "closed",
        /// The proc that stands still until this one execs or exits.
        Lender = "lender",
        /// A count that exit or exec has read and not written back.
        Seen = "seen",
        /// A request that the policy has looked at.
        Target = "target",
        /// An LWP's life; those of proc `p` from `p` times the LWPs in a proc.
        Lwp = "lwp",
        /// A vmspace's references: 0 free, 1 dying, one more for each reference.
        Refs = "refs",
        /// How far a request is.
        Stage = "stage",
        /// Whether it reads from a pipe.
        Pipe = "pipe",
        /// The proc that submitted it.
        Issuer = "issuer",
        /// Whether that proc was reaped.
        Orphan = "orphan",
        /// The LWP that submitted it.
        By = "by",
        /// Whether that LWP is gone.
        ByGone = "by_gone",
        /// The vmspace that its buffer is in.
        Buffer = "buffer",
        /// Whether what its pointers lead to has taken the place of what they were to lead to.
        Replaced = "replaced",
        /// Whether something that completion reads has changed.
        Changed = "changed",
        /// A count that the request has read and not written back.
        Counted = "counted",
        /// What a worker is at.
        Work = "work",
        /// The vmspace that it adopted, holds or has looked at.
        Held = "held",
        /// The request that it copies for.
        Serves = "serves",
        /// Whether the map of what it holds has become another program's.
        HeldReplaced = "held_replaced",
    }
}

/// One variable: a field of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Var(pub Field, pub usize);

/// A condition or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A number.
    Number(u8),
    /// A variable's value.
    Read(Var),
    /// One more.
    Next(Box<Expr>),
    /// One less.
    Before(Box<Expr>),
    /// Both numbers are the same.
    Equal(Box<Expr>, Box<Expr>),
    /// The first number is less than the second.
    Less(Box<Expr>, Box<Expr>),
    /// Not so.
    Not(Box<Expr>),
    /// All of them hold; of none: true.
    All(Vec<Expr>),
    /// One of them holds; of none: false.
    Any(Vec<Expr>),
    /// A condition that has a name, because many rules ask for it.
    Named(String, Box<Expr>),
}

/// A command; each sees what those before it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stmt {
    /// The variable takes a value.
    Set(Var, Expr),
    /// One or the other.
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// The step violates a property; what comes after it does not matter.
    Fail(Property),
}

/// A step: when it can be taken, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name and ids.
    pub action: Action,
    /// When.
    pub guard: Expr,
    /// What.
    pub body: Vec<Stmt>,
}

/// A whole scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Each field that can change, with its first values.
    pub fields: Vec<(Field, Vec<u8>)>,
    /// The steps.
    pub rules: Vec<Rule>,
    /// No exit, exec or LWP exit is under way.
    pub quiet: Expr,
    /// What the scenario declares never to hold; no step is taken where it does.
    pub never: Vec<(Property, Expr)>,
    /// A vmspace is held for nobody; a leak where no step is left and it is quiet.
    pub held: Expr,
}

pub(super) const TRUE: Expr = Expr::All(Vec::new());
pub(super) const FALSE: Expr = Expr::Any(Vec::new());

impl Var {
    pub(super) fn is(self, value: u8) -> Expr {
        self.equals(Expr::Number(value))
    }

    pub(super) fn equals(self, value: Expr) -> Expr {
        Expr::Equal(Box::new(Expr::Read(self)), Box::new(value))
    }

    pub(super) fn isnt(self, value: u8) -> Expr {
        not(self.is(value))
    }

    pub(super) fn one_of(self, values: impl IntoIterator<Item = u8>) -> Expr {
        any(values.into_iter().map(|value| self.is(value)))
    }

    pub(super) fn above(self, value: u8) -> Expr {
        Expr::Less(Box::new(Expr::Number(value)), Box::new(Expr::Read(self)))
    }

    pub(super) fn below(self, value: u8) -> Expr {
        Expr::Less(Box::new(Expr::Read(self)), Box::new(Expr::Number(value)))
    }

    pub(super) fn set(self, value: u8) -> Stmt {
        Stmt::Set(self, Expr::Number(value))
    }

    pub(super) fn copy(self, from: Var) -> Stmt {
        Stmt::Set(self, Expr::Read(from))
    }
}

pub(super) fn not(what: Expr) -> Expr {
    match what {
        Expr::Not(inner) => *inner,
        Expr::All(parts) if parts.is_empty() => FALSE,
        Expr::Any(parts) if parts.is_empty() => TRUE,
        other => Expr::Not(Box::new(other)),
    }
}

pub(super) fn all(parts: impl IntoIterator<Item = Expr>) -> Expr {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Expr::All(inner) => flat.extend(inner),
            Expr::Any(inner) if inner.is_empty() => return FALSE,
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { Expr::All(flat) }
}

pub(super) fn any(parts: impl IntoIterator<Item = Expr>) -> Expr {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Expr::Any(inner) => flat.extend(inner),
            Expr::All(inner) if inner.is_empty() => return TRUE,
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { Expr::Any(flat) }
}

pub(super) fn when(condition: Expr, then: Vec<Stmt>, or: Vec<Stmt>) -> Vec<Stmt> {
    match condition {
        c if c == TRUE => then,
        c if c == FALSE => or,
        c => vec![Stmt::If(c, then, or)],
    }
}

impl Rules {
    /// The named conditions, each after those that it asks for itself.
    pub(super) fn names(&self) -> Vec<(&str, &Expr)> {
        let mut all = Vec::new();
        for rule in &self.rules {
            rule.guard.names(&mut all);
            rule.body.iter().for_each(|stmt| stmt.names(&mut all));
        }
        self.never.iter().for_each(|(_, condition)| condition.names(&mut all));
        self.quiet.names(&mut all);
        self.held.names(&mut all);
        all
    }

    /// Replaces variables that always have their first value by that value, and drops what can never happen.
    pub(super) fn settled(mut self, first: impl Fn(Var) -> u8) -> Rules {
        // What one round settles can leave another variable without a rule that sets it.
        loop {
            let mut set = BTreeSet::new();
            self.rules.iter().for_each(|rule| changed(&rule.body, &first, &mut set));
            let constant = |v: Var| (!set.contains(&v.0)).then(|| first(v));
            let before = self.rules.len();
            let mut rules = Vec::with_capacity(before);
            for rule in self.rules {
                let guard = fold(rule.guard, &constant);
                if guard != FALSE {
                    rules.push(Rule { guard, body: fold_all(rule.body, &constant), ..rule });
                }
            }
            self.rules = rules;
            self.never = self.never.into_iter().map(|(p, condition)| (p, fold(condition, &constant))).collect();
            self.quiet = fold(self.quiet, &constant);
            self.held = fold(self.held, &constant);
            let known = self.fields.len();
            self.fields.retain(|(field, _)| set.contains(field));
            if (before, known) == (self.rules.len(), self.fields.len()) {
                return self;
            }
        }
    }
}

/// The fields that the commands give another value than the first.
fn changed(body: &[Stmt], first: &impl Fn(Var) -> u8, set: &mut BTreeSet<Field>) {
    for stmt in body {
        match stmt {
            Stmt::Set(var, Expr::Number(n)) if *n == first(*var) => {}
            Stmt::Set(var, _) => drop(set.insert(var.0)),
            Stmt::If(_, then, or) => {
                changed(then, first, set);
                changed(or, first, set);
            }
            Stmt::Fail(_) => {}
        }
    }
}

fn fold_all(body: Vec<Stmt>, constant: &impl Fn(Var) -> Option<u8>) -> Vec<Stmt> {
    let mut out = Vec::with_capacity(body.len());
    for stmt in body {
        match stmt {
            Stmt::Set(var, _) if constant(var).is_some() => {}
            Stmt::Set(var, value) => out.push(Stmt::Set(var, fold(value, constant))),
            Stmt::Fail(property) => out.push(Stmt::Fail(property)),
            Stmt::If(condition, then, or) => {
                let (then, or) = (fold_all(then, constant), fold_all(or, constant));
                if !(then.is_empty() && or.is_empty()) {
                    out.extend(when(fold(condition, constant), then, or));
                }
            }
        }
    }
    out
}

fn fold(expr: Expr, constant: &impl Fn(Var) -> Option<u8>) -> Expr {
    let yes = |holds: bool| if holds { TRUE } else { FALSE };
    match expr {
        Expr::Read(var) => constant(var).map_or(Expr::Read(var), Expr::Number),
        Expr::Not(inner) => not(fold(*inner, constant)),
        Expr::All(parts) => all(parts.into_iter().map(|part| fold(part, constant))),
        Expr::Any(parts) => any(parts.into_iter().map(|part| fold(part, constant))),
        Expr::Equal(a, b) => match (fold(*a, constant), fold(*b, constant)) {
            (Expr::Number(a), Expr::Number(b)) => yes(a == b),
            (a, b) => Expr::Equal(Box::new(a), Box::new(b)),
        },
        Expr::Less(a, b) => match (fold(*a, constant), fold(*b, constant)) {
            (Expr::Number(a), Expr::Number(b)) => yes(a < b),
            (a, b) => Expr::Less(Box::new(a), Box::new(b)),
        },
        Expr::Next(inner) => Expr::Next(Box::new(fold(*inner, constant))),
        Expr::Before(inner) => Expr::Before(Box::new(fold(*inner, constant))),
        Expr::Number(n) => Expr::Number(n),
        Expr::Named(name, inner) => match fold(*inner, constant) {
            settled if settled == TRUE || settled == FALSE => settled,
            inner => Expr::Named(name, Box::new(inner)),
        },
    }
}

impl Expr {
    /// Adds the named conditions in it that are not there yet, each after those that it asks for itself.
    pub(super) fn names<'e>(&'e self, all: &mut Vec<(&'e str, &'e Expr)>) {
        match self {
            Expr::Number(_) | Expr::Read(_) => {}
            Expr::Next(inner) | Expr::Before(inner) | Expr::Not(inner) => inner.names(all),
            Expr::Equal(a, b) | Expr::Less(a, b) => {
                a.names(all);
                b.names(all);
            }
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| part.names(all)),
            Expr::Named(name, inner) if !all.iter().any(|(known, _)| known == name) => {
                inner.names(all);
                all.push((name, inner));
            }
            Expr::Named(..) => {}
        }
    }
}

impl Stmt {
    fn names<'e>(&'e self, all: &mut Vec<(&'e str, &'e Expr)>) {
        match self {
            Stmt::Set(_, value) => value.names(all),
            Stmt::Fail(_) => {}
            Stmt::If(condition, then, or) => {
                condition.names(all);
                then.iter().chain(or).for_each(|stmt| stmt.names(all));
            }
        }
    }
}
