//! The uses of one function's name, and what each says of its parameters.

use super::{Answer, Ask, Head, Known, MOST_CONTEXT_USES, MOST_USES, What};
use crate::finding::{CallersLost, RunAs, Step};
use crate::flow::global::Program;
use crate::flow::local::StepAt;
use crate::space::{Seg, Spaces, Whence, Who, squeeze};
use memchr::memmem;
use std::collections::{BTreeMap, BTreeSet};
use uioscope_source::body::{Body, Fate};
use uioscope_source::decls::functions::Place;
use uioscope_source::decls::types::Types;
use uioscope_source::decls::words::{Places, in_file};
use uioscope_source::language::Part;
use uioscope_source::shapes::Root;
use uioscope_source::tree::{Ast, Base, Expr, ExprId, Function, Op, Type};

/// In how many places a name may stand for its uses to be looked at; `None` where only the function's own file counts.
pub(super) fn most_places(program: &Program<'_, '_>, head: &Head, asked: &[What]) -> Option<usize> {
    let only_context = asked.iter().all(|w| *w == What::Context);
    let most = if only_context { MOST_CONTEXT_USES } else { MOST_USES };
    Some(most).filter(|_| !program.functions.is_private(head.place))
}

/// What all uses of a function say to each question, in the order of the questions. `places`: those of its name, unless nobody
/// outside of its file can mean it.
pub(super) fn answers(program: &Program<'_, '_>, head: &Head, asked: &[What], places: Option<Places>) -> Vec<Known> {
    let only_context = asked.iter().all(|w| *w == What::Context);
    let out = asked.iter().map(|_| Known::default()).collect();
    let mut uses = Uses { program, head, asked, out, current: None, only_context };
    uses.convention();
    let file = &program.functions.file(head.place).path;
    let places = places.unwrap_or_else(|| {
        let mut own = Vec::new();
        let finder = memmem::Finder::new(&head.name);
        let text = &program.functions.file(head.place).bytes;
        in_file(text, &finder, &head.name, |at| own.push((head.place.file, at)));
        Some(own)
    });
    match places {
        None => uses.lost(CallersLost::Many),
        Some(places) => {
            let tree = program.lookup.tree();
            let mut last: Option<(u32, bool)> = None;
            let is_meant = |(i, at): &(u32, u32)| {
                let path = &tree.files[*i as usize].path;
                let is_meant = match last {
                    Some((known, is_meant)) if known == *i => is_meant,
                    _ => path == file || program.functions.definitions(&head.name, path).contains(&head.place),
                };
                last = Some((*i, is_meant));
                is_meant && (*i, *at) != (head.place.file, head.place.at)
            };
            let meant = places.into_iter().filter(is_meant).filter(|(i, at)| !uses.plain_call(*i, *at));
            // An item is read once, however often the name stands in it.
            let mut items: BTreeMap<(u32, Option<Part>), Vec<u32>> = BTreeMap::new();
            for (i, at) in meant.collect::<Vec<_>>() {
                items.entry((i, program.functions.item_at(i, at))).or_default().push(at);
            }
            for ((i, item), places) in items {
                uses.in_item(i, item, &places);
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
    /// Nobody asks for more than what it runs as: who calls it is enough.
    only_context: bool,
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
        let functions = self.program.functions;
        if let Some(extent) = functions.extent_at(place.file, place.at)
            && !callers.may_be_entry(&functions.file(place).bytes[place.at as usize..extent.body.start as usize])
        {
            return;
        }
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

    /// A use that the text alone shows to be a call, where that is enough.
    fn plain_call(&mut self, file: u32, at: u32) -> bool {
        let functions = self.program.functions;
        let caller = if self.only_context { functions.plain_caller(file, at, &self.head.name) } else { None };
        let Some(place) = caller else { return false };
        let caller = Head { place, name: functions.name_at(place) };
        let path = &self.program.lookup.tree().files[file as usize].path;
        let step = self.step(path, at, Step::Called(self.head.name.clone()));
        for known in &mut self.out {
            known.next.entry(Ask { head: caller.clone(), what: What::Context }).or_insert_with(|| step.clone());
        }
        true
    }

    /// All uses of the name in one item.
    fn in_item(&mut self, file: u32, item: Option<Part>, places: &[u32]) {
        let functions = self.program.functions;
        let path = &self.program.lookup.tree().files[file as usize].path;
        if item.is_none() {
            for at in places.iter().filter(|at| is_called(self.program, file, **at, &self.head.name)) {
                if functions.syntax(file).directive(*at).is_some() {
                    self.lost(CallersLost::Macro);
                }
            }
            return;
        }
        functions.trees(file, places[0], |source, ast| {
            let starts = ast.exprs.iter().enumerate().filter(|(_, e)| **e == Expr::Name);
            let starts = starts.map(|(i, _)| (ast.own(i as ExprId).start, i as ExprId));
            // Of several expressions at one place the first is the name itself.
            let mut named: BTreeMap<u32, ExprId> = BTreeMap::new();
            starts.filter(|(at, _)| places.binary_search(at).is_ok()).for_each(|(at, e)| {
                named.entry(at).or_insert(e);
            });
            let mut bodies: BTreeMap<u32, Body<'_>> = BTreeMap::new();
            for (at, e) in named {
                match ast.functions.iter().find(|f| f.span.holds(at)) {
                    Some(f) => {
                        let body = bodies.entry(f.span.start).or_insert_with(|| Body::new(source, ast, f));
                        self.in_body(body, f, file, path, e);
                    }
                    None => self.in_table(source, ast, at),
                }
            }
        });
    }

    fn in_body(&mut self, body: &Body<'_>, f: &Function, file: u32, path: &str, e: ExprId) {
        if body.node(e).is_none() || body.var(e).is_some() {
            return;
        }
        let ast = body.ast;
        let caller = Head { place: Place { file, at: f.name.start }, name: body.name(f.name) };
        let mut at = e;
        while let Fate::Operand(up) = body.fate(at) {
            match ast.expr(up) {
                Expr::Call { callee, args } if callee == at => {
                    return self.call(body, path, &caller, up, ast.list(args));
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
