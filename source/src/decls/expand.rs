//! The macro expander: arguments, `#`, `##`, `__CONCAT`, `__VA_ARGS__`, `__VA_OPT__`, nesting. Words keep the place that they
//! come from, where it is in the text that is expanded.
//!
//! A macro that is defined several times (`#ifdef LKM`) has alternatives; the caller asks for one round after the other.

use crate::c::declared::macro_at;
use crate::c::lex::{self, Tok};
use crate::decls::functions::Functions;
use crate::decls::lookup::Lookup;
use crate::text::{SourceFile, is_word, name_text};
use memchr::memmem;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::rc::Rc;

/// How deep macros, and calls in their arguments, may hang on each other.
const DEEPEST: usize = 48;
/// How many tokens one use of a macro may become.
const MOST_WORDS: usize = 8192;
/// How many alternatives of a macro are looked at.
pub const MOST_ROUNDS: usize = 4;

/// A token with its text: pasted ones stand in no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'t> {
    /// What it is.
    pub kind: Tok,
    /// How it reads.
    pub text: Cow<'t, [u8]>,
    /// Where it stands in the text that is expanded; nothing for a word of a macro's text.
    pub at: Option<u32>,
    /// For a word of a macro's text: where the innermost use that made it stands in the text that is expanded.
    pub by: Option<u32>,
}

impl<'t> Word<'t> {
    /// A token of a source.
    pub fn new(source: &'t [u8], token: &lex::Token) -> Word<'t> {
        Word { kind: token.kind, text: name_text(token.span.of(source)), at: Some(token.span.start), by: None }
    }
}

impl Word<'_> {
    /// The same, with a text of its own.
    pub fn owned(self) -> Word<'static> {
        Word { kind: self.kind, text: Cow::Owned(self.text.into_owned()), at: self.at, by: self.by }
    }
}

/// The tokens of a text, without directives.
pub fn words(text: &[u8]) -> Vec<Word<'_>> {
    lex::raw(text).filter(|t| !t.kind.is_trivia()).map(|t| Word::new(text, &t)).collect()
}

/// A macro's definition.
#[derive(Debug)]
struct Def<'t> {
    params: Option<Vec<Cow<'t, [u8]>>>,
    /// The last parameter takes all arguments that are left.
    is_variadic: bool,
    body: Vec<Word<'t>>,
}

/// Expands macros as seen from one file.
pub struct Expander<'x, 't> {
    lookup: &'x Lookup<'t>,
    functions: Option<&'x Functions<'t>>,
    file: &'t SourceFile,
    /// Occurrences of the file's own definitions.
    own: FxHashMap<&'t [u8], Vec<usize>>,
    known: FxHashMap<Vec<u8>, Rc<Vec<Def<'t>>>>,
    /// Which of several definitions is taken.
    pub round: usize,
    /// The most definitions that a macro had which was used.
    pub rounds: usize,
    /// Something was not expanded because it became too large or too deep.
    pub overflow: bool,
    left: usize,
}

impl<'x, 't> Expander<'x, 't> {
    /// For a file. A name of a function is no macro of another file, as far as the functions are known.
    pub fn new(lookup: &'x Lookup<'t>, functions: Option<&'x Functions<'t>>, file: &'t SourceFile) -> Self {
        let mut own: FxHashMap<&[u8], Vec<usize>> = FxHashMap::default();
        for at in memmem::find_iter(&file.bytes, b"define") {
            let name = crate::text::blanks(&file.bytes, at + 6);
            let end = crate::text::word_end(&file.bytes, name);
            if end > name && file.bytes[..at].trim_ascii_end().ends_with(b"#") {
                own.entry(&file.bytes[name..end]).or_default().push(name);
            }
        }
        let known = FxHashMap::default();
        Expander { lookup, functions, file, own, known, round: 0, rounds: 1, overflow: false, left: 0 }
    }

    /// A name stays as it is, also inside of what is expanded.
    pub fn keep(&mut self, name: &str) {
        self.known.insert(name.as_bytes().to_vec(), Rc::default());
    }

    /// The words with all macros in them expanded.
    pub fn expand(&mut self, input: &[Word<'t>]) -> Vec<Word<'t>> {
        let mut out = Vec::with_capacity(input.len());
        self.run(input, &mut Vec::new(), 0, &mut out);
        out
    }

    /// Whether a name is a function-like macro here.
    pub fn is_function_like(&mut self, name: &[u8]) -> bool {
        self.definitions(name).iter().any(|d| d.params.is_some())
    }

    /// Whether a name is a macro here.
    pub fn is_macro(&mut self, name: &[u8]) -> bool {
        !self.definitions(name).is_empty()
    }

    fn run(&mut self, input: &[Word<'t>], active: &mut Vec<Vec<u8>>, depth: usize, out: &mut Vec<Word<'t>>) {
        let mut i = 0;
        while i < input.len() {
            if depth == 0 {
                self.left = MOST_WORDS;
            }
            if self.left == 0 {
                self.overflow = true;
                return;
            }
            self.left -= 1;
            let mut word = input[i].clone();
            i += 1;
            // An object-like macro may give the name of a function-like one, whose arguments follow in the input.
            for _ in 0..DEEPEST {
                let called = input.get(i).is_some_and(|w| w.kind == Tok::LParen);
                let Some(body) = self.replacement(&word, called, &input[i..], active, depth) else { break };
                let (mut body, used) = body;
                i += used;
                // Words of arguments know already which use made them.
                for made in body.iter_mut().filter(|w| w.at.is_none() && w.by.is_none()) {
                    made.by = word.at.or(word.by);
                }
                active.push(word.text.to_vec());
                let mark = out.len();
                self.run(&body, active, depth + 1, out);
                active.pop();
                let again = input.get(i).is_some_and(|w| w.kind == Tok::LParen)
                    && out.len() > mark
                    && out.last().is_some_and(|w| w.kind == Tok::Ident && *w.text != *word.text);
                match out.pop() {
                    Some(last) if again => word = last,
                    last => {
                        out.extend(last);
                        word.text = Cow::Borrowed(b"");
                        break;
                    }
                }
            }
            if !word.text.is_empty() {
                out.push(word);
            }
        }
    }

    /// What a word is replaced by, and how many of the words after it are its arguments.
    fn replacement(
        &mut self,
        word: &Word<'t>,
        called: bool,
        rest: &[Word<'t>],
        active: &mut Vec<Vec<u8>>,
        depth: usize,
    ) -> Option<(Vec<Word<'t>>, usize)> {
        if word.kind != Tok::Ident || active.iter().any(|a| **a == *word.text) {
            return None;
        }
        let defs = self.definitions(&word.text);
        if defs.is_empty() {
            let joins = called && matches!(&*word.text, b"__CONCAT" | b"__CONCAT3" | b"CONCAT" | b"XCONCAT");
            let (args, used) = arguments(rest).filter(|_| joins)?;
            return Some((vec![joined(args.concat())?], used));
        }
        if depth >= DEEPEST {
            self.overflow = true;
            return None;
        }
        let def = &defs[self.round.min(defs.len() - 1)];
        let Some(params) = &def.params else {
            self.rounds = self.rounds.max(defs.len());
            return Some((self.substitute(def, &[], &[], active, depth), 0));
        };
        let (mut args, used) = arguments(rest).filter(|_| called)?;
        if def.is_variadic && args.len() > params.len() {
            let comma = || Word { kind: Tok::Comma, text: Cow::Borrowed(b","), at: None, by: None };
            let left = args.split_off(params.len() - 1);
            let joined = left.into_iter().enumerate().flat_map(|(i, a)| (i > 0).then(comma).into_iter().chain(a));
            args.push(joined.collect());
        }
        self.rounds = self.rounds.max(defs.len());
        Some((self.substitute(def, params, &args, active, depth), used))
    }

    fn substitute(
        &mut self,
        def: &Def<'t>,
        params: &[Cow<'t, [u8]>],
        args: &[Vec<Word<'t>>],
        active: &mut Vec<Vec<u8>>,
        depth: usize,
    ) -> Vec<Word<'t>> {
        let mut expanded: Vec<Option<Vec<Word<'t>>>> = vec![None; args.len()];
        let mut out: Vec<Word<'t>> = Vec::new();
        let body = &def.body;
        let mut paste = false;
        let has_rest = def.is_variadic && args.get(params.len().wrapping_sub(1)).is_some_and(|a| !a.is_empty());
        // Words of `__VA_OPT__( … )` that are passed over, and its closing bracket.
        let mut skip_to = 0;
        let mut close_optional = usize::MAX;
        for (k, word) in body.iter().enumerate() {
            if k < skip_to || k == close_optional {
                continue;
            }
            if def.is_variadic && *word.text == *b"__VA_OPT__" && body.get(k + 1).is_some_and(|w| w.kind == Tok::LParen)
            {
                let end = k + 1 + closing(&body[k + 1..]);
                if has_rest {
                    (skip_to, close_optional) = (k + 2, end);
                } else {
                    skip_to = end + 1;
                }
                continue;
            }
            if word.kind == Tok::HashHash {
                paste = true;
                continue;
            }
            if word.kind == Tok::Hash {
                // The argument as a string.
                let named = body.get(k + 1).and_then(|w| params.iter().position(|p| **p == *w.text));
                if let Some(arg) = named.and_then(|n| args.get(n)) {
                    let text: Vec<u8> =
                        arg.iter().flat_map(|w| w.text.iter().copied()).filter(|b| *b != b'"' && *b != b'\\').collect();
                    let text = [b"\"", &text[..], b"\""].concat();
                    out.push(Word { kind: Tok::Str, text: Cow::Owned(text), at: None, by: None });
                    skip_to = k + 2;
                }
                continue;
            }
            let before_paste = body.get(k + 1).is_some_and(|w| w.kind == Tok::HashHash);
            let param = params.iter().position(|p| word.kind != Tok::Str && **p == *word.text);
            let piece: &[Word<'t>] = match param {
                Some(n) if n < args.len() && (paste || before_paste) => &args[n],
                Some(n) if n < args.len() => {
                    if expanded[n].is_none() {
                        let mut full = Vec::new();
                        self.run(&args[n], active, depth + 1, &mut full);
                        expanded[n] = Some(full);
                    }
                    expanded[n].as_deref().unwrap_or_default()
                }
                Some(_) => &[],
                None => std::slice::from_ref(word),
            };
            if before_paste && piece.is_empty() {
                // An empty argument still takes part in `##`.
                out.push(Word { kind: Tok::Ident, text: Cow::Borrowed(b""), at: None, by: None });
            }
            let mut piece = piece.iter().cloned();
            if paste {
                paste = false;
                let pair: Vec<Word<'t>> = out.pop().into_iter().chain(piece.next()).collect();
                out.extend(joined(pair));
            }
            out.extend(piece);
            if out.len() > MOST_WORDS {
                self.overflow = true;
                break;
            }
        }
        out.retain(|w| !w.text.is_empty());
        out
    }

    /// All definitions of a name in the file, or in the nearest header that has one.
    fn definitions(&mut self, name: &[u8]) -> Rc<Vec<Def<'t>>> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let found = Rc::new(self.read(name));
        self.known.insert(name.to_vec(), found.clone());
        found
    }

    fn read(&self, name: &[u8]) -> Vec<Def<'t>> {
        let text = String::from_utf8_lossy(name);
        if let Some(places) = self.own.get(name) {
            return places.iter().take(MOST_ROUNDS).filter_map(|at| def_at(self.file, *at, name.len())).collect();
        }
        let Some(makro) = self.lookup.makro_of_header(&text, &self.file.path) else { return Vec::new() };
        // A function of that name is meant, or it is a word of another port's assembler, unless the macro takes arguments.
        if makro.params.is_none()
            && (port(&makro.path).is_some_and(|p| port(&self.file.path) != Some(p))
                || self.functions.is_some_and(|f| !f.definitions(&text, &self.file.path).is_empty()))
        {
            return Vec::new();
        }
        let Some(header) = self.lookup.tree().file(&makro.path) else { return Vec::new() };
        memmem::find_iter(&header.bytes, name)
            .filter(|at| is_word(&header.bytes, *at, name.len()))
            .filter_map(|at| def_at(header, at, name.len()))
            .take(MOST_ROUNDS)
            .collect()
    }
}

/// The directory of a path under `arch` that says whose port it is of.
fn port(path: &str) -> Option<&str> {
    let mut parts = path.split('/');
    parts.find(|p| *p == "arch")?;
    parts.next()
}

/// The definition whose name stands at `at`.
fn def_at(file: &SourceFile, at: usize, len: usize) -> Option<Def<'_>> {
    let makro = macro_at(file, at, len)?;
    let text = &file.bytes;
    let mut params: Option<Vec<Cow<'_, [u8]>>> =
        makro.params.map(|p| p.iter().map(|s| name_text(s.of(text))).collect());
    let head = &text[at + len..makro.body.start as usize];
    let dots = memmem::find(head, b"...").filter(|_| params.is_some());
    // `args...` names what is left, `...` is `__VA_ARGS__`.
    if let (Some(dots), Some(list)) = (dots, &mut params)
        && !head[..dots].trim_ascii_end().last().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
    {
        list.push(Cow::Borrowed(b"__VA_ARGS__"));
    }
    let source = makro.body.of(text);
    let mut body: Vec<Word<'_>> = Vec::new();
    let mut last_end = 0;
    let mut glue = None;
    for token in lex::raw(source) {
        match token.kind {
            // Before `##` there was an empty comment: `x/**/y`.
            Tok::Comment if token.span.of(source) == b"/**/" && token.span.start == last_end && last_end > 0 => {
                glue = Some(token.span.end);
            }
            kind if kind.is_trivia() => {}
            _ => {
                if glue == Some(token.span.start) {
                    body.push(Word { kind: Tok::HashHash, text: Cow::Borrowed(b"##"), at: None, by: None });
                }
                body.push(Word { at: None, by: None, ..Word::new(source, &token) });
                last_end = token.span.end;
            }
        }
    }
    Some(Def { params, is_variadic: dots.is_some(), body })
}

/// One token made of several.
fn joined<'t>(words: Vec<Word<'t>>) -> Option<Word<'t>> {
    let kind = words.iter().find(|w| !w.text.is_empty())?.kind;
    let text: Vec<u8> = words.iter().flat_map(|w| w.text.iter().copied()).collect();
    Some(Word { kind, text: Cow::Owned(text), at: None, by: None })
}

/// Where the bracket closes that a run of words starts with.
pub(super) fn closing(words: &[Word<'_>]) -> usize {
    let mut depth = 0usize;
    for (i, word) in words.iter().enumerate() {
        match word.kind {
            Tok::LParen => depth += 1,
            Tok::RParen => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return i;
                }
            }
            _ => {}
        }
    }
    words.len()
}

/// The arguments in the brackets that a run of words starts with, and how many words they are.
fn arguments<'t>(rest: &[Word<'t>]) -> Option<(Vec<Vec<Word<'t>>>, usize)> {
    let mut args = vec![Vec::new()];
    let mut depth = 0usize;
    for (i, word) in rest.iter().enumerate() {
        match word.kind {
            Tok::LParen => depth += 1,
            Tok::RParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
        match word.kind {
            _ if depth == 0 => return (i > 0).then_some((args, i + 1)),
            Tok::LParen if i == 0 => {}
            Tok::Comma if depth == 1 => args.push(Vec::new()),
            _ => args.last_mut()?.push(word.clone()),
        }
    }
    None
}
