//! The uses of one function's name, and what each says of its parameters.

use super::words::{Words, in_file};
use super::{Answer, Ask, Head, Known, MOST_CONTEXT_USES, MOST_USES, What};
use crate::finding::{CallersLost, RunAs, Step};
use crate::flow::global::Program;
use crate::flow::local::StepAt;
use crate::space::{Seg, Spaces, Whence, Who, squeeze};
use memchr::memmem;
use std::collections::BTreeSet;
use uioscope_source::body::{Body, Fate};
use uioscope_source::decls::functions::Place;
use uioscope_source::decls::types::Types;
use uioscope_source::shapes::Root;
use uioscope_source::tree::{Ast, Base, Expr, ExprId, Function, Op, Type};

/// What all uses of a function say to each question, in the order of the questions.
pub(super) fn answers(program: &Program<'_, '_>, words: &Words, head: &Head, asked: &[What]) -> Vec<Known> {
    let mut uses = Uses { program, head, asked, out: asked.iter().map(|_| Known::default()).collect(), current: None };
    uses.convention();
    let file = &program.functions.file(head.place).path;
    let only_context = asked.iter().all(|w| *w == What::Context);
    let most = if only_context { MOST_CONTEXT_USES } else { MOST_USES };
    let places = if program.functions.is_private(head.place) {
        let mut own = Vec::new();
        let finder = memmem::Finder::new(&head.name);
        let text = &program.functions.file(head.place).bytes;
        in_file(text, &finder, &head.name, |at| own.push((head.place.file, at)));
        Some(own)
    } else {
        words.places(program.lookup.tree(), &head.name, most)
    };
    match places {
        None => uses.lost(CallersLost::Many),
        Some(places) => {
            let tree = program.lookup.tree();
            let mut last: Option<(u32, bool)> = None;
            for (i, at) in places {
                let path = &tree.files[i as usize].path;
                let is_meant = match last {
                    Some((known, is_meant)) if known == i => is_meant,
                    _ => path == file || program.functions.definitions(&head.name, path).contains(&head.place),
                };
                last = Some((i, is_meant));
                if is_meant && (i, at) != (head.place.file, head.place.at) {
                    uses.at(i, at);
                }
            }
            uses.none_seen();
        }
    }
    uses.out
}

struct Uses<'q, 'x, 't> {
    program: &'q Program<'x, 't>,
    head: &'q Head,
    asked: &'q [What],
    out: Vec<Known>,
    /// The parameter that is the process that calls, by the pack's convention.
    current: Option<usize>,
}

impl Uses<'_, '_, '_> {
    /// Not all callers are known; that matters to whoever asks for a process or a companion.
    fn lost(&mut self, why: CallersLost) {
        for (what, known) in self.asked.iter().zip(&mut self.out) {
            let matters = match what {
                // However it is called, it is called by that convention.
                What::Who { n, .. } => self.current != Some(*n as usize),
                What::Seg(_) | What::Entry(_) => true,
                What::Context => why == CallersLost::Many,
                What::Whence(_) | What::Held(..) => false,
            };
            if matters {
                known.own.insert(Answer::Lost(self.head.name.clone(), why.clone()), None);
            }
        }
    }

    /// What the pack says of functions with such parameters.
    fn convention(&mut self) {
        let (place, callers) = (self.head.place, &self.program.pack.callers);
        let mut current = None;
        self.program.functions.trees(place.file, place.at, |source, ast| {
            for f in ast.functions.iter().filter(|f| f.name.start <= place.at && place.at < f.name.end) {
                let types: Vec<String> = ast.decls(f.params).iter().map(|d| type_name(source, d.ty)).collect();
                current = current.or(callers.current_of(&types));
            }
        });
        self.current = current;
        let Some(current) = current else { return };
        for (what, known) in self.asked.iter().zip(&mut self.out) {
            match what {
                What::Who { n, fields } if *n as usize == current && fields.is_empty() => {
                    known.own.insert(Answer::Who(Who::Current), None);
                }
                What::Context => drop(known.own.insert(Answer::Context(RunAs::Process), None)),
                _ => {}
            }
        }
    }

    /// A question that nobody answers, and for which nobody is asked.
    fn none_seen(&mut self) {
        for (what, known) in self.asked.iter().zip(&mut self.out) {
            let matters = matches!(what, What::Who { .. } | What::Seg(_) | What::Entry(_));
            if !known.own.is_empty() || !known.next.is_empty() {
                continue;
            }
            if matters {
                known.own.insert(Answer::Lost(self.head.name.clone(), CallersLost::None), None);
            } else if let What::Held(_, shown) = what {
                known.own.insert(Answer::Whence(Whence::Kept(shown.clone())), None);
            }
        }
    }

    /// One use of the name.
    fn at(&mut self, file: u32, at: u32) {
        let functions = self.program.functions;
        let path = &self.program.lookup.tree().files[file as usize].path;
        if functions.item_at(file, at).is_none() {
            if functions.syntax(file).directive(at).is_some_and(|_| is_called(self.program, file, at, &self.head.name))
            {
                self.lost(CallersLost::Macro);
            }
            return;
        }
        functions.trees(file, at, |source, ast| {
            let named = |(i, e): (usize, &Expr)| *e == Expr::Name && ast.own(i as ExprId).start == at;
            let Some(e) = ast.exprs.iter().enumerate().position(named).map(|i| i as ExprId) else { return };
            match ast.functions.iter().find(|f| f.span.holds(at)) {
                Some(f) => self.in_body(source, ast, f, file, path, e),
                None => self.in_table(source, ast, at),
            }
        });
    }

    fn in_body(&mut self, source: &[u8], ast: &Ast, f: &Function, file: u32, path: &str, e: ExprId) {
        let body = Body::new(source, ast, f);
        if body.node(e).is_none() || body.var(e).is_some() {
            return;
        }
        let caller = Head { place: Place { file, at: f.name.start }, name: body.name(f.name) };
        let mut at = e;
        while let Fate::Operand(up) = body.fate(at) {
            match ast.expr(up) {
                Expr::Call { callee, args } if callee == at => {
                    return self.call(&body, path, &caller, up, ast.list(args));
                }
                Expr::Call { callee, args } => {
                    let name = squeeze(body.text(callee));
                    let n = ast.list(args).iter().position(|a| *a == at).unwrap_or(usize::MAX);
                    let step = self.step(path, ast.own(e).start, Step::Argument { callee: name.clone(), n });
                    return self.handed(&name, n, step);
                }
                Expr::Cast { .. } | Expr::Unary { op: Op::AddrOf | Op::Deref, .. } => at = up,
                Expr::Assign { lhs, rhs, .. } if rhs == at => {
                    let target = match ast.expr(body.strip(lhs)) {
                        Expr::Member { name, .. } => body.name(name),
                        _ => squeeze(body.text(lhs)),
                    };
                    return self.lost(CallersLost::Pointer(target));
                }
                // Compared, or chosen.
                Expr::Binary { op: Op::Eq | Op::NotEq, .. } => return,
                _ => at = up,
            }
        }
        self.lost(CallersLost::Pointer("a variable".to_owned()));
    }

    fn step(&self, path: &str, at: u32, step: Step) -> StepAt {
        StepAt { path: path.to_owned(), at, step }
    }

    /// The function itself is an argument: somebody makes it run, as a thread or later.
    fn handed(&mut self, to: &str, n: usize, step: StepAt) {
        let Some(registrar) = self.program.pack.callers.registrar(to, n) else {
            return self.lost(CallersLost::Pointer(to.to_owned()));
        };
        let context = registrar.context;
        for (what, known) in self.asked.iter().zip(&mut self.out) {
            let answer = match what {
                What::Context => Answer::Context(context),
                What::Whence(_) => Answer::Whence(Whence::Kept(format!("the argument of {to}"))),
                What::Held(_, shown) => Answer::Whence(Whence::Kept(shown.clone())),
                What::Who { .. } | What::Seg(_) | What::Entry(_) => {
                    Answer::Lost(self.head.name.clone(), CallersLost::Pointer(to.to_owned()))
                }
            };
            known.own.entry(answer).or_insert_with(|| Some(step.clone()));
        }
    }

    /// It stands in a table.
    fn in_table(&mut self, source: &[u8], ast: &Ast, at: u32) {
        let holder = ast.globals.iter().find(|d| d.init.is_some_and(|i| ast.span(i).holds(at)));
        let tag = holder.map(|d| type_name(source, d.ty)).unwrap_or_default();
        if tag.is_empty() || !self.program.pack.callers.tables.contains(&tag) {
            let shown = if tag.is_empty() { "a table".to_owned() } else { format!("struct {tag}") };
            return self.lost(CallersLost::Pointer(shown));
        }
        for (what, known) in self.asked.iter().zip(&mut self.out) {
            let answer = match what {
                What::Who { fields, .. } if fields.is_empty() => Answer::Who(Who::Current),
                What::Who { .. } => Answer::Who(Who::Unknown),
                What::Context => Answer::Context(RunAs::Process),
                What::Entry(_) => Answer::Seg(Seg::Unset),
                What::Seg(_) => Answer::Seg(Seg::Varies),
                What::Whence(_) => continue,
                What::Held(_, shown) => Answer::Whence(Whence::Kept(shown.clone())),
            };
            known.own.insert(answer, None);
        }
    }

    fn call(&mut self, body: &Body<'_>, path: &str, caller: &Head, call: ExprId, args: &[ExprId]) {
        let program = self.program;
        let types = Types { lookup: program.lookup, path };
        let spaces = Spaces::new(body, program.pack, types, program.target.request(), Some(program.functions));
        let name = self.head.name.clone();
        let at = body.ast.own(call).start;
        for (what, known) in self.asked.iter().zip(&mut self.out) {
            let mut own = |answer: Answer, n: u32| {
                let step = Step::Argument { callee: name.clone(), n: n as usize };
                known.own.entry(answer).or_insert_with(|| Some(StepAt { path: path.to_owned(), at, step }));
            };
            let mut next: Vec<(What, u32)> = Vec::new();
            match what {
                What::Who { n, fields } => match args.get(*n as usize) {
                    None => own(Answer::Who(Who::Unknown), *n),
                    Some(arg) => {
                        for who in spaces.who_of(*arg, fields) {
                            match who {
                                Who::Given { n: m, fields, .. } => next.push((What::Who { n: m, fields }, *n)),
                                Who::Current => own(Answer::Running(caller.clone()), *n),
                                who => own(Answer::Who(who), *n),
                            }
                        }
                    }
                },
                What::Seg(n) | What::Entry(n) => match args.get(*n as usize) {
                    None => own(Answer::Seg(Seg::Varies), *n),
                    Some(arg) => {
                        let segs = if matches!(what, What::Seg(_)) {
                            spaces.seg(*arg)
                        } else {
                            spaces.companion_at_call(*arg, call)
                        };
                        for seg in segs {
                            match seg {
                                Seg::Given(m) => next.push((What::Seg(m), *n)),
                                Seg::Entry(m) => next.push((What::Entry(m), *n)),
                                seg => own(Answer::Seg(seg), *n),
                            }
                        }
                    }
                },
                What::Whence(n) => match args.get(*n as usize) {
                    None => own(Answer::Whence(Whence::Unknown), *n),
                    Some(arg) if !may_be_request(&spaces, *arg) => own(Answer::Whence(Whence::Unknown), *n),
                    Some(arg) => {
                        for whence in spaces.whence(*arg) {
                            match whence {
                                Whence::Given(m) => next.push((What::Whence(m), *n)),
                                Whence::Held(m, what) => next.push((What::Held(m, what), *n)),
                                whence => own(Answer::Whence(whence), *n),
                            }
                        }
                    }
                },
                What::Held(n, shown) => {
                    let found = match args.get(*n as usize) {
                        Some(arg) => spaces.whence(*arg),
                        None => BTreeSet::from([Whence::Unknown]),
                    };
                    for whence in found {
                        match whence {
                            Whence::Own => own(Answer::Whence(Whence::Own), *n),
                            Whence::Given(m) | Whence::Held(m, _) => next.push((What::Held(m, shown.clone()), *n)),
                            Whence::Kept(_) | Whence::Unknown => own(Answer::Whence(Whence::Kept(shown.clone())), *n),
                        }
                    }
                }
                What::Context => {
                    let step = StepAt { path: path.to_owned(), at, step: Step::Called(name.clone()) };
                    known.next.entry(Ask { head: caller.clone(), what: What::Context }).or_insert(step);
                }
            }
            for (what, n) in next {
                let step = Step::Argument { callee: name.clone(), n: n as usize };
                let step = StepAt { path: path.to_owned(), at, step };
                known.next.entry(Ask { head: caller.clone(), what }).or_insert(step);
            }
        }
    }
}

/// Whether an argument can be a pointer to a request: some names are those of several functions.
fn may_be_request(spaces: &Spaces<'_, '_>, e: ExprId) -> bool {
    let shape = spaces.types.lookup.resolve(&spaces.types.of(spaces.body, e), spaces.types.path);
    match &shape.base {
        Root::Unknown => true,
        // A cast may hide it, but another struct is another thing.
        Root::Struct(tag) => shape.pointers > 0 && tag == spaces.request.of,
        _ => shape.pointers > 0,
    }
}

/// Whether `(` follows the name: a macro's text calls it.
fn is_called(program: &Program<'_, '_>, file: u32, at: u32, name: &str) -> bool {
    let text = &program.lookup.tree().files[file as usize].bytes;
    text[at as usize + name.len()..].trim_ascii_start().first() == Some(&b'(')
}

/// A struct's tag, or a type's name; `int` for every type that is built in.
fn type_name(source: &[u8], ty: Type) -> String {
    match ty.base {
        Base::Struct(name) | Base::Named(name) => String::from_utf8_lossy(name.of(source)).into_owned(),
        Base::Builtin | Base::Enum => "int".to_owned(),
        _ => String::new(),
    }
}
