//! An initialiser read by the type of what it initialises: which value each member gets.

use super::value::closing;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use uioscope_source::c::lex::Tok;
use uioscope_source::decls::expand::Word;
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::shapes::{Root, Shape};

/// How deep braces are followed.
const DEEPEST: usize = 32;

/// A struct's members, as an initialiser counts them.
#[derive(Debug)]
struct Layout {
    tag: String,
    members: Vec<(String, Shape)>,
}

/// Reads initialisers of one file.
pub struct Reader<'x, 't> {
    lookup: &'x Lookup<'t>,
    path: &'x str,
    layouts: FxHashMap<String, Option<Rc<Layout>>>,
}

/// Called with the struct's tag, the member and the words of its value. The tag is `None` where it is not known.
pub type Found<'f, 'w, 't> = &'f mut dyn FnMut(Option<&str>, &[u8], &'w [Word<'t>]);

/// The items between two braces.
struct Cursor<'w, 't> {
    items: Vec<&'w [Word<'t>]>,
    next: usize,
}

impl<'w, 't> Cursor<'w, 't> {
    fn new(inside: &'w [Word<'t>]) -> Cursor<'w, 't> {
        let mut items = Vec::new();
        let mut start = 0;
        for comma in super::value::at_top(inside, Tok::Comma) {
            items.push(&inside[start..comma]);
            start = comma + 1;
        }
        items.push(&inside[start..]);
        if items.last().is_some_and(|i| i.is_empty()) {
            items.pop();
        }
        Cursor { items, next: 0 }
    }
}

impl<'x, 't> Reader<'x, 't> {
    /// For a file.
    pub fn new(lookup: &'x Lookup<'t>, path: &'x str) -> Reader<'x, 't> {
        Reader { lookup, path, layouts: FxHashMap::default() }
    }

    /// Reads an initialiser with its braces.
    pub fn read<'w>(&mut self, shape: &Shape, words: &'w [Word<'t>], found: Found<'_, 'w, 't>) {
        self.braces(shape, words, 0, found);
    }

    fn braces<'w>(&mut self, shape: &Shape, words: &'w [Word<'t>], depth: usize, found: Found<'_, 'w, 't>) {
        let Some(close) = closing(words).filter(|_| depth < DEEPEST && words[0].kind == Tok::LBrace) else { return };
        let mut cursor = Cursor::new(&words[1..close]);
        if shape.arrays > 0 {
            let element = element(shape);
            while cursor.next < cursor.items.len() {
                let item = cursor.items[cursor.next];
                // `[X] = value`, `[X] value`
                if item.first().is_some_and(|w| w.kind == Tok::LBracket) {
                    let rest = closing(item).map_or(&[][..], |c| &item[c + 1..]);
                    cursor.items[cursor.next] =
                        rest.split_first().filter(|(w, _)| w.kind == Tok::Eq).map_or(rest, |(_, r)| r);
                }
                self.fill(&element, &mut cursor, depth, found);
            }
            return;
        }
        let layout = self.layout(shape);
        self.members(layout.as_deref(), &mut cursor, depth, true, found);
    }

    /// The members of one struct, from the items that are left.
    fn members<'w>(
        &mut self,
        layout: Option<&Layout>,
        cursor: &mut Cursor<'w, 't>,
        depth: usize,
        braced: bool,
        found: Found<'_, 'w, 't>,
    ) {
        let mut pos = 0;
        while cursor.next < cursor.items.len() {
            let item = cursor.items[cursor.next];
            if let Some((name, value)) = designated(item) {
                if !braced {
                    // It speaks of the struct around.
                    return;
                }
                cursor.next += 1;
                let at = layout.and_then(|l| l.members.iter().position(|m| *m.0.as_bytes() == *name));
                pos = at.map_or(pos, |n| n + 1);
                let shape = at.and_then(|n| Some(layout?.members[n].1.clone()));
                self.value(layout, name, shape.as_ref(), value, depth, found);
                continue;
            }
            let Some((name, shape)) = layout.and_then(|l| l.members.get(pos)) else {
                if !braced {
                    return;
                }
                cursor.next += 1;
                if layout.is_none() {
                    // Of an unknown struct only names tell.
                    self.braces(&Shape::default(), item, depth + 1, found);
                }
                continue;
            };
            pos += 1;
            let is_braced = item.first().is_some_and(|w| w.kind == Tok::LBrace);
            if !is_braced && self.is_struct(shape) && depth + 1 < DEEPEST {
                let before = cursor.next;
                let inner = self.layout(shape);
                self.members(inner.as_deref(), cursor, depth + 1, false, found);
                cursor.next = cursor.next.max(before + 1);
            } else {
                cursor.next += 1;
                self.value(layout, name.as_bytes(), Some(shape), item, depth, found);
            }
        }
    }

    /// An array's next element.
    fn fill<'w>(&mut self, shape: &Shape, cursor: &mut Cursor<'w, 't>, depth: usize, found: Found<'_, 'w, 't>) {
        let item = cursor.items[cursor.next];
        if item.first().is_some_and(|w| w.kind == Tok::LBrace) {
            cursor.next += 1;
            return self.braces(shape, item, depth + 1, found);
        }
        let before = cursor.next;
        if self.is_struct(shape) {
            let layout = self.layout(shape);
            self.members(layout.as_deref(), cursor, depth + 1, false, found);
        }
        cursor.next = cursor.next.max(before + 1);
    }

    fn value<'w>(
        &mut self,
        layout: Option<&Layout>,
        name: &[u8],
        shape: Option<&Shape>,
        words: &'w [Word<'t>],
        depth: usize,
        found: Found<'_, 'w, 't>,
    ) {
        if words.first().is_some_and(|w| w.kind == Tok::LBrace) {
            let unknown = Shape::default();
            let shape = shape.unwrap_or(&unknown);
            if shape.function {
                // `{ f }` is `f`.
                let inside = closing(words).map_or(&[][..], |c| &words[1..c]);
                return found(layout.map(|l| l.tag.as_str()), name, inside);
            }
            let shape = self.lookup.resolve(shape, self.path);
            return self.braces(&shape, words, depth + 1, found);
        }
        found(layout.map(|l| l.tag.as_str()), name, words);
    }

    /// A struct or union by value.
    fn is_struct(&self, shape: &Shape) -> bool {
        if shape.pointers > 0 || shape.function || matches!(shape.base, Root::Plain | Root::Unknown) {
            return false;
        }
        let shape = self.lookup.resolve(shape, self.path);
        shape.pointers == 0 && !shape.function && matches!(shape.base, Root::Struct(_) | Root::Inline(_))
    }

    fn layout(&mut self, shape: &Shape) -> Option<Rc<Layout>> {
        let countable = |members: &[(String, Shape)]| {
            // An unnamed bit field is not initialised.
            let counts = |m: &&(String, Shape)| !m.0.is_empty() || matches!(m.1.base, Root::Inline(_));
            members.iter().filter(counts).cloned().collect()
        };
        match self.lookup.resolve(shape, self.path).base {
            Root::Struct(tag) => {
                if let Some(known) = self.layouts.get(&tag) {
                    return known.clone();
                }
                let found = self.lookup.structure(&tag, self.path);
                let layout = found.map(|s| Rc::new(Layout { tag: tag.clone(), members: countable(&s.members) }));
                self.layouts.insert(tag, layout.clone());
                layout
            }
            Root::Inline(s) => {
                let tag = match &shape.base {
                    Root::Named(name) => name.clone(),
                    _ => s.tag.clone(),
                };
                Some(Rc::new(Layout { tag, members: countable(&s.members) }))
            }
            _ => None,
        }
    }
}

fn element(shape: &Shape) -> Shape {
    Shape { pointers: shape.pointers.saturating_sub(1), arrays: shape.arrays.saturating_sub(1), ..shape.clone() }
}

/// `.name = value`, `name: value`; of `.a.b = value` the last name.
fn designated<'i, 't>(item: &'i [Word<'t>]) -> Option<(&'i [u8], &'i [Word<'t>])> {
    match item {
        [name, colon, value @ ..] if name.kind == Tok::Ident && colon.kind == Tok::Colon => Some((&name.text, value)),
        [dot, ..] if dot.kind == Tok::Dot => {
            let equals = item.iter().position(|w| w.kind == Tok::Eq)?;
            let name = item[..equals].iter().rfind(|w| w.kind == Tok::Ident)?;
            Some((&name.text, &item[equals + 1..]))
        }
        _ => None,
    }
}
