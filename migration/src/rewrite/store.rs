//! Stores: what takes the place of `auio.uio_procp = p;`.

use super::Context;
use super::reference::held;
use crate::design::Kind;
use crate::edit::{Applicability, Edit, Fix, indent, newline, whole_line};
use crate::facts::Stored;
use crate::sites::{View, block_of, stmt_of, visit, with_semicolon};
use std::collections::BTreeSet;
use uioscope_analyzer::finding::{Implicit, Space};
use uioscope_analyzer::space::squeeze;
use uioscope_source::text::Span;
use uioscope_source::tree::{AssignOp, Expr, ExprId, Op, Stmt, StmtId};

/// The fix for a store.
pub fn fix(context: &Context<'_, '_>, site: usize) -> Fix {
    let f = &context.audit.findings[site];
    let facts = &context.facts[site];
    if f.implicit == Some(Implicit::Initializer) {
        return Fix::none(
            site,
            "a positional initialiser: its place means another member once the old one is gone; name the members",
        );
    }
    let mut edits = Vec::new();
    let mut trouble: BTreeSet<String> = BTreeSet::new();
    let found = visit(context.program, f, |view| match (Store { context, view, site }).rewrite() {
        Ok(more) => edits.extend(more),
        Err(why) => drop(trouble.insert(why)),
    });
    if !found {
        return Fix::none(site, "no front end that edits reads this text; edit it by hand");
    }
    if let Some(why) = trouble.pop_first() {
        return Fix::none(site, why);
    }
    let (applicability, note) = match (facts.kind, facts.stored) {
        (Kind::Removed, _) => (
            Applicability::Unsafe,
            "the request says nothing of its addresses: right if it only ever moves mbufs".to_owned(),
        ),
        (_, Some(Stored::Other)) if facts.kind == Kind::Vmspace => (
            Applicability::Unsafe,
            "another process may be exiting: where its address space may be gone already, the function that takes the \
             reference has to say so"
                .to_owned(),
        ),
        (Kind::Sysspace, Some(Stored::Other | Stored::Unknown)) => (
            Applicability::Unsafe,
            "the process that was stored is not the running one for certain, and readers look at it".to_owned(),
        ),
        (Kind::Vmspace, Some(Stored::Unknown)) if f.space == Some(Space::Unknown) => {
            (Applicability::Unsafe, "whose memory it is is not known here".to_owned())
        }
        (Kind::Vmspace, _) if facts.in_heap => (
            Applicability::Unsafe,
            "the request lives in memory that outlives the call: right if the call waits for it, else it needs a reference \
             that its completion drops"
                .to_owned(),
        ),
        _ => (Applicability::Safe, String::new()),
    };
    Fix::new(site, edits, applicability, note)
}

struct Store<'s, 'x, 't> {
    context: &'s Context<'x, 't>,
    view: &'s View<'s>,
    site: usize,
}

impl Store<'_, '_, '_> {
    fn rewrite(&self) -> Result<Vec<Edit>, String> {
        let facts = &self.context.facts[self.site];
        let body = self.view.body;
        match body.ast.expr(self.view.e) {
            Expr::Member { .. } => {}
            Expr::Field { name, value } => return self.designated(name, value, facts.kind),
            Expr::Assign { .. } => return self.copied(),
            _ => return Err("it is not an assignment".to_owned()),
        }
        let assign =
            self.view.up(self.view.e).filter(|a| matches!(body.ast.expr(*a), Expr::Assign { op: AssignOp::Set, .. }));
        let Some(assign) = assign else { return Err("it is assigned through a cast".to_owned()) };
        match facts.kind {
            Kind::Sysspace => self.sysspace(assign),
            Kind::Removed => self.removed(assign),
            Kind::Vmspace if self.context.audit.findings[self.site].space == Some(Space::Mixed) => self.mixed(assign),
            Kind::Vmspace => self.vmspace(assign),
            Kind::Curlwp | Kind::Ask => Err("which address space is meant has to be decided".to_owned()),
        }
    }

    fn path(&self) -> &str {
        &self.view.file.path
    }

    /// The assignment's statement, with its `;`, and where it stands in a block.
    fn statement(&self, assign: ExprId) -> Result<(StmtId, Span), String> {
        let body = self.view.body;
        let stmt = stmt_of(body.ast, assign).ok_or("the assignment is part of a larger expression")?;
        let span = with_semicolon(body.source, body.ast.span(assign)).ok_or("its statement's end was not found")?;
        Ok((stmt, span))
    }

    /// The request, as an argument that points to it.
    fn pointer(&self, base: ExprId, arrow: bool) -> Result<String, String> {
        let body = self.view.body;
        let text = String::from_utf8_lossy(body.text(base)).into_owned();
        if arrow {
            return Ok(text);
        }
        match body.ast.expr(base) {
            Expr::Name | Expr::Member { .. } | Expr::Index { .. } => Ok(format!("&{text}")),
            Expr::Unary { op: Op::Deref, operand } => Ok(String::from_utf8_lossy(body.text(operand)).into_owned()),
            _ => Err("which request is meant is decided by an expression".to_owned()),
        }
    }

    fn object(&self) -> Result<(ExprId, bool), String> {
        match self.view.body.ast.expr(self.view.e) {
            Expr::Member { base, arrow, .. } => Ok((base, arrow)),
            _ => Err("it is not a member".to_owned()),
        }
    }

    /// `X.uio_vmspace = p->p_vmspace`.
    fn vmspace(&self, assign: ExprId) -> Result<Vec<Edit>, String> {
        let body = self.view.body;
        let (Expr::Member { name, .. }, Expr::Assign { rhs, .. }) = (body.ast.expr(self.view.e), body.ast.expr(assign))
        else {
            return Err("it is not an assignment".to_owned());
        };
        let mut edits = vec![Edit::new(self.path(), name.start, name.end, self.context.words().member.as_str())];
        self.context.to_space(self.view, rhs, &mut edits)?;
        if self.context.facts[self.site].stored == Some(Stored::Other) {
            edits.extend(held(self.context, self.view, assign)?);
        }
        Ok(edits)
    }

    /// `UIO_SETUP_SYSSPACE(&X);`, and the companion's store is gone; where the companion says more than that, only the new member
    /// is stored.
    fn sysspace(&self, assign: ExprId) -> Result<Vec<Edit>, String> {
        let (stmt, span) = self.statement(assign)?;
        let (base, arrow) = self.object()?;
        if !self.is_setup(base, arrow) {
            return self.kernel_space(assign);
        }
        let call = format!("{}({});", self.context.words().setup, self.pointer(base, arrow)?);
        let mut edits = vec![Edit::new(self.path(), span.start, span.end, call)];
        edits.extend(self.companion(stmt, base, arrow).map(|s| self.line(s)));
        Ok(edits)
    }

    /// Whether the helper's own constant is what the companion of a request is set to here, and no other.
    fn is_setup(&self, base: ExprId, arrow: bool) -> bool {
        let constant = self.setup_constant();
        let values = self.companions(base, arrow);
        let others = self.context.program.pack.companion.kernel.iter().any(|k| Some(k.as_str()) != constant);
        match (constant, values.is_empty()) {
            (None, _) => true,
            // Whoever sets it elsewhere may mean another one.
            (Some(_), true) => !others,
            (Some(c), false) => values.iter().all(|(_, v)| {
                let value = squeeze(self.view.body.text(*v));
                value == c || !self.context.program.pack.companion.kernel.contains(&value)
            }),
        }
    }

    /// What the helper sets the companion to.
    fn setup_constant(&self) -> Option<&str> {
        self.context.words().stored_by_setup(&self.context.program.pack.companion.field)
    }

    /// `X.uio_vmspace = proc0.p_vmspace`: what the helper stores, without the companion.
    fn kernel_space(&self, assign: ExprId) -> Result<Vec<Edit>, String> {
        let body = self.view.body;
        let (Expr::Member { name, .. }, Expr::Assign { rhs, .. }) = (body.ast.expr(self.view.e), body.ast.expr(assign))
        else {
            return Err("it is not an assignment".to_owned());
        };
        let words = self.context.words();
        let value =
            words.stored_by_setup(&words.member).ok_or("the pack does not say which address space is the kernel's")?;
        let rhs = body.ast.span(rhs);
        let mut edits = vec![
            Edit::new(self.path(), name.start, name.end, words.member.as_str()),
            Edit::new(self.path(), rhs.start, rhs.end, value),
        ];
        if let Some(of) = words.struct_of_kernel_space() {
            edits.extend(self.context.seeing(self.path(), name.start, of)?);
        }
        Ok(edits)
    }

    fn removed(&self, assign: ExprId) -> Result<Vec<Edit>, String> {
        let (stmt, span) = self.statement(assign)?;
        Ok(match block_of(self.view.ast(), stmt) {
            Some(_) => vec![self.line(span)],
            None => vec![Edit::new(self.path(), span.start, span.end, ";")],
        })
    }

    /// By the companion's value: one or the other.
    fn mixed(&self, assign: ExprId) -> Result<Vec<Edit>, String> {
        let body = self.view.body;
        let (stmt, span) = self.statement(assign)?;
        if block_of(body.ast, stmt).is_none() {
            return Err("it is the only statement of a branch, and becomes two".to_owned());
        }
        let (base, arrow) = self.object()?;
        let decides = self.decides(base, arrow, span.start)?;
        let kernel = self.setup_constant().ok_or("the pack does not say what the helper sets the companion to")?;
        let Expr::Assign { rhs, .. } = body.ast.expr(assign) else { return Err("it is not an assignment".to_owned()) };
        let mut inner = Vec::new();
        self.context.to_space(self.view, rhs, &mut inner)?;
        let (of_value, others): (Vec<Edit>, Vec<Edit>) =
            inner.into_iter().partition(|e| e.path == self.path() && e.start >= span.start && e.end <= span.end);
        let shifted = of_value.into_iter().map(|e| Edit { start: e.start - span.start, end: e.end - span.start, ..e });
        let Expr::Member { name, .. } = body.ast.expr(self.view.e) else { return Err("it is not a member".to_owned()) };
        let renamed = Edit::new(
            self.path(),
            name.start - span.start,
            name.end - span.start,
            self.context.words().member.as_str(),
        );
        let user = crate::edit::apply(span.of(body.source), shifted.chain([renamed]).collect::<Vec<_>>().iter());
        let (blanks, end) =
            (String::from_utf8_lossy(indent(body.source, span.start)).into_owned(), newline(body.source));
        let setup = format!("{}({});", self.context.words().setup, self.pointer(base, arrow)?);
        let text = format!(
            "if ({decides} == {kernel}){end}{blanks}\t{setup}{end}{blanks}else{end}{blanks}\t{}",
            String::from_utf8_lossy(&user)
        );
        let mut edits = others;
        edits.push(Edit::new(self.path(), span.start, span.end, latin(&text, &user)));
        Ok(edits)
    }

    /// What decides the space at run time: the variable that the companion is set to, or the companion itself.
    fn decides(&self, base: ExprId, arrow: bool, before: u32) -> Result<String, String> {
        let body = self.view.body;
        let stores: Vec<(ExprId, ExprId)> = self.companions(base, arrow);
        let values: BTreeSet<String> = stores.iter().map(|(_, v)| squeeze(body.text(*v))).collect();
        if let ([(_, value), ..], 1) = (&stores[..], values.len())
            && matches!(body.ast.expr(body.strip(*value)), Expr::Name | Expr::Member { .. })
        {
            return Ok(String::from_utf8_lossy(body.text(*value)).into_owned());
        }
        if !stores.is_empty() && stores.iter().all(|(at, _)| body.ast.span(*at).end <= before) {
            let object = String::from_utf8_lossy(body.text(base)).into_owned();
            let dot = if arrow { "->" } else { "." };
            return Ok(format!("{object}{dot}{}", self.context.program.pack.companion.field));
        }
        Err("what decides the address space was not found in this function".to_owned())
    }

    /// Stores of the companion of the same request: the assignment and its value.
    fn companions(&self, base: ExprId, arrow: bool) -> Vec<(ExprId, ExprId)> {
        let body = self.view.body;
        let object = squeeze(body.text(base));
        let companion = &self.context.program.pack.companion.field;
        let is_one = |e: ExprId| match body.ast.expr(e) {
            Expr::Assign { lhs, rhs, op: AssignOp::Set } => match body.ast.expr(body.strip(lhs)) {
                Expr::Member { base: b, name, arrow: a }
                    if a == arrow && body.name(name) == *companion && squeeze(body.text(b)) == object =>
                {
                    Some((e, rhs))
                }
                _ => None,
            },
            _ => None,
        };
        body.exprs().filter_map(is_one).collect()
    }

    /// The companion's store that says kernel for the same request: in the same block, with nothing between that could
    /// look at the request.
    fn companion(&self, stmt: StmtId, base: ExprId, arrow: bool) -> Option<Span> {
        let body = self.view.body;
        let ast = body.ast;
        let (block, at) = block_of(ast, stmt)?;
        let Stmt::Block(list) = ast.stmt(block) else { return None };
        let list = ast.list(list);
        let root = self.root(base);
        let constant = self.setup_constant();
        self.companions(base, arrow).into_iter().find_map(|(assign, value)| {
            if constant != Some(squeeze(body.text(value)).as_str()) {
                return None;
            }
            let other = list.iter().position(|s| ast.stmt(*s) == Stmt::Expr(assign))?;
            let between = &list[at.min(other) + 1..at.max(other)];
            let harmless = |s: &StmtId| match ast.stmt(*s) {
                Stmt::Empty => true,
                Stmt::Expr(e) => !self.hands_over(e, &root),
                _ => false,
            };
            between.iter().all(harmless).then(|| with_semicolon(body.source, ast.span(assign)))?
        })
    }

    /// The variable that a request's expression starts with.
    fn root(&self, mut base: ExprId) -> String {
        let body = self.view.body;
        loop {
            base = body.strip(base);
            match body.ast.expr(base) {
                Expr::Member { base: inner, .. } | Expr::Index { base: inner, .. } => base = inner,
                Expr::Unary { operand, .. } => base = operand,
                _ => return squeeze(body.text(base)),
            }
        }
    }

    /// Whether an expression calls something with the request, or takes its address.
    fn hands_over(&self, e: ExprId, root: &str) -> bool {
        let body = self.view.body;
        let mut operands = Vec::new();
        body.ast.operands(e, &mut |o| operands.push(o));
        let calls = match body.ast.expr(e) {
            Expr::Call { .. } | Expr::Unary { op: Op::AddrOf, .. } | Expr::Block { .. } => {
                crate::sites::words(body.ast.span(e).of(body.source)).contains(root.as_bytes())
            }
            _ => false,
        };
        calls || operands.into_iter().any(|o| self.hands_over(o, root))
    }

    /// `.uio_procp = p` in an initialiser.
    fn designated(&self, name: Span, value: ExprId, kind: Kind) -> Result<Vec<Edit>, String> {
        if kind != Kind::Vmspace {
            let setup = &self.context.words().setup;
            return Err(format!("an initialiser cannot call {setup}: do it after the declaration"));
        }
        let mut edits = vec![Edit::new(self.path(), name.start, name.end, self.context.words().member.as_str())];
        self.context.to_space(self.view, value, &mut edits)?;
        Ok(edits)
    }

    /// A copy of a request that is then made to name kernel memory: the companion's store becomes the call.
    fn copied(&self) -> Result<Vec<Edit>, String> {
        let body = self.view.body;
        let facts = &self.context.facts[self.site];
        let Expr::Assign { lhs, .. } = body.ast.expr(self.view.e) else { return Err("it is no copy".to_owned()) };
        if facts.kind != Kind::Sysspace {
            return Ok(Vec::new());
        }
        let (base, arrow) = match body.ast.expr(body.strip(lhs)) {
            Expr::Unary { op: Op::Deref, operand } => (operand, true),
            _ => (lhs, false),
        };
        let constant = self.setup_constant();
        let call = format!("{}({});", self.context.words().setup, self.pointer(base, arrow)?);
        let after = body.ast.span(self.view.e).end;
        let stores = self.companions(base, arrow).into_iter();
        let mut stores = stores
            .filter(|(a, v)| body.ast.span(*a).start >= after && constant == Some(squeeze(body.text(*v)).as_str()));
        let (assign, _) =
            stores.next().ok_or("no store of the helper's constant in the companion was found after the copy")?;
        let (_, span) = self.statement(assign)?;
        Ok(vec![Edit::new(self.path(), span.start, span.end, call)])
    }

    /// A statement that goes, with its line if it stands there alone.
    fn line(&self, span: Span) -> Edit {
        let (start, end) = whole_line(self.view.body.source, span.start, span.end);
        Edit::new(self.path(), start, end, "")
    }
}

/// Text made of a piece that may not be UTF-8: the piece's own bytes, where it is not.
fn latin(text: &str, piece: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(piece) {
        Ok(_) => text.as_bytes().to_vec(),
        Err(_) => {
            let shown = String::from_utf8_lossy(piece);
            let head = text.strip_suffix(shown.as_ref()).unwrap_or_default();
            [head.as_bytes(), piece].concat()
        }
    }
}
