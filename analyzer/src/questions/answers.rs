//! Questions to the index: what becomes of an argument of a function, and which functions use a process for something.

use crate::audit::evidence::{Places, conditions, placed_all, ways};
use crate::finding::{Evidence, Lost, Note, Role, RoleCondition, Step, Way};
use crate::flow::global::engine::Engine;
use crate::flow::global::graph::{Graph, Root, bit};
use crate::flow::global::{Edge, MOST_NODES, Node, Program};
use crate::flow::local::{Outcome, StepAt};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde::Serialize;
use std::collections::BTreeMap;
use uioscope_source::body::Body;
use uioscope_source::c::variant::Cover;
use uioscope_source::decls::functions::Place;
use uioscope_source::decls::types::Types;
use uioscope_source::language;
use uioscope_source::shapes::Root as TypeRoot;
use uioscope_source::shapes::shape;
use uioscope_source::text::Cond;
use uioscope_source::text::SourceFile;
use uioscope_source::tree::{Base, Expr, Function};

/// What is known of one parameter of one function, or of a function that uses some process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The file that defines the function.
    pub path: String,
    /// 1-based line of its name.
    pub line: u32,
    /// The function.
    pub function: String,
    /// 0-based parameter; nothing where the function finds the process by itself.
    pub argument: Option<usize>,
    /// Roles that the parameter reaches, sorted; of a question for one role, that one.
    pub roles: Vec<Role>,
    /// The shortest way to each role.
    pub ways: Vec<Way>,
    /// Roles that need something configured.
    #[serde(rename = "role-conditions", skip_serializing_if = "Vec::is_empty")]
    pub role_conditions: Vec<RoleCondition>,
    /// What is done with NULL.
    #[serde(rename = "null-meaning", skip_serializing_if = "Vec::is_empty")]
    pub null_meaning: Vec<Evidence>,
    /// Why something is `opaque`, and what the pack says by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A question that has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// No function, operation or rule of that name.
    #[error("{0}: no function of that name is defined in the tree, and it is no vnode operation; check the spelling")]
    NoFunction(String),
    /// It has fewer parameters.
    #[error("{name}: it takes {takes} arguments, counted from 0; ask for one of {name}#0 to {name}#{}", takes - 1)]
    NoArgument {
        /// The function.
        name: String,
        /// How many it takes.
        takes: usize,
    },
}

/// What the bodies of a file say to a question for a role.
#[derive(Default)]
struct Seen {
    /// Parameters that point to the tracked kind of thing.
    params: Vec<(Node, u32)>,
    /// Members of one, reached otherwise: place of the function's name, its name, the step.
    members: Vec<(u32, String, StepAt)>,
}

impl Program<'_, '_> {
    /// What becomes of argument `n` of every function of a name, or of what a vnode operation of that name reaches.
    ///
    /// # Errors
    /// There is no such function, or it takes fewer arguments.
    pub fn callees(&self, name: &str, n: usize) -> Result<Vec<Answer>, AskError> {
        let engine = Engine::new(self, None);
        let of = self.target.pointee.clone();
        let param = |place, name: &str, n, fields| Node::Param {
            place,
            name: name.to_owned(),
            n,
            of: of.clone(),
            fields,
            binds: Vec::new(),
        };
        let mut nodes: Vec<Node> = match self.dispatch.operation(name) {
            Some(op) => {
                let Some(member) = op.members.get(n) else {
                    return Err(AskError::NoArgument { name: name.to_owned(), takes: op.members.len() });
                };
                let all = self.dispatch.targets(&op.name, "").all;
                let places = |t: &crate::callgraph::operations::Implementation| {
                    let found = self.functions.implementations(&t.function, &t.path);
                    found.into_iter().map(|p| param(p, &t.function, 0, vec![member.clone()])).collect::<Vec<_>>()
                };
                all.iter().flat_map(places).collect()
            }
            None => {
                let places = self.functions.all(name).into_iter();
                places.map(|p| param(p, name, n, self.fields_of(p, n))).collect()
            }
        };
        nodes.sort();
        nodes.dedup();
        if nodes.is_empty() {
            return Err(AskError::NoFunction(name.to_owned()));
        }
        let seeds: Vec<(Node, u32)> = nodes.into_iter().map(|n| (n, 0)).collect();
        let mut answers = self.answers(&engine, &seeds, None);
        let takes = |a: &Answer| {
            a.notes.iter().find_map(|note| match note {
                Note::Lost(Lost::TakesFewer { takes, .. }) => Some(*takes),
                _ => None,
            })
        };
        let fewer: Vec<Option<usize>> = answers.iter().map(takes).collect();
        if fewer.iter().all(Option::is_some)
            && let Some(takes) = fewer.into_iter().flatten().max().filter(|t| *t > 0)
        {
            return Err(AskError::NoArgument { name: name.to_owned(), takes });
        }
        if let Some(rule) = self.pack.call(name, n) {
            let note = Note::RuleStops {
                pack: rule.pack.clone(),
                roles: rule.roles.clone(),
                reference: rule.reference.clone(),
            };
            answers.iter_mut().for_each(|a| a.notes.push(note.clone()));
        }
        Ok(answers)
    }

    /// A parameter that is a request stands for the field in it.
    fn fields_of(&self, place: Place, n: usize) -> Vec<String> {
        let mut is_request = false;
        self.functions.trees(place.file, place.at, |source, ast| {
            for f in ast.functions.iter().filter(|f| f.name.start <= place.at && place.at < f.name.end) {
                let Some(d) = ast.decls(f.params).get(n) else { continue };
                is_request |= matches!(d.ty.base, Base::Struct(tag) if tag.of(source) == self.target.of.as_bytes());
            }
        });
        if is_request { vec![self.target.field.clone()] } else { Vec::new() }
    }

    /// Which functions use a process for a role: those whose parameter leads to it, and those that look into one that they
    /// have from elsewhere.
    pub fn who(&self, role: Role) -> Vec<Answer> {
        let engine = Engine::new(self, None);
        let tree = self.lookup.tree();
        let names: FxHashSet<&str> = self
            .pack
            .rules
            .iter()
            .filter(|r| r.kind == crate::packs::RuleKind::Member && r.roles.contains(&role))
            .map(|r| r.name.as_str())
            .collect();
        let seen: Vec<Seen> = tree
            .files
            .par_iter()
            .enumerate()
            .map(|(i, f)| match !f.context && language::is_read(&f.path) {
                true => self.look(i as u32, f, &names, role),
                false => Seen::default(),
            })
            .collect();
        let mut seeds: Vec<(Node, u32)> = Vec::new();
        let mut answers: BTreeMap<(String, u32, String, Option<usize>), Answer> = BTreeMap::new();
        let mut places = Places::new(tree, self.pack, self.functions);
        for (file, s) in tree.files.iter().zip(seen) {
            seeds.extend(s.params);
            for (at, function, step) in s.members {
                let line = places.line(&file.path, at);
                let way = Way { role: Some(role), steps: vec![places.placed(&step)] };
                answers.entry((file.path.clone(), line, function.clone(), None)).or_insert_with(|| Answer {
                    path: file.path.clone(),
                    line,
                    function,
                    argument: None,
                    roles: vec![role],
                    ways: vec![way],
                    role_conditions: Vec::new(),
                    null_meaning: Vec::new(),
                    notes: Vec::new(),
                });
            }
        }
        for answer in self.answers(&engine, &seeds, Some(role)) {
            let key = (answer.path.clone(), answer.line, answer.function.clone(), answer.argument);
            answers.insert(key, answer);
        }
        // A function that looks into its own parameter is not said twice.
        let by_param: FxHashSet<(String, u32)> =
            answers.keys().filter(|k| k.3.is_some()).map(|k| (k.0.clone(), k.1)).collect();
        answers.retain(|k, _| k.3.is_some() || !by_param.contains(&(k.0.clone(), k.1)));
        answers.into_values().collect()
    }

    /// Parameters and members of one file.
    fn look(&self, index: u32, file: &SourceFile, names: &FxHashSet<&str>, role: Role) -> Seen {
        let mut seen = Seen::default();
        let Some(pointee) = self.target.pointee.as_deref() else { return seen };
        let text = language::text(&file.path, &file.bytes);
        let syntax = language::syntax(&file.path, &text);
        let types = Types { lookup: self.lookup, path: &file.path };
        let mut done: FxHashSet<(u32, usize)> = FxHashSet::default();
        for part in language::parts(&*syntax).filter(|p| syntax.is_function(*p)) {
            let span = syntax.span(part).of(&text);
            let holds = |name: &str| memchr::memmem::find(span, name.as_bytes()).is_some();
            let has_member = names.iter().any(|n| holds(n));
            if !has_member && !holds(pointee) {
                continue;
            }
            syntax.trees(part, Cover::All, &mut |ast| {
                for f in &ast.functions {
                    let body = Body::new(&text, ast, f);
                    self.params_of(index, &body, f, pointee, &mut done, &mut seen);
                    if has_member {
                        members_of(&body, f, types, names, role, self, &mut seen);
                    }
                }
            });
        }
        seen
    }

    fn params_of(
        &self,
        file: u32,
        body: &Body<'_>,
        f: &Function,
        pointee: &str,
        done: &mut FxHashSet<(u32, usize)>,
        seen: &mut Seen,
    ) {
        for (n, d) in body.ast.decls(f.params).iter().enumerate() {
            let is_pointee = d.ty.pointers == 1
                && match d.ty.base {
                    Base::Struct(tag) => body.name(tag) == pointee,
                    Base::Named(_) => {
                        let path = &self.lookup.tree().files[file as usize].path;
                        let shape = self.lookup.resolve(&shape(body.source, body.ast, d.ty), path);
                        shape.pointers == 1 && matches!(&shape.base, TypeRoot::Struct(tag) if tag == pointee)
                    }
                    _ => false,
                };
            if is_pointee && done.insert((f.name.start, n)) {
                let node = Node::Param {
                    place: Place { file, at: f.name.start },
                    name: body.name(f.name),
                    n,
                    of: Some(pointee.to_owned()),
                    fields: Vec::new(),
                    binds: Vec::new(),
                };
                seen.params.push((node, f.name.start));
            }
        }
    }

    /// Follows the seeds; with a role, only those that reach it are answered.
    fn answers(&self, engine: &Engine<'_, '_>, seeds: &[(Node, u32)], role: Option<Role>) -> Vec<Answer> {
        let edge = |node: &Node| Edge { to: node.clone(), trail: Vec::new(), when: Cond::Const(true), doubt: None };
        let roots: Vec<Root> =
            seeds.iter().map(|(n, _)| Root { edges: vec![edge(n)], when: Cond::Const(true) }).collect();
        let graph = Graph::explore_up_to(engine, roots.iter().flat_map(|r| &r.edges), MOST_NODES * 10);
        let mut places = Places::new(self.lookup.tree(), self.pack, self.functions);
        let mut answers = Vec::new();
        for ((node, _), root) in seeds.iter().zip(&roots) {
            let Node::Param { place, name, n, fields, .. } = node else { continue };
            let reached = graph.ids.get(node).map_or(0, |i| graph.roles[*i]);
            if role.is_some_and(|r| reached & bit(r) == 0) {
                continue;
            }
            let mut outcome = Outcome::default();
            graph.complete(engine, &mut outcome, root, self.ways);
            if let Some(role) = role {
                if !outcome.roles.contains(&role) {
                    continue;
                }
                outcome.roles.retain(|r| *r == role);
                outcome.ways.retain(|w| w.0 == role);
                outcome.conditions.retain(|r, _| *r == role);
                outcome.nulls.clear();
                outcome.notes.clear();
            }
            let file = self.functions.file(*place);
            answers.push(Answer {
                path: file.path.clone(),
                line: places.line(&file.path, place.at),
                function: name.clone(),
                argument: (fields.is_empty() || *fields == [self.target.field.as_str()]).then_some(*n),
                roles: outcome.roles.iter().copied().collect(),
                ways: ways(&mut places, &outcome),
                role_conditions: conditions(self.pack, &outcome, None),
                null_meaning: placed_all(&mut places, outcome.nulls.iter()),
                notes: {
                    let mut notes: Vec<Note> = outcome.notes.into_iter().collect();
                    notes.sort_by_cached_key(ToString::to_string);
                    notes
                },
            });
        }
        answers.sort_by(|a, b| (&a.path, a.line, a.argument).cmp(&(&b.path, b.line, b.argument)));
        answers
    }
}

/// Members with the role of what the function has from elsewhere: `curproc->p_rlimit`.
fn members_of(
    body: &Body<'_>,
    f: &Function,
    types: Types<'_, '_>,
    names: &FxHashSet<&str>,
    role: Role,
    program: &Program<'_, '_>,
    seen: &mut Seen,
) {
    let found = body.exprs().find_map(|e| {
        let Expr::Member { base, name, .. } = body.ast.expr(e) else { return None };
        let name = body.name(name);
        if !names.contains(name.as_str()) {
            return None;
        }
        let of = types.struct_of(body, base).or_else(|| {
            // The current process is a variable or a macro of no declared type in sight.
            let text = String::from_utf8_lossy(body.text(body.strip(base))).into_owned();
            program.pack.current.contains(&text).then(|| program.target.pointee.clone()).flatten()
        })?;
        let rule = program.pack.member(Some(&of), &name)?;
        (!rule.of.is_empty() && rule.of == of && rule.roles.contains(&role)).then_some((e, name))
    });
    if let Some((e, name)) = found {
        let step = StepAt { path: types.path.to_owned(), at: body.ast.span(e).start, step: Step::Member(name) };
        seen.members.push((f.name.start, body.name(f.name), step));
    }
}
