//! A struct's members with their types, read from its declaration for one machine.

use super::find::{tag_places, typedef_place};
use super::place::{Placer, Record, Type};
use super::tokens::{Seen, Word};
use super::value::{close_of, value};
use super::{Machine, MemberKind};
use crate::c::lex::Tok;
use crate::decls::lookup::Lookup;
use crate::shapes::Kind as Name;
use crate::shapes::Macro;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Nesting of declarations, typedefs of typedefs, and macros in macros.
const DEEPEST: u32 = 48;

/// Reads for one machine.
pub(super) struct Reader<'r, 't> {
    pub lookup: &'r Lookup<'t>,
    pub machine: &'r Machine,
    pub files: FxHashMap<(String, bool), Rc<Seen>>,
    pub macros: FxHashMap<String, Option<Rc<Macro>>>,
    open: Vec<(String, u32)>,
    /// Structs and typedefs by name and by the file that asks. What fails is kept as well: it would be tried again in every
    /// declaration that leads there.
    known: FxHashMap<(Name, String, String), Result<Option<Type>, String>>,
    /// What was not known and taken to be so.
    pub assumed: BTreeSet<String>,
}

/// A declaration in the making.
pub(super) struct Cursor {
    pub words: Vec<Word>,
    pub pos: usize,
}

impl Cursor {
    pub fn kind(&self) -> Tok {
        self.kind_at(0)
    }

    pub fn kind_at(&self, ahead: usize) -> Tok {
        self.words.get(self.pos + ahead).map_or(Tok::End, |w| w.kind)
    }

    pub fn text(&self) -> &str {
        self.words.get(self.pos).map_or("the end", |w| w.text.as_str())
    }

    fn eat(&mut self, kind: Tok) -> bool {
        let is = self.kind() == kind;
        self.pos += usize::from(is);
        is
    }

    /// The words inside the bracket here, which is passed.
    fn group(&mut self) -> Result<Vec<Word>, String> {
        let close = close_of(&self.words, self.pos).ok_or_else(|| format!("`{}` without its end", self.text()))?;
        let inner = self.words[self.pos + 1..close].to_vec();
        self.pos = close + 1;
        Ok(inner)
    }
}

/// What stands before the declarators.
struct Spec {
    ty: Type,
    written: String,
    packed: bool,
    aligned: u32,
    /// A struct without a tag, whose members are the outer one's if nothing is declared with it.
    unnamed: bool,
}

/// What a declarator makes of a type, from the name outwards.
enum Around {
    Pointer,
    Array(u64),
    Function,
}

impl<'r, 't> Reader<'r, 't> {
    pub fn new(lookup: &'r Lookup<'t>, machine: &'r Machine) -> Reader<'r, 't> {
        let (files, macros) = (FxHashMap::default(), FxHashMap::default());
        Reader {
            lookup,
            machine,
            files,
            macros,
            open: Vec::new(),
            known: FxHashMap::default(),
            assumed: BTreeSet::new(),
        }
    }

    /// The struct of that tag, or behind the typedef of that name, which the file declares.
    pub fn record_at(&mut self, path: &str, name: &str) -> Result<Rc<Record>, String> {
        let mut why = format!("{path}: {name} is in an arm of #if that is not for this machine");
        for lenient in [false, true] {
            let seen = self.seen(path, lenient);
            let all = &seen.words;
            let read = if let Some(i) = tag_places(all).into_iter().find(|i| all[*i].text == name) {
                self.tagged(path, &seen, i, lenient, 0)
            } else if let Some(i) = typedef_place(all, name) {
                self.typedef_at(path, &seen, i, lenient, 0)
            } else {
                continue;
            };
            match read {
                Ok(Type::Record(record)) => return Ok(record),
                Ok(_) => return Err(format!("{path}: {name} is no struct")),
                // What is said first is what was read with the fewest assumptions.
                Err(first) if !lenient => why = first,
                Err(_) => {}
            }
        }
        Err(why)
    }

    fn structure(&mut self, tag: &str, from: &str, depth: u32) -> Result<Type, String> {
        let key = (Name::Struct, tag.to_owned(), from.to_owned());
        if let Some(known) = self.known.get(&key) {
            return known.clone().and_then(|ty| ty.ok_or_else(|| format!("struct {tag} is not declared")));
        }
        let read = self.structure_anew(tag, from, depth);
        self.known.insert(key, read.clone().map(Some));
        read
    }

    fn structure_anew(&mut self, tag: &str, from: &str, depth: u32) -> Result<Type, String> {
        let mut why = None;
        for (path, lenient) in self.candidates(Name::Struct, tag, from) {
            let seen = self.seen(&path, lenient);
            if let Some(i) = tag_places(&seen.words).into_iter().find(|i| seen.words[*i].text == tag) {
                match self.tagged(&path, &seen, i, lenient, depth + 1) {
                    Err(e) => why = why.or(Some(e)),
                    read => return read,
                }
            }
        }
        Err(why.unwrap_or_else(|| format!("struct {tag} is not declared for this machine in what was read")))
    }

    /// The struct whose tag is word `i`.
    fn tagged(&mut self, path: &str, seen: &Seen, i: usize, lenient: bool, depth: u32) -> Result<Type, String> {
        let all = &seen.words;
        let key = (path.to_owned(), all[i].at);
        if self.open.contains(&key) || depth > DEEPEST {
            return Err(format!("{path}: struct {} contains itself", all[i].text));
        }
        let head = (0..i).rfind(|j| matches!(all[*j].kind, Tok::Struct | Tok::Union)).unwrap_or(0);
        let close = close_of(all, i + 1).ok_or_else(|| format!("{path}: struct {} has no end", all[i].text))?;
        // Attributes may stand behind the body.
        let end = (close + 1..all.len()).find(|j| all[*j].kind == Tok::Semi).unwrap_or(all.len());
        if nesting(&all[head..end]) > DEEPEST {
            return Err(format!("{path}: struct {} is nested too deeply", all[i].text));
        }
        self.note(seen, head, end, lenient);
        let mut cursor = Cursor { words: all[head..end].to_vec(), pos: 0 };
        self.open.push(key);
        let spec = self.specifiers(&mut cursor, path, depth);
        self.open.pop();
        Ok(spec?.ty)
    }

    fn typedef(&mut self, name: &str, from: &str, depth: u32) -> Result<Option<Type>, String> {
        let key = (Name::Typedef, name.to_owned(), from.to_owned());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let read = self.typedef_anew(name, from, depth);
        self.known.insert(key, read.clone());
        read
    }

    fn typedef_anew(&mut self, name: &str, from: &str, depth: u32) -> Result<Option<Type>, String> {
        if depth > DEEPEST {
            return Err(format!("{name} is declared by itself"));
        }
        let mut why = None;
        for (path, lenient) in self.candidates(Name::Typedef, name, from) {
            let seen = self.seen(&path, lenient);
            if let Some(i) = typedef_place(&seen.words, name) {
                match self.typedef_at(&path, &seen, i, lenient, depth + 1) {
                    Err(e) => why = why.or(Some(e)),
                    Ok(ty) => return Ok(Some(ty)),
                }
            }
        }
        why.map_or(Ok(None), Err)
    }

    /// The type that the typedef with its name at word `i` declares.
    fn typedef_at(&mut self, path: &str, seen: &Seen, i: usize, lenient: bool, depth: u32) -> Result<Type, String> {
        let all = &seen.words;
        let name = &all[i].text;
        let start = (0..i).rfind(|j| all[*j].kind == Tok::Typedef).unwrap_or(0) + 1;
        let end = (i..all.len()).find(|j| all[*j].kind == Tok::Semi).unwrap_or(all.len());
        self.note(seen, start, end, lenient);
        let mut cursor = Cursor { words: all[start..end].to_vec(), pos: 0 };
        let spec = self.specifiers(&mut cursor, path, depth)?;
        loop {
            let (declared, ty, _) = self.declarator(&mut cursor, &spec, path, depth)?;
            if declared == *name {
                return Ok(ty);
            }
            if !cursor.eat(Tok::Comma) {
                return Err(format!("{path}: the typedef of {name} could not be read"));
            }
        }
    }

    /// Whether the words are a type, as in a cast or after `sizeof`.
    pub fn is_type(&mut self, list: &[Word], from: &str) -> bool {
        match list.first() {
            Some(w) if matches!(w.kind, Tok::TypeWord | Tok::Struct | Tok::Union | Tok::Enum | Tok::Qualifier) => true,
            Some(w) if w.kind == Tok::Ident => {
                list.iter().all(|w| matches!(w.kind, Tok::Ident | Tok::Star | Tok::Qualifier))
                    && (known_type(&w.text, self.machine).is_some()
                        || self.typedef(&w.text, from, 0).is_ok_and(|t| t.is_some()))
            }
            _ => false,
        }
    }

    /// The size of a type.
    pub fn size_of(&mut self, list: &[Word], from: &str, depth: u32) -> Result<u64, String> {
        let mut cursor = Cursor { words: list.to_vec(), pos: 0 };
        let spec = self.specifiers(&mut cursor, from, depth + 1)?;
        let (_, ty, _) = self.declarator(&mut cursor, &spec, from, depth + 1)?;
        ty.size().map(|(size, _)| size).ok_or_else(|| "the size of something that has none".to_owned())
    }

    fn number(&self, width: u32) -> Type {
        let kind = if width == 1 { MemberKind::Bytes } else { MemberKind::Number };
        Type::Scalar { width, align: self.machine.align(width), kind }
    }

    fn specifiers(&mut self, cursor: &mut Cursor, from: &str, depth: u32) -> Result<Spec, String> {
        if depth > DEEPEST {
            return Err(format!("{from}: declarations nested too deeply"));
        }
        let mut spec = Spec { ty: Type::Nothing, written: String::new(), packed: false, aligned: 0, unnamed: false };
        let mut builtin: Vec<String> = Vec::new();
        let mut typed = false;
        let mut expansions = 0;
        let write = |spec: &mut Spec, text: &str| {
            if !spec.written.is_empty() {
                spec.written.push(' ');
            }
            spec.written.push_str(text);
        };
        loop {
            let text = cursor.text().to_owned();
            match cursor.kind() {
                Tok::Qualifier | Tok::Extension | Tok::Storage | Tok::Static | Tok::Extern | Tok::Typedef => {
                    if cursor.kind() == Tok::Qualifier {
                        write(&mut spec, &text);
                    }
                    cursor.pos += 1;
                }
                Tok::Attribute => self.attribute(cursor, &mut spec, from, depth)?,
                Tok::TypeWord => {
                    write(&mut spec, &text);
                    builtin.push(text);
                    typed = true;
                    cursor.pos += 1;
                }
                Tok::Struct | Tok::Union => {
                    self.aggregate(cursor, &mut spec, from, depth)?;
                    typed = true;
                }
                Tok::Enum => {
                    cursor.pos += 1;
                    write(&mut spec, "enum");
                    if cursor.kind() == Tok::Ident {
                        let tag = cursor.text().to_owned();
                        write(&mut spec, &tag);
                        cursor.pos += 1;
                    }
                    if cursor.kind() == Tok::LBrace {
                        cursor.group()?;
                    }
                    spec.ty = Type::Scalar { width: 4, align: self.machine.align(4), kind: MemberKind::Enum };
                    typed = true;
                }
                Tok::Ident if matches!(text.as_str(), "__packed" | "__aligned") => {
                    self.attribute(cursor, &mut spec, from, depth)?;
                }
                Tok::Ident if !typed => {
                    // A pointer does not ask what it points to, such as a function of a named type.
                    let behind = cursor.words[cursor.pos + 1..].iter().find(|w| w.kind != Tok::Qualifier);
                    let is_pointed = behind.is_some_and(|w| w.kind == Tok::Star);
                    let known = match self.typedef(&text, from, depth) {
                        Err(_) if is_pointed => Some(Type::Nothing),
                        known => known?,
                    };
                    if let Some(ty) = known {
                        spec.ty = ty;
                    } else if self.makro(&text, from).is_some() && expansions < 64 && self.expand(cursor, from)? {
                        expansions += 1;
                        continue;
                    } else if let Some(ty) = known_type(&text, self.machine) {
                        self.assumed.insert(format!("{text} is what it is in C, as nothing that was read declares it"));
                        spec.ty = ty;
                    } else if is_pointed {
                        spec.ty = Type::Nothing;
                    } else {
                        return Err(format!("{from}: {text} is not declared for this machine in what was read"));
                    }
                    write(&mut spec, &text);
                    typed = true;
                    cursor.pos += 1;
                }
                _ => break,
            }
        }
        if !builtin.is_empty() {
            spec.ty = self.builtin(&builtin)?;
        } else if !typed {
            return Err(format!("{from}: `{}` where a type should stand", cursor.text()));
        }
        Ok(spec)
    }

    fn builtin(&self, list: &[String]) -> Result<Type, String> {
        let has = |word: &str| list.iter().filter(|w| *w == word).count();
        Ok(match () {
            () if has("void") > 0 => Type::Nothing,
            () if has("char") + has("_Bool") > 0 => self.number(1),
            () if has("short") > 0 => self.number(2),
            () if has("double") > 0 && has("long") > 0 => {
                return Err("the width of `long double` is not known here".to_owned());
            }
            () if has("double") > 0 => self.number(8),
            () if has("float") > 0 => self.number(4),
            () if has("long") > 1 => self.number(8),
            () if has("long") > 0 => self.number(self.machine.long),
            () => self.number(4),
        })
    }

    fn attribute(&mut self, cursor: &mut Cursor, spec: &mut Spec, from: &str, depth: u32) -> Result<(), String> {
        let macro_name = cursor.text().to_owned();
        cursor.pos += 1;
        spec.packed |= macro_name == "__packed";
        if cursor.kind() != Tok::LParen {
            return Ok(());
        }
        let inner = cursor.group()?;
        if macro_name == "__aligned" {
            return self.align(&inner, spec, from, depth);
        }
        for i in 0..inner.len() {
            match inner[i].text.trim_matches('_') {
                "packed" => spec.packed = true,
                "aligned" => match inner.get(i + 1).filter(|w| w.kind == Tok::LParen) {
                    Some(_) => {
                        let close = close_of(&inner, i + 1).ok_or("aligned( without its end")?;
                        self.align(&inner[i + 2..close], spec, from, depth)?;
                    }
                    None => spec.aligned = spec.aligned.max(self.machine.int64_align),
                },
                _ => {}
            }
        }
        Ok(())
    }

    fn align(&mut self, list: &[Word], spec: &mut Spec, from: &str, depth: u32) -> Result<(), String> {
        let value = value(self, list, from, depth + 1)?;
        let align = u32::try_from(value).ok().filter(|n| n.is_power_of_two() && *n <= 1 << 16);
        spec.aligned = spec.aligned.max(align.ok_or_else(|| format!("{value} is no alignment"))?);
        Ok(())
    }

    /// `struct tag { … }` and its like; the keyword stands here.
    fn aggregate(&mut self, cursor: &mut Cursor, spec: &mut Spec, from: &str, depth: u32) -> Result<(), String> {
        let union = cursor.kind() == Tok::Union;
        let keyword = cursor.text().to_owned();
        cursor.pos += 1;
        let mut tag = None;
        loop {
            match cursor.kind() {
                Tok::Attribute => self.attribute(cursor, spec, from, depth)?,
                Tok::Ident if matches!(cursor.text(), "__packed" | "__aligned") => {
                    self.attribute(cursor, spec, from, depth)?;
                }
                Tok::Ident if tag.is_none() => {
                    tag = Some(cursor.text().to_owned());
                    cursor.pos += 1;
                }
                _ => break,
            }
        }
        spec.written = format!("{keyword}{}", tag.as_ref().map_or(String::new(), |t| format!(" {t}")));
        if cursor.kind() != LBRACE {
            let tag = tag.ok_or_else(|| format!("{from}: {keyword} without a tag or a body"))?;
            // Only what has members of its type must know it: a pointer does not ask.
            let pointed = cursor.kind() == Tok::Star;
            spec.ty = if pointed { Type::Nothing } else { self.structure(&tag, from, depth)? };
            return Ok(());
        }
        let body = cursor.group()?;
        spec.unnamed = tag.is_none();
        // `} __packed;`
        let mut behind = Cursor { words: cursor.words[cursor.pos..].to_vec(), pos: 0 };
        while behind.kind() == Tok::Attribute || matches!(behind.text(), "__packed" | "__aligned") {
            self.attribute(&mut behind, spec, from, depth)?;
        }
        cursor.pos += behind.pos;
        let record = self.record(body, union, spec, from, depth + 1)?;
        spec.ty = Type::Record(Rc::new(record));
        Ok(())
    }

    fn record(
        &mut self,
        body: Vec<Word>,
        union: bool,
        outer: &mut Spec,
        from: &str,
        depth: u32,
    ) -> Result<Record, String> {
        let mut placer = Placer::new(union, outer.packed);
        let mut cursor = Cursor { words: body, pos: 0 };
        while cursor.pos < cursor.words.len() {
            if cursor.eat(Tok::Semi) {
                continue;
            }
            let mut spec = self.specifiers(&mut cursor, from, depth)?;
            if matches!(cursor.kind(), Tok::Semi | Tok::End) {
                // With a tag it is a declaration and no member.
                if spec.unnamed {
                    placer.add(String::new(), spec.written, spec.ty, None, 0)?;
                }
                continue;
            }
            loop {
                let (name, ty, stars) = self.declarator(&mut cursor, &spec, from, depth)?;
                let bits = if cursor.eat(Tok::Colon) { Some(self.bits(&mut cursor, from, depth)?) } else { None };
                while cursor.kind() == Tok::Attribute || matches!(cursor.text(), "__packed" | "__aligned") {
                    self.attribute(&mut cursor, &mut spec, from, depth)?;
                }
                placer.add(name, format!("{}{stars}", spec.written), ty, bits, spec.aligned)?;
                if !cursor.eat(Tok::Comma) {
                    break;
                }
            }
            if !cursor.eat(Tok::Semi) && cursor.kind() != Tok::End {
                return Err(format!("{from}: `{}` after a member", cursor.text()));
            }
        }
        Ok(placer.finish(outer.aligned))
    }

    fn bits(&mut self, cursor: &mut Cursor, from: &str, depth: u32) -> Result<u32, String> {
        let rest = &cursor.words[cursor.pos..];
        let n =
            rest.iter().position(|w| matches!(w.kind, Tok::Comma | Tok::Semi | Tok::Attribute)).unwrap_or(rest.len());
        let width = value(self, &rest[..n], from, depth + 1)?;
        cursor.pos += n;
        u32::try_from(width).ok().filter(|n| *n <= 64).ok_or_else(|| format!("{width} is no width of a bit-field"))
    }

    /// One declarator: the name, its type, and what stands around the name as written.
    fn declarator(
        &mut self,
        cursor: &mut Cursor,
        spec: &Spec,
        from: &str,
        depth: u32,
    ) -> Result<(String, Type, String), String> {
        let mut around = Vec::new();
        let name = self.around(cursor, &mut around, from, depth)?;
        let (mut ty, mut written) = (spec.ty.clone(), String::new());
        for step in around.iter().rev() {
            ty = match step {
                Around::Pointer => {
                    written.push('*');
                    let width = self.machine.pointer;
                    Type::Scalar { width, align: self.machine.align(width), kind: MemberKind::Pointer }
                }
                Around::Array(n) => {
                    written.push_str(&format!("[{n}]"));
                    Type::Array(Box::new(ty), *n)
                }
                Around::Function => Type::Nothing,
            };
        }
        let space = if written.is_empty() { "" } else { " " };
        Ok((name, ty, format!("{space}{written}")))
    }

    /// Collects from the name outwards; gives the name.
    fn around(
        &mut self,
        cursor: &mut Cursor,
        around: &mut Vec<Around>,
        from: &str,
        depth: u32,
    ) -> Result<String, String> {
        if depth > DEEPEST {
            return Err(format!("{from}: declarators nested too deeply"));
        }
        let mut pointers = 0;
        while matches!(cursor.kind(), Tok::Star | Tok::Qualifier) {
            pointers += usize::from(cursor.kind() == Tok::Star);
            cursor.pos += 1;
        }
        let mut name = String::new();
        match cursor.kind() {
            Tok::Ident => {
                name = cursor.text().to_owned();
                cursor.pos += 1;
            }
            Tok::LParen if matches!(cursor.kind_at(1), Tok::Star | Tok::LParen | Tok::Ident) => {
                cursor.pos += 1;
                name = self.around(cursor, around, from, depth + 1)?;
                if !cursor.eat(Tok::RParen) {
                    return Err(format!("{from}: `{}` in a declarator", cursor.text()));
                }
            }
            _ => {}
        }
        loop {
            match cursor.kind() {
                LBRACKET => {
                    let bound = cursor.group()?;
                    let n = if bound.is_empty() { 0 } else { value(self, &bound, from, depth + 1)? };
                    let n = u64::try_from(n).map_err(|_| format!("{from}: {name} has {n} elements"))?;
                    around.push(Around::Array(n));
                }
                Tok::LParen => {
                    cursor.group()?;
                    around.push(Around::Function);
                }
                // `(*f) __P((int))`
                Tok::Ident if cursor.kind_at(1) == Tok::LParen && cursor.kind_at(2) == Tok::LParen => {
                    cursor.pos += 1;
                    cursor.group()?;
                    around.push(Around::Function);
                }
                _ => break,
            }
        }
        around.extend((0..pointers).map(|_| Around::Pointer));
        Ok(name)
    }
}

const LBRACE: Tok = Tok::LBrace;
const LBRACKET: Tok = Tok::LBracket;

/// How deep brackets stand in one another.
fn nesting(words: &[Word]) -> u32 {
    let (mut depth, mut most) = (0u32, 0);
    for word in words {
        match word.kind {
            Tok::LParen | Tok::LBrace | Tok::LBracket => depth += 1,
            Tok::RParen | Tok::RBrace | Tok::RBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// Types that every C system has, for trees that declare them elsewhere.
fn known_type(name: &str, machine: &Machine) -> Option<Type> {
    let width = match name.trim_start_matches("__") {
        "int8_t" | "uint8_t" | "u_int8_t" | "u_char" | "bool" => 1,
        "int16_t" | "uint16_t" | "u_int16_t" | "u_short" => 2,
        "int32_t" | "uint32_t" | "u_int32_t" | "u_int" | "pid_t" | "uid_t" | "gid_t" | "lwpid_t" => 4,
        "int64_t" | "uint64_t" | "u_int64_t" | "off_t" | "u_quad_t" | "quad_t" => 8,
        "size_t" | "ssize_t" | "u_long" | "intptr_t" | "uintptr_t" | "register_t" | "vaddr_t" => machine.long,
        "caddr_t" => {
            let width = machine.pointer;
            return Some(Type::Scalar { width, align: machine.align(width), kind: MemberKind::Pointer });
        }
        _ => return None,
    };
    let kind = if width == 1 { MemberKind::Bytes } else { MemberKind::Number };
    Some(Type::Scalar { width, align: machine.align(width), kind })
}
