//! Which address space a stored value makes a request name: the companion field decides, then the stored expression.

use crate::finding::{Note, Role, Space};
use crate::packs::Pack;
use std::cell::Cell;
use std::collections::BTreeSet;
use uioscope_source::body::{Body, EXIT, Fate, NodeId};
use uioscope_source::decls::types::Types;
use uioscope_source::places::is_null;
use uioscope_source::tree::{AssignOp, Base, Expr, ExprId, Op, Storage};

/// What the companion field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seg {
    User,
    Kernel,
    /// A variable: decided at run time.
    Varies,
    /// Copied from another request.
    Copied,
    /// Never set.
    Unset,
}

/// What is needed to tell the space of a store.
pub struct Spaces<'x, 't> {
    /// The function.
    pub body: &'x Body<'x>,
    /// Names of constants and of processes.
    pub pack: &'x Pack,
    /// Types of expressions.
    pub types: Types<'x, 't>,
    /// The tracked field's name.
    pub field: &'x str,
    /// Index of the companion among the struct's members.
    pub companion_at: Option<usize>,
    /// How many more expressions are looked at; chains of assignments branch.
    pub fuel: Cell<u32>,
    /// Whether the struct has the companion, as far as its declaration is known.
    pub has_companion: bool,
}

/// A point of the evaluation at which something happens to the object.
enum Happening {
    Set(Seg),
    /// It is handed to somebody, or the tracked field is stored anew.
    Used,
}

impl Spaces<'_, '_> {
    /// The space of a store of `value` to the tracked field of the object `base` (with `->` if `arrow`), `at` being the
    /// assignment.
    pub fn of_store(&self, at: ExprId, base: ExprId, arrow: bool, value: ExprId) -> (Space, Vec<Note>) {
        let Some(node) = self.body.node(at) else { return (Space::Unknown, vec![Note::NeverEvaluated]) };
        let time = self.body.ast.span(at).end;
        let mut found = BTreeSet::new();
        for object in self.objects(base, arrow) {
            let (mut after, open) = self.forward(&object, node, time);
            if open || after.is_empty() {
                after.extend(self.backward(&object, node, time));
            }
            found.extend(after);
        }
        if found.len() > 1 {
            found.remove(&Seg::Unset);
        }
        self.decide(&found, value)
    }

    /// The space that an initialiser's items give: the companion stands among them, by name or position, or is zero.
    pub fn of_initializer(&self, init: ExprId, value: ExprId, var_node: Option<(NodeId, &str)>) -> (Space, Vec<Note>) {
        let seg = self.companion_in(init);
        // A statement right after may still set the companion.
        if let (Some((node, name)), None) = (var_node, seg) {
            let (found, open) = self.forward(name, node, self.body.ast.span(init).end);
            if !found.is_empty() && !open {
                return self.decide(&found, value);
            }
        }
        let seg = seg.unwrap_or(self.zero());
        self.decide(&BTreeSet::from([seg]), value)
    }

    /// The space after a copy of a whole request.
    pub fn of_copy(&self, at: ExprId, object: &str) -> Space {
        let Some(node) = self.body.node(at) else { return Space::Propagated };
        let (found, open) = self.forward(object, node, self.body.ast.span(at).end);
        if !open && found == BTreeSet::from([Seg::Kernel]) { Space::Kernel } else { Space::Propagated }
    }

    fn zero(&self) -> Seg {
        if self.pack.companion.zero_is_user { Seg::User } else { Seg::Kernel }
    }

    fn decide(&self, segs: &BTreeSet<Seg>, value: ExprId) -> (Space, Vec<Note>) {
        let stored = self.of_value(value, 0);
        if !self.has_companion {
            // The struct has no companion: the value says it all.
            let notes = if stored == Space::Unknown { vec![Note::StoredUnknown] } else { vec![] };
            return (stored, notes);
        }
        let one = if segs.len() == 1 { segs.first().copied() } else { None };
        match one {
            Some(Seg::Kernel) => (Space::Kernel, vec![]),
            Some(Seg::User) => match stored {
                Space::Unknown => (Space::Unknown, vec![Note::UserUnknown]),
                s => (s, vec![]),
            },
            Some(Seg::Varies) => (Space::Mixed, vec![Note::CompanionVaries]),
            Some(Seg::Copied) => (Space::Propagated, vec![]),
            Some(Seg::Unset) | None if segs.is_empty() || one.is_some() => match stored {
                Space::Kernel | Space::Propagated => (stored, vec![Note::CompanionUnset]),
                _ => (Space::Unknown, vec![Note::CompanionUnset]),
            },
            _ => (Space::Mixed, vec![Note::CompanionDiffers]),
        }
    }

    /// Which process a stored expression names, were its addresses a user's.
    fn of_value(&self, value: ExprId, depth: u32) -> Space {
        let body = self.body;
        let e = body.strip(value);
        match self.fuel.get().checked_sub(1) {
            Some(left) => self.fuel.set(left),
            None => return Space::Unknown,
        }
        if is_null(body, e) {
            return Space::Kernel;
        }
        let text = String::from_utf8_lossy(body.text(e)).trim_matches(['(', ')', ' ']).to_owned();
        let known = |list: &[String], name: &str| list.iter().any(|n| n == name);
        match body.ast.expr(e) {
            Expr::Unary { op: Op::AddrOf, operand } => {
                let name = String::from_utf8_lossy(body.text(operand)).into_owned();
                if known(&self.pack.kernel, &name) { Space::Kernel } else { Space::Unknown }
            }
            Expr::Name if body.var(e).is_none() => {
                if known(&self.pack.current, &text) {
                    Space::UserCurrent
                } else if known(&self.pack.kernel, &text) || self.is_null_macro(&text) {
                    Space::Kernel
                } else {
                    Space::Unknown
                }
            }
            Expr::Name => self.of_variable(e, depth),
            Expr::Member { base, name, .. } => {
                let name = body.name(name);
                if name == self.field {
                    Space::Propagated
                } else if self.pack.hops.iter().any(|h| h.1 == name) || self.is_address_space(&name) {
                    // Another name of the same thing, or the address space of what stands left of it.
                    self.of_value(base, depth + 1)
                } else if self.is_argument_struct(base) {
                    Space::UserCurrent
                } else {
                    Space::Unknown
                }
            }
            Expr::Call { callee, .. } => {
                let callee = String::from_utf8_lossy(body.text(callee)).into_owned();
                if known(&self.pack.other, &callee) {
                    Space::UserOther
                } else if known(&self.pack.kernel, &callee) {
                    Space::Kernel
                } else if known(&self.pack.current, &callee) || self.is_current_macro(&callee) {
                    Space::UserCurrent
                } else {
                    Space::Unknown
                }
            }
            Expr::Choice { then, other, .. } => {
                let a = then.map_or(Space::Unknown, |t| self.of_value(t, depth + 1));
                let b = self.of_value(other, depth + 1);
                if a == b { a } else { Space::Unknown }
            }
            Expr::Binary { op: Op::Comma, rhs, .. } | Expr::Assign { rhs, .. } => self.of_value(rhs, depth + 1),
            _ => Space::Unknown,
        }
    }

    /// All values that a local is given anywhere; a parameter is the calling process unless it is given another.
    fn of_variable(&self, e: ExprId, depth: u32) -> Space {
        let Some(var) = self.body.var(e) else { return Space::Unknown };
        if depth > 8 {
            return Space::Unknown;
        }
        let mut spaces: BTreeSet<Space> = BTreeSet::new();
        for d in self.body.definitions(var) {
            spaces.insert(d.map_or(Space::Unknown, |d| self.of_value(d, depth + 1)));
        }
        if let Some(given) = self.given_by_call(var, depth) {
            // `error = proc_vmspace_getref(p, &vm)`: the variable is set through its address, from the other argument.
            spaces.remove(&Space::Unknown);
            spaces.insert(given);
        }
        // `struct proc *p = NULL;` before the real value says nothing.
        if spaces.len() > 1 {
            spaces.remove(&Space::Kernel);
        }
        if spaces.is_empty() && self.body.vars[var as usize].param.is_some() {
            return Space::UserCurrent;
        }
        match spaces.len() {
            1 => spaces.pop_first().unwrap_or(Space::Unknown),
            _ if spaces.contains(&Space::UserOther) => Space::UserOther,
            _ => Space::Unknown,
        }
    }

    /// Whether a member is one by which a pack's family reaches an address space.
    fn is_address_space(&self, name: &str) -> bool {
        self.pack.member(None, name).is_some_and(|r| r.roles == [Role::AddressSpace])
    }

    /// The space of the first other argument of a call that gets the variable's address.
    fn given_by_call(&self, var: u32, depth: u32) -> Option<Space> {
        let body = self.body;
        body.exprs().find_map(|e| {
            let Expr::Call { args, .. } = body.ast.expr(e) else { return None };
            let args = body.ast.list(args);
            let takes = |a: &&u32| {
                matches!(body.ast.expr(**a), Expr::Unary { op: Op::AddrOf, operand } if body.var(operand) == Some(var))
            };
            let taken = args.iter().find(takes)?;
            let others = args.iter().filter(|a| *a != taken);
            others.map(|a| self.of_value(*a, depth + 1)).find(|s| *s != Space::Unknown && *s != Space::Kernel)
        })
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

    /// `ap->a_p`: a member of a parameter whose struct does nothing but carry arguments.
    fn is_argument_struct(&self, base: ExprId) -> bool {
        let body = self.body;
        let base = body.strip(base);
        let (Expr::Name, Some(var)) = (body.ast.expr(base), body.var(base)) else { return false };
        let v = body.vars[var as usize];
        let named = is_argument_struct;
        match v.ty.base {
            Base::Struct(tag) => named(tag.of(body.source)),
            _ => false,
        }
    }

    /// Names of the objects that may be meant: gcc lets `(a ? b : c).field` be assigned to.
    fn objects(&self, base: ExprId, arrow: bool) -> Vec<String> {
        let base = self.body.strip(base);
        match self.body.ast.expr(base) {
            Expr::Choice { then: Some(then), other, .. } => vec![self.object(then, arrow), self.object(other, arrow)],
            _ => vec![self.object(base, arrow)],
        }
    }

    /// A name for the object: pointers that only ever point to one local are that local.
    fn object(&self, base: ExprId, arrow: bool) -> String {
        let body = self.body;
        let base = body.strip(base);
        if arrow {
            return self.pointed(base);
        }
        match body.ast.expr(base) {
            Expr::Member { base, name, arrow } => format!("{}.{}", self.object(base, arrow), body.name(name)),
            Expr::Unary { op: Op::Deref, operand } => self.pointed(body.strip(operand)),
            Expr::Index { base, index } => {
                // A constant index tells elements apart, any other may be each of them.
                let index =
                    if body.ast.expr(index) == Expr::Literal { squeeze(body.text(index)) } else { String::new() };
                format!("{}[{index}]", self.object(base, false))
            }
            _ => squeeze(body.text(base)),
        }
    }

    /// What a pointer points to.
    fn pointed(&self, e: ExprId) -> String {
        let body = self.body;
        match body.ast.expr(e) {
            Expr::Unary { op: Op::AddrOf, operand } => return self.object(operand, false),
            Expr::Name => {
                if let Some(var) = body.var(e) {
                    let definitions = body.definitions(var);
                    if let [Some(only)] = definitions[..]
                        && let Expr::Unary { op: Op::AddrOf, operand } = body.ast.expr(body.strip(only))
                    {
                        return self.object(operand, false);
                    }
                }
            }
            Expr::Member { base, name, arrow } => return format!("*{}.{}", self.object(base, arrow), body.name(name)),
            _ => {}
        }
        format!("*{}", squeeze(body.text(e)))
    }

    /// The name of a local object, as [`Self::of_copy`] and [`Self::of_initializer`] want it.
    pub fn object_name(&self, e: ExprId) -> String {
        self.object(e, false)
    }

    /// What happens to the object in a node, in order.
    fn happenings(&self, node: NodeId, object: &str) -> Vec<(u32, Happening)> {
        let mut out = Vec::new();
        if let Some(root) = self.body.nodes[node as usize].root {
            self.collect(root, object, &mut out);
        }
        out.sort_by_key(|h| h.0);
        out
    }

    fn collect(&self, e: ExprId, object: &str, out: &mut Vec<(u32, Happening)>) {
        let body = self.body;
        let end = body.ast.span(e).end;
        match body.ast.expr(e) {
            Expr::Assign { lhs, rhs, op } => {
                let target = body.strip(lhs);
                let member = match body.ast.expr(target) {
                    Expr::Member { base, name, arrow } if self.objects(base, arrow).iter().any(|o| o == object) => {
                        Some(body.name(name))
                    }
                    _ => None,
                };
                if member.as_deref() == Some(&self.pack.companion.field) {
                    out.push((end, Happening::Set(if op == AssignOp::Set { self.seg(rhs) } else { Seg::Varies })));
                } else if member.as_deref() == Some(self.field) {
                    out.push((end, Happening::Used));
                } else if member.is_none() && self.object(target, false) == object {
                    // The whole struct is copied.
                    out.push((end, Happening::Set(Seg::Copied)));
                }
            }
            Expr::Call { callee, args } => {
                let name = squeeze(body.text(callee));
                let args = body.ast.list(args);
                let is_object = |a: &ExprId| {
                    let a = body.strip(*a);
                    let named = match body.ast.expr(a) {
                        Expr::Unary { op: Op::AddrOf, operand } => self.object(operand, false),
                        Expr::Name | Expr::Member { .. } => self.pointed(a),
                        _ => return false,
                    };
                    named == object
                };
                if args.iter().any(is_object) {
                    let zeroes = matches!(name.as_str(), "bzero" | "memset" | "explicit_bzero")
                        && args.first().is_some_and(is_object);
                    out.push((end, if zeroes { Happening::Set(self.zero()) } else { Happening::Used }));
                }
            }
            _ => {}
        }
        if let Fate::Initial(var) = body.fate(e) {
            let v = body.vars[var as usize];
            if let Some(element) = object.strip_prefix(&body.name(v.name)) {
                out.extend(self.initialised(e, element, v.ty.pointers).into_iter().map(|s| (end, Happening::Set(s))));
            }
        }
        let mut operands = Vec::new();
        body.ast.operands(e, &mut |o| operands.push(o));
        for o in operands {
            self.collect(o, object, out);
        }
    }

    /// What the initialiser of a variable makes of the companion; `element` is empty, or the index of an array's element.
    fn initialised(&self, init: ExprId, element: &str, pointers: u8) -> Vec<Seg> {
        let Expr::Init { items } = self.body.ast.expr(init) else {
            return if element.is_empty() && pointers == 0 { vec![Seg::Copied] } else { Vec::new() };
        };
        let one = |e: ExprId| self.companion_in(e).unwrap_or(self.zero());
        let items = self.body.ast.list(items);
        match element.strip_prefix('[').and_then(|e| e.strip_suffix(']')) {
            None if element.is_empty() => vec![one(init)],
            None => Vec::new(),
            Some("") => items.iter().map(|i| one(*i)).collect(),
            Some(index) => vec![index.parse().ok().and_then(|n: usize| items.get(n)).map_or(self.zero(), |i| one(*i))],
        }
    }

    /// The companion's value among the items of an initialiser.
    fn companion_in(&self, init: ExprId) -> Option<Seg> {
        let Expr::Init { items } = self.body.ast.expr(init) else { return None };
        for (position, &item) in self.body.ast.list(items).iter().enumerate() {
            match self.body.ast.expr(item) {
                Expr::Field { name, value } if self.body.name(name) == self.pack.companion.field => {
                    return Some(self.seg(value));
                }
                Expr::Field { .. } => {}
                _ if Some(position) == self.companion_at => return Some(self.seg(item)),
                _ => {}
            }
        }
        None
    }

    /// What a value of the companion means.
    fn seg(&self, value: ExprId) -> Seg {
        let body = self.body;
        let e = body.strip(value);
        let text = squeeze(body.text(e));
        let text = text.trim_matches(['(', ')']);
        if self.pack.companion.kernel.iter().any(|n| n == text) {
            return Seg::Kernel;
        }
        if self.pack.companion.user.iter().any(|n| n == text) {
            return Seg::User;
        }
        match body.ast.expr(e) {
            Expr::Literal if text == "0" => self.zero(),
            Expr::Member { name, .. } if body.name(name) == self.pack.companion.field => Seg::Copied,
            Expr::Assign { rhs, .. } => self.seg(rhs),
            _ => Seg::Varies,
        }
    }

    /// What the companion is set to after the store, before the object is used; and whether a path leads to a use (or the
    /// end) without that.
    fn forward(&self, object: &str, node: NodeId, time: u32) -> (BTreeSet<Seg>, bool) {
        let mut found = BTreeSet::new();
        let mut open = false;
        let mut seen = vec![false; self.body.nodes.len()];
        let mut work = vec![(node, time)];
        while let Some((n, after)) = work.pop() {
            // The first thing that happens to the object ends the path.
            match self.happenings(n, object).into_iter().find(|h| h.0 > after) {
                Some((_, Happening::Set(seg))) => {
                    found.insert(seg);
                    continue;
                }
                Some((_, Happening::Used)) => {
                    open = true;
                    continue;
                }
                None => {}
            }
            open |= n == EXIT;
            for &next in &self.body.nodes[n as usize].next {
                if !std::mem::replace(&mut seen[next as usize], true) {
                    work.push((next, 0));
                }
            }
        }
        (found, open)
    }

    /// What the companion was set to before the store.
    fn backward(&self, object: &str, node: NodeId, time: u32) -> BTreeSet<Seg> {
        let mut found = BTreeSet::new();
        let mut seen = vec![false; self.body.nodes.len()];
        let mut work = vec![(node, time)];
        while let Some((n, before)) = work.pop() {
            let last =
                self.happenings(n, object).into_iter().rfind(|h| h.0 < before && matches!(h.1, Happening::Set(_)));
            if let Some((_, Happening::Set(seg))) = last {
                found.insert(seg);
                continue;
            }
            if n == uioscope_source::body::ENTRY {
                found.insert(self.at_entry(object));
            }
            for &back in &self.body.nodes[n as usize].back {
                if !std::mem::replace(&mut seen[back as usize], true) {
                    work.push((back, u32::MAX));
                }
            }
        }
        found
    }

    /// What the companion is when the function starts: zero in static memory.
    fn at_entry(&self, object: &str) -> Seg {
        let root = object.split(['.', '[']).next().unwrap_or(object);
        let var = self.body.vars.iter().find(|v| self.body.name(v.name) == root);
        match var {
            Some(v) if v.storage == Storage::Static => self.zero(),
            _ => Seg::Unset,
        }
    }
}

/// Whether a struct holds the arguments of a call, by its tag: it lives as long as the call.
pub fn is_argument_struct(tag: &[u8]) -> bool {
    tag.ends_with(b"_args") || tag.ends_with(b"_arg") || tag == b"componentname"
}

/// Without blanks.
pub fn squeeze(text: &[u8]) -> String {
    String::from_utf8_lossy(text).split_whitespace().collect::<String>().trim_matches(['(', ')']).to_owned()
}
