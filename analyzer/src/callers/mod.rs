//! What callers decide: which process a parameter is, what a request's companion was set to, where a request comes from, and what
//! the code runs as. Asked upward from a function, through as many calls as it takes, and answered with the calls.

mod uses;

use crate::finding::{CallersLost, RunAs};
use crate::flow::global::Program;
use crate::flow::local::{StepAt, Trail};
use crate::space::{Seg, Whence, Who};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uioscope_source::decls::functions::Place;
use uioscope_source::decls::words::Places;

/// What is asked of the callers of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Which process parameter `n` is, or the member of it that these names lead to.
    Who {
        /// 0-based.
        n: u32,
        /// Members from there.
        fields: Vec<String>,
    },
    /// Which value of the companion parameter `n` is.
    Seg(u32),
    /// What the companion of the request is that parameter `n` points to.
    Entry(u32),
    /// Where the request comes from that parameter `n` points to.
    Whence(u32),
    /// Whether what parameter `n` points to was made for the call; if not, the request was kept there, as shown.
    Held(u32, String),
    /// What the function runs as.
    Context,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Head {
    /// Where its name stands.
    pub place: Place,
    /// Its name.
    pub name: String,
}

/// A question to the callers of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ask {
    /// The function.
    pub head: Head,
    /// The question.
    pub what: What,
}

/// What one caller says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// This process; never one that is given, and the running one only by a convention.
    Who(Who),
    /// The process that runs this function.
    Running(Head),
    /// This value of the companion.
    Seg(Seg),
    /// From there.
    Whence(Whence),
    /// As this.
    Context(RunAs),
    /// Not all callers of that function are known.
    Lost(String, CallersLost),
}

/// What is known of one question: what callers say by themselves, and whom they ask in turn.
#[derive(Debug, Default)]
struct Known {
    own: BTreeMap<Answer, Option<StepAt>>,
    next: BTreeMap<Ask, StepAt>,
}

/// So many questions are asked; more callers than that are too many.
const MOST_ASKS: usize = 20_000;

/// So many calls away one looks for what a function runs as.
const MOST_ROUNDS: usize = 24;

/// A function that is named in more places is called by everybody: whom it runs for says nothing.
const MOST_USES: usize = 400;

/// The same for what it runs as, which is asked of many more functions.
const MOST_CONTEXT_USES: usize = 32;

/// Answers, as far as they were asked for.
pub(crate) struct Callers<'p, 'x, 't> {
    program: &'p Program<'x, 't>,
    known: BTreeMap<Ask, Known>,
}

impl<'p, 'x, 't> Callers<'p, 'x, 't> {
    /// Nothing is read before it is asked for.
    pub fn new(program: &'p Program<'x, 't>) -> Callers<'p, 'x, 't> {
        Callers { program, known: BTreeMap::new() }
    }

    /// Finds out what these questions hang on, in rounds: callers, their callers, and so on.
    pub fn explore(&mut self, asks: impl IntoIterator<Item = Ask>) {
        let mut fresh: BTreeSet<Ask> = asks.into_iter().filter(|a| !self.known.contains_key(a)).collect();
        if fresh.is_empty() {
            return;
        }
        let program = self.program;
        let words = program.lookup.words();
        for round in 0.. {
            if fresh.is_empty() {
                break;
            }
            if round >= MOST_ROUNDS || self.known.len() + fresh.len() > MOST_ASKS {
                for ask in fresh {
                    let lost = Answer::Lost(ask.head.name.clone(), CallersLost::Many);
                    self.known.insert(ask, Known { own: BTreeMap::from([(lost, None)]), next: BTreeMap::new() });
                }
                break;
            }
            let mut by_head: BTreeMap<Head, Vec<What>> = BTreeMap::new();
            for ask in std::mem::take(&mut fresh) {
                by_head.entry(ask.head).or_default().push(ask.what);
            }
            let by_head: Vec<(Head, Vec<What>)> = by_head.into_iter().collect();
            let most =
                by_head.par_iter().map(|(head, asked)| uses::most_places(program, head, asked)).collect::<Vec<_>>();
            let names = by_head.iter().zip(&most).filter_map(|((head, _), most)| Some((head.name.as_str(), (*most)?)));
            let mut places = words.places(program.lookup.tree(), &names.collect::<Vec<_>>()).into_iter();
            let places: Vec<Option<Places>> =
                most.iter().map(|m| m.map(|_| places.next().unwrap_or_default())).collect();
            let done: Vec<Vec<Known>> = by_head
                .par_iter()
                .zip(places)
                .map(|((head, asked), places)| uses::answers(program, head, asked, places))
                .collect();
            for ((head, asked), answers) in by_head.into_iter().zip(done) {
                for (what, known) in asked.into_iter().zip(answers) {
                    fresh.extend(known.next.keys().cloned());
                    self.known.insert(Ask { head: head.clone(), what }, known);
                }
            }
            fresh.retain(|a| !self.known.contains_key(a));
        }
    }

    /// All answers to a question, each with the shortest way of calls to whoever gives it.
    pub fn answers(&self, ask: &Ask) -> BTreeMap<Answer, Trail> {
        let mut found: BTreeMap<Answer, Trail> = BTreeMap::new();
        let mut seen: BTreeSet<&Ask> = BTreeSet::from([ask]);
        let mut work: VecDeque<(&Ask, Trail)> = VecDeque::from([(ask, Vec::new())]);
        while let Some((at, trail)) = work.pop_front() {
            let Some(known) = self.known.get(at) else { continue };
            for (answer, step) in &known.own {
                found.entry(answer.clone()).or_insert_with(|| [&trail[..], step.as_slice()].concat());
            }
            for (next, step) in &known.next {
                if seen.insert(next) {
                    work.push_back((next, [&trail[..], std::slice::from_ref(step)].concat()));
                }
            }
        }
        found
    }

    /// What a function runs as, each with the calls from there.
    pub fn contexts(&self, head: &Head) -> BTreeMap<RunAs, Trail> {
        let all = self.answers(&Ask { head: head.clone(), what: What::Context });
        all.into_iter()
            .filter_map(|(answer, trail)| match answer {
                Answer::Context(context) => Some((context, trail)),
                Answer::Lost(_, CallersLost::Many) => Some((RunAs::Unknown, trail)),
                _ => None,
            })
            .collect()
    }
}
