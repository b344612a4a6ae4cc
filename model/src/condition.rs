//! Properties that a scenario declares: a condition over a state that must never hold.
//!
//! ```text
//! some request r: stage[r] = copy and phase[issuer[r]] = zombie
//! ```
//!
//! - *Invariant:* a condition becomes the expressions of the exports ([`Expr`]), so that the search and other checkers ask the same.

use crate::book::NeverRule;
use crate::export::{Expr, Field, Var, parse_word, size, value as value_in};
use crate::nearest::hint;
use crate::property::Property;
use crate::scenario::Scenario;
use crate::state::State;

/// Conditions are no longer than this, and nested no deeper.
const LONGEST: usize = 1000;
const DEEPEST: usize = 12;
/// Nor do they say more once every thing is named.
const LARGEST: usize = 20_000;

/// A piece of a condition's text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Mark(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    if text.len() > LONGEST {
        return Err(format!("a condition has at most {LONGEST} characters"));
    }
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let len = rest.chars().take_while(|&c| is_part(c)).count();
        if len > 0 {
            out.push(Token::Word(rest[..len].to_owned()));
            rest = &rest[len..];
            continue;
        }
        match c {
            ' ' | '\t' | '\n' | '\r' => {}
            '[' | ']' | '(' | ')' | ':' | '=' | '<' => out.push(Token::Mark(c)),
            '!' if rest[1..].starts_with('=') => {
                out.push(Token::Mark('!'));
                rest = &rest[1..];
            }
            other => return Err(format!("`{}` stands for nothing in a condition", other.escape_default())),
        }
        rest = &rest[c.len_utf8()..];
    }
    Ok(out)
}

/// A field of one thing, or of whatever another field points to.
#[derive(Debug, Clone, Copy)]
enum Place {
    Of(Var),
    Through(Field, Var),
}

/// One side of a comparison.
#[derive(Debug, Clone)]
enum Side {
    Place(Place),
    Number(u8),
    /// A word for a value, which the field on the other side knows.
    Word(String),
}

struct Parser<'a> {
    sc: &'a Scenario,
    tokens: Vec<Token>,
    at: usize,
    /// What each name stands for at the moment.
    names: Vec<(String, usize)>,
    depth: usize,
    made: usize,
}

/// The condition with every thing named, for a scenario of these sizes.
///
/// # Errors
/// What is wrong with the text, and which words there are.
pub fn ground(sc: &Scenario, text: &str) -> Result<Expr, String> {
    let mut parser = Parser { sc, tokens: tokens(text)?, at: 0, names: Vec::new(), depth: 0, made: 0 };
    let expr = parser.either()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some(_) => Err(format!("{} should be the end, `and` or `or`", parser.here())),
    }
}

/// All that a scenario declares never to hold. What is wrong was said when the scenario was checked.
pub(crate) fn all(sc: &Scenario) -> Vec<(Property, Expr)> {
    let one = |rule: &NeverRule| Some((Property::Declared(rule.name), ground(sc, &rule.never).ok()?));
    sc.declare.property.iter().filter_map(one).collect()
}

/// A part of a declared property: where it is true in no state, the property is never at stake.
#[derive(Debug, Clone)]
pub(crate) struct Stake {
    /// Whose.
    pub property: Property,
    /// As it stands in the file.
    pub text: String,
    /// With every thing named.
    pub condition: Expr,
}

/// So many parts are watched.
pub(crate) const MOST_STAKES: usize = 64;

/// What stands between the `and`s of the properties that a scenario declares, each under what stands before the last colon. A condition of
/// one part is what must never be true, and has nothing that could be at stake before; of what `or`, `not` and `every` say, one part alone
/// says nothing.
pub(crate) fn stakes(sc: &Scenario) -> Vec<Stake> {
    let one = |rule: &NeverRule| {
        let words: Vec<&str> = rule.never.split_whitespace().collect();
        if rule.never.contains('(') || words.iter().any(|w| matches!(*w, "or" | "not" | "every")) {
            return Vec::new();
        }
        let from = words.iter().rposition(|w| w.contains(':')).map_or(0, |i| i + 1);
        let (head, body) = words.split_at(from);
        let parts: Vec<String> = body.split(|w| *w == "and").map(|part| part.join(" ")).collect();
        let of = |text: &String| {
            let condition = ground(sc, &format!("{} {text}", head.join(" "))).ok()?;
            Some(Stake { property: Property::Declared(rule.name), text: text.clone(), condition })
        };
        if parts.len() > 1 { parts.iter().filter_map(of).collect() } else { Vec::new() }
    };
    let mut all: Vec<Stake> = sc.declare.property.iter().flat_map(one).collect();
    all.truncate(MOST_STAKES);
    all
}

/// Whether a condition holds in a state.
pub(crate) fn holds(sc: &Scenario, state: &State, condition: &Expr) -> bool {
    let number = |e: &Expr| match e {
        Expr::Number(n) => *n,
        Expr::Read(var) => value_in(sc, state, *var),
        // Conditions have no sums.
        _ => 0,
    };
    match condition {
        Expr::Equal(a, b) => number(a) == number(b),
        Expr::Less(a, b) => number(a) < number(b),
        Expr::Not(inner) => !holds(sc, state, inner),
        Expr::All(parts) => parts.iter().all(|part| holds(sc, state, part)),
        Expr::Any(parts) => parts.iter().any(|part| holds(sc, state, part)),
        Expr::Named(_, inner) => holds(sc, state, inner),
        Expr::Number(_) | Expr::Read(_) | Expr::Next(_) | Expr::Before(_) => false,
    }
}

impl Parser<'_> {
    fn here(&self) -> String {
        match self.tokens.get(self.at) {
            None => "the end".to_owned(),
            Some(Token::Word(word)) => format!("`{word}`"),
            Some(Token::Mark('!')) => "`!=`".to_owned(),
            Some(Token::Mark(c)) => format!("`{c}`"),
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn marked(&mut self, mark: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Mark(mark));
        self.at += usize::from(found);
        found
    }

    fn wants(&mut self, mark: char) -> Result<(), String> {
        if self.marked(mark) { Ok(()) } else { Err(format!("`{mark}` should stand where {} is", self.here())) }
    }

    fn word(&mut self, what: &str) -> Result<String, String> {
        let Some(Token::Word(word)) = self.tokens.get(self.at) else {
            return Err(format!("{what} should stand where {} is", self.here()));
        };
        let word = word.clone();
        self.at += 1;
        Ok(word)
    }

    fn either(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("a condition is nested at most {DEEPEST} deep"));
        }
        let mut parts = vec![self.both()?];
        while self.takes("or") {
            parts.push(self.both()?);
        }
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Any(parts) })
    }

    fn both(&mut self) -> Result<Expr, String> {
        let mut parts = vec![self.one()?];
        while self.takes("and") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::All(parts) })
    }

    fn one(&mut self) -> Result<Expr, String> {
        self.made += 1;
        if self.made > LARGEST {
            return Err("too many things in too many nested `some` and `every`".to_owned());
        }
        if self.takes("not") {
            return Ok(Expr::Not(Box::new(self.one()?)));
        }
        if self.marked('(') {
            let inner = self.either()?;
            self.wants(')')?;
            return Ok(inner);
        }
        if self.takes("some") {
            return Ok(Expr::Any(self.each()?));
        }
        if self.takes("every") {
            return Ok(Expr::All(self.each()?));
        }
        self.comparison()
    }

    /// `SORT NAME: CONDITION`, once for each thing of that sort; it reaches as far as it can.
    fn each(&mut self) -> Result<Vec<Expr>, String> {
        let sort = self.word("a kind of thing")?;
        let sc = self.sc;
        let of = |n: usize| (0..n).collect::<Vec<_>>();
        let name = self.word("a name")?;
        let things = match sort.as_str() {
            "proc" => of(sc.procs),
            "vmspace" => of(sc.vmspaces),
            "request" => of(sc.requests),
            "worker" => of(sc.workers),
            "lwp" if self.takes("of") => {
                let proc = self.word("a proc's name")?;
                let p = self.named(&proc)?;
                (p * sc.lwps..(p + 1) * sc.lwps).collect()
            }
            "lwp" => of(sc.procs * sc.lwps),
            other => {
                let known = ["proc", "lwp", "vmspace", "request", "worker"];
                return Err(format!("there is no `{other}`; there are {}{}", known.join(", "), hint(other, known)));
            }
        };
        self.wants(':')?;
        let start = self.at;
        let mut all = Vec::new();
        // Without a thing the text is still read once, so that it is known to be right.
        for i in things.iter().copied().chain(things.is_empty().then_some(0)) {
            self.at = start;
            self.names.push((name.clone(), i));
            let inner = self.either();
            self.names.pop();
            all.push(inner?);
        }
        all.truncate(things.len());
        Ok(all)
    }

    fn named(&self, name: &str) -> Result<usize, String> {
        let found = self.names.iter().rev().find(|(known, _)| known == name);
        let known = || self.names.iter().map(|(known, _)| known.as_str());
        found.map(|(_, i)| *i).ok_or_else(|| format!("nothing is named `{name}` here{}", hint(name, known())))
    }

    fn comparison(&mut self) -> Result<Expr, String> {
        let left = self.side()?;
        let mark = ['=', '!', '<'].into_iter().find(|&mark| self.marked(mark));
        let Some(mark) = mark else { return Err(format!("`=`, `!=` or `<` should stand where {} is", self.here())) };
        let right = self.side()?;
        let expr = match (left, right) {
            (Side::Place(a), Side::Place(b)) => {
                self.at(a, |a| self.at(b, |b| compare(mark, Expr::Read(a), Expr::Read(b))))
            }
            (Side::Place(a), other) => {
                let value = Expr::Number(value(&other, field(a))?);
                self.at(a, |a| compare(mark, Expr::Read(a), value.clone()))
            }
            (other, Side::Place(b)) => {
                let value = Expr::Number(value(&other, field(b))?);
                self.at(b, |b| compare(mark, value.clone(), Expr::Read(b)))
            }
            _ => return Err("a comparison is about a field, as in `stage[r] = copy`".to_owned()),
        };
        Ok(if mark == '!' { Expr::Not(Box::new(expr)) } else { expr })
    }

    /// The comparison at a place; through a pointer, for whatever it points to.
    fn at(&self, place: Place, of: impl Fn(Var) -> Expr) -> Expr {
        match place {
            Place::Of(var) => of(var),
            Place::Through(field, pointer) => {
                let to = |i: usize| {
                    let points = Expr::Equal(Box::new(Expr::Read(pointer)), Box::new(Expr::Number(i as u8)));
                    Expr::All(vec![points, of(Var(field, i))])
                };
                Expr::Any((0..size(self.sc, field)).map(to).collect())
            }
        }
    }

    fn side(&mut self) -> Result<Side, String> {
        let word = self.word("a field, a name or a value")?;
        if self.marked('[') {
            let field = of_name(&word)?;
            let inner = self.word("a name")?;
            let place = if self.marked('[') {
                let pointer = of_name(&inner)?;
                let name = self.word("a name")?;
                self.wants(']')?;
                Place::Through(field, self.within(pointer, &name)?)
            } else {
                Place::Of(self.within(field, &inner)?)
            };
            self.wants(']')?;
            return Ok(Side::Place(place));
        }
        if let Ok(i) = self.named(&word) {
            return Ok(Side::Number(i as u8));
        }
        Ok(word.parse().map_or(Side::Word(word), Side::Number))
    }

    fn within(&self, field: Field, name: &str) -> Result<Var, String> {
        let i = self.named(name)?;
        let n = size(self.sc, field);
        // A thing of a kind of which there is none is only read for its words.
        if i < n || n == 0 {
            Ok(Var(field, i))
        } else {
            Err(format!("`{field}` has no `{name}`: it is another kind of thing"))
        }
    }
}

fn compare(mark: char, a: Expr, b: Expr) -> Expr {
    if mark == '<' { Expr::Less(Box::new(a), Box::new(b)) } else { Expr::Equal(Box::new(a), Box::new(b)) }
}

fn field(place: Place) -> Field {
    match place {
        Place::Of(var) => var.0,
        Place::Through(field, _) => field,
    }
}

fn of_name(name: &str) -> Result<Field, String> {
    let known = || Field::ALL.iter().map(|f| f.name());
    Field::parse(name).ok_or_else(|| {
        let all: Vec<&str> = known().collect();
        format!("there is no field `{name}`; there are {}{}", all.join(", "), hint(name, known()))
    })
}

fn value(side: &Side, field: Field) -> Result<u8, String> {
    match side {
        Side::Number(n) => Ok(*n),
        Side::Word(word) => parse_word(field, word),
        Side::Place(_) => Err("two fields where one was meant".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Ability, Design};

    fn check(text: &str, wanted: Result<bool, &str>) {
        let sc = Scenario::new(Design::Proc).procs(2).lwps(2).requests(2).vmspaces(2).allow([Ability::Disk]);
        let got = ground(&sc, text).map(|condition| holds(&sc, &sc.initial(), &condition));
        match (&got, wanted) {
            (Err(error), Err(wanted)) => assert!(error.contains(wanted), "{error}"),
            (got, wanted) => {
                assert_eq!(got.as_ref().copied().map_err(|_| ""), wanted.map_err(|_| ""), "{text}: {got:?}")
            }
        }
    }

    #[test]
    fn conditions_are_about_every_thing() {
        check("some proc p: phase[p] = live", Ok(true));
        check("every proc p: phase[p] = live", Ok(false));
        check("some proc p: some lwp l of p: lwp[l] = run and phase[p] = live", Ok(true));
        check("some proc p: refs[vm[p]] = 2", Ok(true));
        check("some proc p: vm[p] = 0 and not (refs[vm[p]] < 2 or closed[p] != 0)", Ok(true));
        check("some worker w: work[w] = copying", Ok(false));
        check("every worker w: work[w] = copying", Ok(true));
        check("some request r: stage[r] = exit-wait", Err("is no value of `stage`; there are free, counting"));
        check("some request r: stage[r] = cpoy", Err("did you mean `copy`?"));
        check("some reqeust r: stage[r] = copy", Err("did you mean `request`?"));
        check("some request r: stgae[r] = copy", Err("did you mean `stage`?"));
        check("some request r: stage[q] = copy", Err("nothing is named `q` here"));
        check("some request r: stage[r] copy", Err("`=`, `!=` or `<` should stand where `copy` is"));
        check("some request r: stage[r] = copy )", Err("should be the end"));
        check("stage = copy", Err("a comparison is about a field"));
        check("", Err("should stand where the end is"));
        check("some vmspace v: some worker w: work[v] = idle;", Err("stands for nothing"));
        check(&"(".repeat(500), Err("nested at most"));
        check(&"some proc p: ".repeat(14), Err("nested"));
    }
}
