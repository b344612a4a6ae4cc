//! Which process a stored expression names, were its addresses a user's.

use super::{Spaces, Who};
use crate::finding::Role;
use std::collections::BTreeSet;
use uioscope_source::body::{Body, Fate};
use uioscope_source::places::is_null;
use uioscope_source::tree::{Base, Expr, ExprId, Op, Storage};

/// Chains of assignments longer than this are given up on.
const DEEPEST: u32 = 12;

/// So many definitions of a helper are looked into.
const MOST_HELPERS: usize = 4;

impl Spaces<'_, '_> {
    /// All that a value can be.
    pub fn who(&self, value: ExprId) -> BTreeSet<Who> {
        let mut out = BTreeSet::new();
        self.of_value(value, &[], 0, &mut out);
        out
    }

    /// All that the member of a value can be that these names lead to.
    pub fn who_of(&self, value: ExprId, fields: &[String]) -> BTreeSet<Who> {
        let mut out = BTreeSet::new();
        self.of_value(value, fields, 0, &mut out);
        out
    }

    /// `fields`: members that are still to be gone to from the value.
    fn of_value(&self, value: ExprId, fields: &[String], depth: u32, out: &mut BTreeSet<Who>) {
        let body = self.body;
        let e = body.strip(value);
        if depth > DEEPEST || !self.burn() {
            out.insert(Who::Unknown);
            return;
        }
        if !fields.is_empty() {
            return self.of_member(e, fields, depth, out);
        }
        if is_null(body, e) {
            out.insert(Who::Null);
            return;
        }
        let text = String::from_utf8_lossy(body.text(e)).trim_matches(['(', ')', ' ']).to_owned();
        match body.ast.expr(e) {
            Expr::Unary { op: Op::AddrOf, operand } => {
                let name = String::from_utf8_lossy(body.text(operand)).into_owned();
                out.insert(if self.pack.kernel.contains(&name) { Who::Kernel } else { Who::Unknown });
            }
            Expr::Name if body.var(e).is_none() => {
                out.insert(self.of_global(&text));
            }
            Expr::Name => self.of_variable(e, fields, depth, out),
            Expr::Member { base, name, .. } => {
                let name = body.name(name);
                if name == self.request.field {
                    out.insert(Who::Tracked);
                } else if self.pack.hops.iter().any(|h| h.1 == name) || self.is_address_space(&name) {
                    // Another name of the same thing, or the address space of what stands left of it.
                    self.of_value(base, fields, depth + 1, out);
                } else if self.is_requester(base) {
                    out.insert(Who::Current);
                } else {
                    self.of_value(base, &[name], depth + 1, out);
                }
            }
            Expr::Call { callee, args } => self.of_call(callee, body.ast.list(args), depth, out),
            Expr::Choice { test, then, other } => {
                // gcc lets the value between be left out: it is then the test's.
                self.of_value(then.unwrap_or(test), fields, depth + 1, out);
                self.of_value(other, fields, depth + 1, out);
            }
            Expr::Binary { op: Op::Comma, rhs, .. } | Expr::Assign { rhs, .. } => {
                self.of_value(rhs, fields, depth + 1, out);
            }
            _ => {
                out.insert(Who::Unknown);
            }
        }
    }

    fn of_global(&self, name: &str) -> Who {
        if self.pack.current.iter().any(|n| n == name) || self.is_current_macro(name) {
            Who::Current
        } else if self.is_null_macro(name) {
            Who::Null
        } else if self.pack.kernel.iter().any(|n| n == name) {
            Who::Kernel
        } else {
            Who::Unknown
        }
    }

    /// `a->a_p`: followed where `a` is a parameter, or the address of a local struct.
    fn of_member(&self, e: ExprId, fields: &[String], depth: u32, out: &mut BTreeSet<Who>) {
        let body = self.body;
        match body.ast.expr(e) {
            Expr::Name => match body.var(e) {
                Some(var) if body.vars[var as usize].ty.pointers == 0 => self.of_local_member(e, fields, depth, out),
                Some(_) => self.of_variable(e, fields, depth, out),
                None => drop(out.insert(Who::Unknown)),
            },
            Expr::Unary { op: Op::AddrOf, operand } => {
                let operand = body.strip(operand);
                match (body.ast.expr(operand), body.var(operand)) {
                    (Expr::Name, Some(_)) => self.of_local_member(operand, fields, depth, out),
                    _ => drop(out.insert(Who::Unknown)),
                }
            }
            _ => drop(out.insert(Who::Unknown)),
        }
    }

    /// A member of a local struct: what it was set to, by its initialiser or by an assignment anywhere.
    fn of_local_member(&self, name: ExprId, fields: &[String], depth: u32, out: &mut BTreeSet<Who>) {
        let body = self.body;
        let (Some(var), [field]) = (body.var(name), fields) else {
            out.insert(Who::Unknown);
            return;
        };
        let mut values: Vec<ExprId> = Vec::new();
        if let Some(init) = body.vars[var as usize].init
            && let Expr::Init { items } = body.ast.expr(init)
        {
            let items = body.ast.list(items);
            let designated = items.iter().find_map(|i| match body.ast.expr(*i) {
                Expr::Field { name, value } if body.name(name) == *field => Some(value),
                _ => None,
            });
            let positional = || {
                let tag = self.types.struct_of(body, name)?;
                let at = self.types.lookup.structure(&tag, self.types.path)?.position(field)?;
                items.get(at).copied().filter(|i| !matches!(body.ast.expr(*i), Expr::Field { .. }))
            };
            values.extend(designated.or_else(positional));
        }
        for e in body.exprs() {
            let Expr::Member { base, name, .. } = body.ast.expr(e) else { continue };
            if body.name(name) != *field {
                continue;
            }
            let base = body.strip(base);
            let is_it = body.var(base) == Some(var)
                || matches!(body.ast.expr(base), Expr::Unary { op: Op::AddrOf, operand } if body.var(body.strip(operand)) == Some(var));
            if let (true, Fate::Operand(up)) = (is_it, body.fate(e))
                && let Expr::Assign { lhs, rhs, .. } = body.ast.expr(up)
                && lhs == e
            {
                values.push(rhs);
            }
        }
        if values.is_empty() {
            out.insert(Who::Unknown);
        }
        for v in values {
            self.of_value(v, &[], depth + 1, out);
        }
    }

    /// What a local can hold where its name stands: what it was given on the ways there, or what the callers passed.
    fn of_variable(&self, e: ExprId, fields: &[String], depth: u32, out: &mut BTreeSet<Who>) {
        let body = self.body;
        let (Some(var), Some(node)) = (body.var(e), body.node(e)) else {
            out.insert(Who::Unknown);
            return;
        };
        let v = body.vars[var as usize];
        let (values, from_entry) = body.reaching(var, node, body.ast.span(e).start);
        let mut found = BTreeSet::new();
        for value in values {
            match value {
                None => drop(found.insert(Who::Unknown)),
                // A value that is made of the variable itself adds nothing to what it is made of.
                Some(value) if self.seen.borrow_mut().insert(value) => {
                    self.of_value(value, fields, depth + 1, &mut found);
                    self.seen.borrow_mut().remove(&value);
                }
                Some(_) => {}
            }
        }
        if let Some(given) = self.given_by_call(var, depth).filter(|_| fields.is_empty()) {
            // `error = proc_vmspace_getref(p, &vm)`: the variable is set through its address, from the other argument. What it
            // was before is for when that fails.
            found.remove(&Who::Unknown);
            found.remove(&Who::Null);
            found.extend(given);
        }
        if from_entry {
            match v.param {
                Some(n) => {
                    found.insert(Who::Given { n, fields: fields.to_vec(), not_current: false });
                }
                // Static, or never set: by a macro, perhaps.
                None if found.is_empty() || v.storage == Storage::Static => drop(found.insert(Who::Unknown)),
                None => {}
            }
        }
        if fields.is_empty() && self.may_be_guarded(&found) && self.is_not_current(var, e) {
            found.remove(&Who::Current);
            found = found
                .into_iter()
                .map(|w| match w {
                    Who::Given { n, fields, .. } => Who::Given { n, fields, not_current: true },
                    w => w,
                })
                .collect();
            if found.is_empty() {
                found.insert(Who::Other);
            }
        }
        out.extend(found);
    }

    fn may_be_guarded(&self, found: &BTreeSet<Who>) -> bool {
        found.iter().any(|w| matches!(w, Who::Current | Who::Given { .. }))
    }

    /// Whether a variable is a struct of arguments itself.
    fn names_requester(&self, v: uioscope_source::body::Var) -> bool {
        match v.ty.base {
            Base::Struct(tag) => self.pack.callers.is_requester(&self.body.name(tag)),
            _ => false,
        }
    }

    /// Whether a member is one by which a pack's family reaches an address space.
    fn is_address_space(&self, name: &str) -> bool {
        self.pack.member(None, name).is_some_and(|r| r.roles == [Role::AddressSpace])
    }

    /// What a call gives: a process that it finds, the running one, or what a helper of the tree returns.
    fn of_call(&self, callee: ExprId, args: &[ExprId], depth: u32, out: &mut BTreeSet<Who>) {
        let body = self.body;
        let name = String::from_utf8_lossy(body.text(callee)).into_owned();
        let pack = self.pack;
        let known = |list: &[String]| list.contains(&name);
        if known(&pack.other) {
            out.insert(Who::Other);
        } else if known(&pack.kernel) {
            out.insert(Who::Kernel);
        } else if known(&pack.current) || self.is_current_macro(&name) {
            out.insert(Who::Current);
        } else {
            let returned = self.returned(callee, |inner| {
                let mut found = BTreeSet::new();
                for e in returns(inner.body) {
                    inner.of_value(e, &[], depth + 1, &mut found);
                }
                found
            });
            let Some(returned) = returned.filter(|r| !r.is_empty()) else {
                out.insert(Who::Unknown);
                return;
            };
            for who in returned {
                match who {
                    Who::Given { n, fields, .. } => match args.get(n as usize) {
                        Some(arg) => self.of_value(*arg, &fields, depth + 1, out),
                        None => drop(out.insert(Who::Unknown)),
                    },
                    who => drop(out.insert(who)),
                }
            }
        }
    }

    /// Asks the definitions of a helper of the tree; nothing where there is none, or it is too deep.
    pub(super) fn returned<T: Ord>(
        &self,
        callee: ExprId,
        ask: impl Fn(&Spaces<'_, '_>) -> BTreeSet<T>,
    ) -> Option<BTreeSet<T>> {
        let functions = self.functions.filter(|_| self.callees > 0)?;
        let body = self.body;
        if body.ast.expr(callee) != Expr::Name || body.var(callee).is_some() {
            return None;
        }
        let name = String::from_utf8_lossy(body.text(callee)).into_owned();
        let places = functions.definitions(&name, self.types.path);
        if places.is_empty() || places.len() > MOST_HELPERS {
            return None;
        }
        let mut all = BTreeSet::new();
        for place in places {
            let path = &functions.file(place).path;
            functions.trees(place.file, place.at, |source, ast| {
                for f in ast.functions.iter().filter(|f| f.name.start <= place.at && place.at < f.name.end) {
                    let inner_body = Body::new(source, ast, f);
                    let inner = Spaces {
                        body: &inner_body,
                        types: uioscope_source::decls::types::Types { path, ..self.types },
                        callees: self.callees - 1,
                        fuel: std::cell::Cell::new(self.fuel.get() / 2),
                        seen: std::cell::RefCell::default(),
                        pack: self.pack,
                        request: self.request,
                        functions: self.functions,
                    };
                    all.extend(ask(&inner));
                }
            });
        }
        Some(all)
    }

    /// What the first other argument of a call says that gets the variable's address.
    fn given_by_call(&self, var: u32, depth: u32) -> Option<BTreeSet<Who>> {
        let body = self.body;
        body.exprs().find_map(|e| {
            let Expr::Call { args, .. } = body.ast.expr(e) else { return None };
            let args = body.ast.list(args);
            let takes = |a: &&u32| {
                matches!(body.ast.expr(**a), Expr::Unary { op: Op::AddrOf, operand } if body.var(operand) == Some(var))
            };
            let taken = args.iter().find(takes)?;
            let others = args.iter().filter(|a| *a != taken);
            let mut said = others.map(|a| {
                let mut out = BTreeSet::new();
                let is_number = matches!(body.ast.expr(body.strip(*a)), Expr::Literal);
                if !is_number && self.is_process(*a) {
                    self.of_value(*a, &[], depth + 1, &mut out);
                }
                out
            });
            said.find(|s| !s.is_empty() && !s.contains(&Who::Unknown) && !s.is_subset(&BTreeSet::from([Who::Null, Who::Kernel])))
        })
    }

    /// Whether an expression can be a process or a thread by its type: a pointer to a struct, or not known.
    fn is_process(&self, e: ExprId) -> bool {
        let shape = self.types.lookup.resolve(&self.types.of(self.body, e), self.types.path);
        shape.pointers > 0 || matches!(shape.base, uioscope_source::shapes::Root::Unknown)
    }

    fn is_null_macro(&self, name: &str) -> bool {
        self.macro_text(name).is_some_and(|t| t.chars().filter(char::is_ascii_digit).eq("0".chars()))
    }

    fn is_current_macro(&self, name: &str) -> bool {
        self.macro_text(name).is_some_and(|t| self.pack.current.contains(&t))
    }

    fn macro_text(&self, name: &str) -> Option<String> {
        let m = self.types.lookup.makro(name, self.types.path)?;
        let file = self.types.lookup.tree().file(&m.path)?;
        let text = String::from_utf8_lossy(m.body.of(&file.bytes)).into_owned();
        Some(text.trim_matches(|c: char| c == '(' || c == ')' || c.is_whitespace()).to_owned())
    }

    /// `ap->a_p`: a member of a parameter whose struct carries the arguments of an operation, on behalf of the caller.
    fn is_requester(&self, base: ExprId) -> bool {
        let body = self.body;
        let base = body.strip(base);
        let (Expr::Name, Some(var)) = (body.ast.expr(base), body.var(base)) else { return false };
        self.names_requester(body.vars[var as usize])
    }
}

/// The values that a function returns.
pub(super) fn returns(body: &Body<'_>) -> Vec<ExprId> {
    body.exprs().filter(|e| body.fate(*e) == Fate::Returned).collect()
}
