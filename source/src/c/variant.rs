//! Linear token sequences for an item whose text depends on `#if`s.
//!
//! As many variants are taken as are needed for every arm to stand in at least one. Within a variant the arms agree: once
//! `#ifdef A` was taken, a later `#ifndef A` is not, so that braces that are split over two conditionals match.

use super::items::Range;
use super::lex::{DirectiveKind, Token};
use super::pp::Unit;
use rustc_hash::FxHashMap;

/// How many variants of one item are looked at.
const MOST_VARIANTS: usize = 256;

/// How many arms are looked at in all variants of one item together.
const MOST_CHOICES: usize = 1 << 18;

/// How many tokens all variants of one item may have together.
const MOST_TOKENS: usize = 2 << 20;

/// Which arms have to be covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// Arms with text in them: every token is parsed once.
    Text,
    /// Also the absent text of an `#if` without `#else`: what a reader of values wants.
    All,
}

/// The variants of an item, and whether all arms are covered.
#[derive(Debug)]
pub struct Variants {
    /// Never empty.
    pub streams: Vec<Vec<Token>>,
    /// An arm was left out because there were too many.
    pub incomplete: bool,
}

struct Picker<'u, 'a> {
    unit: &'u Unit<'a>,
    range: Range,
    /// First directive of the item, and one past its last.
    directives: (usize, usize),
    /// Arms that need not be taken any more, by (group, arm).
    done: FxHashMap<(u32, u32), bool>,
    /// Arms that never hold, with all inside them.
    never: FxHashMap<(u32, u32), ()>,
    /// Groups of the item, children after their parents.
    groups: Vec<u32>,
    cover: Cover,
    /// Arms still to be taken.
    left: usize,
    /// Take what is left, whether or not it can be.
    force: bool,
}

/// Takes the variants of an item.
pub fn variants(unit: &Unit<'_>, range: Range, cover: Cover) -> Variants {
    let lexed = &unit.lexed;
    let from = lexed.directives.partition_point(|d| d.first < range.0);
    let to = lexed.directives.partition_point(|d| d.first < range.1);
    if from == to {
        let all = lexed.tokens[range.0 as usize..range.1 as usize].to_vec();
        return Variants { streams: vec![all], incomplete: false };
    }
    let opens = |i: &usize| {
        matches!(lexed.directives[*i].kind, DirectiveKind::If | DirectiveKind::Ifdef | DirectiveKind::Ifndef)
    };
    let groups: Vec<u32> = (from..to).filter(opens).filter_map(|i| unit.role[i]).map(|(g, _)| g).collect();
    let mut picker = Picker {
        unit,
        range,
        directives: (from, to),
        done: FxHashMap::default(),
        groups,
        never: FxHashMap::default(),
        cover,
        left: 0,
        force: false,
    };
    picker.start();
    picker.left = picker.count_left();
    if picker.left == 0 {
        return Variants { streams: vec![picker.take()], incomplete: false };
    }
    let mut streams = Vec::new();
    let mut size = 0;
    loop {
        let before = picker.left;
        let stream = picker.take();
        size += stream.len() + 1;
        streams.push(stream);
        if picker.left == 0 {
            return Variants { streams, incomplete: false };
        }
        if picker.left == before {
            if picker.force {
                return Variants { streams, incomplete: true };
            }
            // What is left contradicts its surroundings (`#ifndef A` inside `#ifdef A`): it is read all the same, if not
            // as part of a configuration.
            picker.force = true;
        }
        // Nested groups take a walk each; deep towers of them are cut off by size.
        let choices = picker.done.len() * streams.len();
        if streams.len() >= MOST_VARIANTS
            || choices >= MOST_CHOICES
            || size + picker.groups.len() * streams.len() >= MOST_TOKENS
        {
            return Variants { streams, incomplete: true };
        }
    }
}

impl Picker<'_, '_> {
    /// Arms that never hold, and empty ones where text is what counts, are done from the start.
    fn start(&mut self) {
        for k in 0..self.groups.len() {
            let g = self.groups[k];
            let parent = self.unit.groups[g as usize].parent;
            let dead = parent.and_then(|p| self.never.get(&p)).is_some();
            for (i, arm) in self.unit.groups[g as usize].arms.iter().enumerate() {
                let never = dead || arm.cond == crate::text::Cond::Const(false);
                if never {
                    self.never.insert((g, i as u32), ());
                }
                let empty = arm.tokens.0 == arm.tokens.1 && self.cover == Cover::Text;
                self.done.insert((g, i as u32), never || empty);
            }
        }
    }

    fn count_left(&self) -> usize {
        self.done.values().filter(|d| !**d).count()
    }

    fn group_done(&self, g: u32) -> bool {
        (0..self.unit.groups[g as usize].arms.len() as u32).all(|a| self.done.get(&(g, a)).copied().unwrap_or(true))
    }

    /// One walk through the item; marks what it took.
    fn take(&mut self) -> Vec<Token> {
        let directives = &self.unit.lexed.directives;
        let mut assumed: FxHashMap<&str, bool> = FxHashMap::default();
        let mut taken: Vec<(u32, u32)> = Vec::new();
        let mut out = Vec::new();
        let (mut i, to) = self.directives;
        let mut pos = self.range.0;
        while i < to {
            let d = &directives[i];
            out.extend_from_slice(&self.unit.lexed.tokens[pos as usize..d.first as usize]);
            pos = d.last;
            let Some((g, arm)) = self.unit.role[i] else {
                i += 1;
                continue;
            };
            let group = &self.unit.groups[g as usize];
            // A group that starts before the item is not the item's: its arms end the item anyway.
            let arm = if arm == 0 { self.pick(g, &assumed) } else { u32::MAX };
            if arm == u32::MAX {
                // The end of the arm that was taken: go on after the group.
                i = (group.endif as usize + 1).max(i + 1);
            } else {
                let chosen = &group.arms[arm as usize];
                assume(&chosen.cond, &mut assumed);
                taken.push((g, arm));
                i = if chosen.directive == group.endif { group.endif as usize } else { chosen.directive as usize } + 1;
            }
            pos = directives.get(i - 1).map_or(self.range.1, |d| d.last);
        }
        let end = self.range.1.max(pos.min(self.range.1));
        if pos < end {
            out.extend_from_slice(&self.unit.lexed.tokens[pos as usize..end as usize]);
        }
        self.settle(&taken);
        self.left = self.count_left();
        out
    }

    fn pick(&self, g: u32, assumed: &FxHashMap<&str, bool>) -> u32 {
        let arms = &self.unit.groups[g as usize].arms;
        let value = |a: &str| assumed.get(a).copied();
        let possible = |a: &u32| arms[*a as usize].cond.eval(&value) != Some(false);
        let all = 0..arms.len() as u32;
        let open = all.clone().filter(|a| !self.done.get(&(g, *a)).copied().unwrap_or(true));
        // What must hold under the assumptions comes first; then what is still to be covered; then anything that can be.
        let certain = all.clone().find(|a| arms[*a as usize].cond.eval(&value) == Some(true));
        let forced = if self.force { open.clone().next() } else { None };
        forced
            .or(certain)
            .or_else(|| open.clone().find(possible))
            .or_else(|| all.clone().find(possible))
            .or_else(|| open.clone().next())
            .unwrap_or(0)
    }

    /// An arm is done when it was taken and all groups inside it are done.
    fn settle(&mut self, taken: &[(u32, u32)]) {
        let mut blocked: FxHashMap<(u32, u32), bool> = FxHashMap::default();
        let taken: FxHashMap<u32, u32> = taken.iter().copied().collect();
        for k in (0..self.groups.len()).rev() {
            let g = self.groups[k];
            if let Some(&a) = taken.get(&g) {
                let inner_open = blocked.get(&(g, a)).copied().unwrap_or(false);
                if !inner_open {
                    self.done.insert((g, a), true);
                }
            }
            if !self.group_done(g)
                && let Some(parent) = self.unit.groups[g as usize].parent
            {
                blocked.insert(parent, true);
            }
        }
    }
}

fn assume<'c>(cond: &'c crate::text::Cond, assumed: &mut FxHashMap<&'c str, bool>) {
    match cond {
        crate::text::Cond::And(list) => list.iter().for_each(|c| assume(c, assumed)),
        c => {
            if let Some((name, holds)) = c.literal() {
                assumed.entry(name).or_insert(holds);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::c::items;

    fn check(source: &str, cover: Cover, want: &str) {
        let unit = Unit::new(source.as_bytes());
        let range = (0, unit.lexed.tokens.len() as u32);
        assert!(items::cut(&unit).len() <= 1, "one item was expected");
        let streams = variants(&unit, range, cover).streams;
        let text = |s: &Vec<Token>| {
            s.iter().map(|t| String::from_utf8_lossy(unit.text(t.span)).into_owned()).collect::<Vec<_>>().join("")
        };
        assert_eq!(streams.iter().map(text).collect::<Vec<_>>().join(" | "), want, "{source}");
    }

    #[test]
    fn every_arm_stands_in_a_variant() {
        check("x = \n#ifdef A\n1\n#elif defined(B)\n2\n#else\n3\n#endif\n;", Cover::Text, "x=1; | x=2; | x=3;");
        check("a(\n#ifdef A\n1\n#endif\n);", Cover::Text, "a(1);");
        check("a(\n#ifdef A\n1\n#endif\n);", Cover::All, "a(1); | a();");
        check("a\n#if 0\nb\n#ifdef C\nd\n#endif\n#endif\n;", Cover::All, "a;");
        check("a\n#ifdef A\nb\n#ifndef A\nc\n#endif\n#endif\n;", Cover::Text, "ab; | abc;");
        check("a\n#ifdef A\n1\n#ifdef B\n2\n#else\n3\n#endif\n#else\n4\n#endif\n;", Cover::Text, "a12; | a13; | a4;");
    }

    #[test]
    fn arms_of_a_variant_agree() {
        check("{\n#ifdef A\n{\n#endif\nx\n#ifndef A\n#else\n}\n#endif\n}", Cover::All, "{{x}} | {x}");
        check("{\n#ifdef A\n1\n#else\n2\n#endif\n#ifndef A\n3\n#else\n4\n#endif\n}", Cover::Text, "{14} | {23}");
    }

    #[test]
    fn a_tower_of_conditionals_ends() {
        let source = format!("x {}{};", "\n#ifdef A\na\n".repeat(3000), "\n#endif\n".repeat(3000));
        let unit = Unit::new(source.as_bytes());
        variants(&unit, (0, unit.lexed.tokens.len() as u32), Cover::All);
    }
}
