//! The frame of every HTML report: head, totals, a list that can be filtered and ticked, and blocks of text and tables.
//!
//! - *Invariant:* whatever text is handed over, it is shown as text: the frame escapes it and takes out what a viewer would act on.
//! - *Invariant:* only the frame's own script and style run: the page's policy names them by their hashes.

use super::pool::Pool;
use crate::model::svg::Svg;
use crate::safe::{clean, clean_lines};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The schema of an exported checklist.
pub const TICKS: &str = "uioscope.ticks/1";

/// A page is kept below so many bytes, where leaving out what can be read elsewhere helps.
const MOST_BYTES: usize = 4_600_000;

const STYLE: &str = include_str!("../../templates/page.css");
const SCRIPT: &str = include_str!("../../templates/page.js");

/// A report as a page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Which report it is, as its command is called.
    pub kind: String,
    /// The heading.
    pub title: String,
    /// What it is about: names and values.
    pub about: Vec<(String, String)>,
    /// What must not be overlooked.
    pub warnings: Vec<String>,
    /// Totals: a number, and what it counts.
    pub tiles: Vec<(String, String)>,
    /// What can be filtered and ticked.
    pub list: Option<List>,
    /// What follows the list.
    pub blocks: Vec<Block>,
    /// The version of the program.
    pub version: String,
}

/// A part of a page.
#[derive(Debug, Clone)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Text as it stands.
    Pre(String),
    /// A picture, whose texts its maker has escaped.
    Picture(Drawing),
    /// A table.
    Table(PageTable),
}

/// A picture of [`crate::model::svg`], the only markup that is taken as it is.
#[derive(Debug, Clone)]
pub struct Drawing(String);

impl Drawing {
    /// A document that one of this crate's own drawers has finished.
    pub(crate) fn finished(document: String) -> Drawing {
        Drawing(document)
    }

    /// The picture, so wide and high.
    pub fn new(svg: Svg, width: f64, height: f64, title: &str) -> Drawing {
        Drawing(svg.finish(width, height, title))
    }
}

impl std::fmt::Display for Drawing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A declaration of XML has no place inside of HTML.
        f.write_str(self.0.find("<svg").map_or(self.0.as_str(), |at| &self.0[at..]))
    }
}

/// A table of a page.
#[derive(Debug, Clone, Default)]
pub struct PageTable {
    /// What it shows; may be empty.
    pub caption: String,
    /// Heads of columns.
    pub head: Vec<String>,
    /// Cells, each with how it looks.
    pub rows: Vec<Vec<(String, Look)>>,
}

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Text.
    Plain,
    /// A number.
    Number,
    /// Code or a path.
    Code,
    /// As it should be.
    Good,
    /// As it should not be.
    Bad,
    /// Not known.
    Doubt,
}

impl Look {
    /// Its class in the style.
    pub fn class(self) -> &'static str {
        match self {
            Look::Plain => "",
            Look::Number => "number",
            Look::Code => "code",
            Look::Good => "good",
            Look::Bad => "bad",
            Look::Doubt => "doubt",
        }
    }
}

/// What can be filtered and ticked.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// What its items are: `findings`.
    pub noun: String,
    /// By what they are filtered.
    pub facets: Vec<Facet>,
    /// The items.
    pub items: Vec<PageItem>,
}

/// Something to filter by.
#[derive(Debug, Clone, Default)]
pub struct Facet {
    /// Its name, as in "by role".
    pub name: String,
    /// Whether its bars are open from the start.
    pub open: bool,
    /// Whether an item's values stand in its head.
    pub tag: bool,
    /// Whether they take the colour of the item.
    pub lead: bool,
}

/// One entry.
#[derive(Debug, Clone, Default)]
pub struct PageItem {
    /// What links and ticks hang on: the same in the next run, and no other's.
    pub id: String,
    /// Its head: a place.
    pub place: String,
    /// One line of what it is.
    pub says: String,
    /// `abuse`, `fine`, `open` or nothing: its colour.
    pub level: &'static str,
    /// For each facet its values.
    pub tags: Vec<Vec<String>>,
    /// What is shown when it is opened.
    pub parts: Vec<Part>,
}

/// A part of an opened entry.
#[derive(Debug, Clone)]
pub enum Part {
    /// A heading (may be empty) and a paragraph.
    Words(String, String),
    /// Lines of source.
    Code {
        /// The number of the first.
        first: u32,
        /// The lines.
        lines: Vec<String>,
        /// Which line is marked, and from which character to which.
        mark: (usize, usize, usize),
    },
    /// A heading and the steps of a path.
    Steps(String, Vec<PageStep>),
}

/// One step of a path.
#[derive(Debug, Clone, Default)]
pub struct PageStep {
    /// Where.
    pub place: String,
    /// What happens there.
    pub what: String,
    /// The source line, if it is known.
    pub source: String,
    /// What it depends on, if it does.
    pub when: String,
}

/// What the page's script reads.
#[derive(Serialize)]
struct Data<'a> {
    kind: &'a str,
    key: String,
    ticks: &'static str,
    noun: &'a str,
    facets: Vec<FacetData<'a>>,
    items: Vec<ItemData<'a>>,
    s: Vec<String>,
}

#[derive(Serialize)]
struct FacetData<'a> {
    name: &'a str,
    open: bool,
    tag: bool,
    lead: bool,
}

#[derive(Serialize)]
struct ItemData<'a> {
    id: String,
    p: usize,
    y: usize,
    l: &'a str,
    t: Vec<Vec<usize>>,
    b: Vec<PartData>,
}

#[derive(Serialize)]
#[serde(tag = "k", rename_all = "lowercase")]
enum PartData {
    Text { h: i64, x: usize },
    Code { h: i64, f: u32, l: Vec<usize>, m: (usize, usize, usize) },
    Steps { h: i64, r: Vec<[i64; 4]> },
}

/// How much of a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    All,
    NoStepSources,
    NoSteps,
    HeadsOnly,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Frame<'a> {
    page: &'a Page,
    data: &'a str,
    style: &'static str,
    script: &'static str,
    style_hash: String,
    script_hash: String,
}

impl Page {
    /// The file.
    pub fn render(&self) -> String {
        let mut page = self.safe();
        let mut data = String::new();
        if let Some(list) = &self.list {
            let cuts = [Detail::All, Detail::NoStepSources, Detail::NoSteps, Detail::HeadsOnly];
            for detail in cuts {
                data = self.data(list, detail);
                if data.len() < MOST_BYTES {
                    page.warnings.extend(left_out(detail).map(str::to_owned));
                    break;
                }
                if detail == Detail::HeadsOnly {
                    page.warnings.extend(left_out(detail).map(str::to_owned));
                }
            }
        }
        let frame = Frame {
            page: &page,
            data: &data,
            style: STYLE,
            script: SCRIPT,
            style_hash: hash(STYLE),
            script_hash: hash(SCRIPT),
        };
        frame.render().expect("writing to memory does not fail")
    }

    /// The same without what a viewer would act on.
    fn safe(&self) -> Page {
        let one = |text: &String| clean(text).into_owned();
        let two = |pair: &(String, String)| (one(&pair.0), one(&pair.1));
        let block = |block: &Block| match block {
            Block::Heading(text) => Block::Heading(one(text)),
            Block::Text(text) => Block::Text(one(text)),
            Block::Pre(text) => Block::Pre(clean_lines(text)),
            Block::Picture(drawing) => Block::Picture(drawing.clone()),
            Block::Table(table) => Block::Table(PageTable {
                caption: one(&table.caption),
                head: table.head.iter().map(one).collect(),
                rows: table.rows.iter().map(|r| r.iter().map(|(text, look)| (one(text), *look)).collect()).collect(),
            }),
        };
        Page {
            kind: one(&self.kind),
            title: one(&self.title),
            about: self.about.iter().map(two).collect(),
            warnings: self.warnings.iter().map(one).collect(),
            tiles: self.tiles.iter().map(two).collect(),
            // Its texts are made safe where they are written.
            list: self.list.as_ref().map(|_| List::default()),
            blocks: self.blocks.iter().map(block).collect(),
            version: one(&self.version),
        }
    }

    fn data(&self, list: &List, detail: Detail) -> String {
        let mut pool = Pool::default();
        let items = list.items.iter().map(|item| entry(item, detail, &mut pool)).collect();
        let facet = |f: &'_ Facet| (f.open, f.tag, f.lead);
        let data = Data {
            kind: &self.kind,
            // Ticks belong to what the report is about; a version or a date in the head would lose them.
            key: [self.kind.as_str(), self.title.as_str()]
                .into_iter()
                .chain(self.about.iter().filter(|(name, _)| name == "tree").map(|(_, value)| value.as_str()))
                .map(|text| clean(text).into_owned())
                .collect::<Vec<_>>()
                .join(" · "),
            ticks: TICKS,
            noun: &list.noun,
            facets: list
                .facets
                .iter()
                .map(|f| {
                    let (open, tag, lead) = facet(f);
                    FacetData { name: &f.name, open, tag, lead }
                })
                .collect(),
            items,
            s: pool.strings,
        };
        inert(&serde_json::to_string(&data).expect("plain data"))
    }
}

/// JSON that nothing in a page takes for an end of the script or for markup.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn entry<'a>(item: &'a PageItem, detail: Detail, pool: &mut Pool) -> ItemData<'a> {
    let mut parts = Vec::new();
    for part in &item.parts {
        match part {
            _ if detail == Detail::HeadsOnly => {}
            Part::Words(head, text) => parts.push(PartData::Text { h: pool.maybe(head), x: pool.of(text) }),
            Part::Code { first, lines, mark } => {
                let lines = lines.iter().map(|l| pool.of(l)).collect();
                parts.push(PartData::Code { h: -1, f: *first, l: lines, m: *mark });
            }
            Part::Steps(..) if detail >= Detail::NoSteps => {}
            Part::Steps(head, steps) => {
                let mut row = |s: &PageStep| {
                    let source = if detail == Detail::All { pool.maybe(&s.source) } else { -1 };
                    [pool.maybe(&s.place), pool.maybe(&s.what), source, pool.maybe(&s.when)]
                };
                let rows = steps.iter().map(&mut row).collect();
                parts.push(PartData::Steps { h: pool.maybe(head), r: rows });
            }
        }
    }
    ItemData {
        id: clean(&item.id).into_owned(),
        p: pool.of(&item.place),
        y: pool.of(&item.says),
        l: item.level,
        t: item.tags.iter().map(|values| values.iter().map(|v| pool.of(v)).collect()).collect(),
        b: parts,
    }
}

/// What is said of what was left out.
fn left_out(detail: Detail) -> Option<&'static str> {
    match detail {
        Detail::All => None,
        Detail::NoStepSources => Some(
            "To keep this file small, the steps of paths stand here without their source lines; `explain` shows them.",
        ),
        Detail::NoSteps => Some("To keep this file small, paths were left out; `explain ID` shows the path of each."),
        Detail::HeadsOnly => {
            Some("To keep this file small, excerpts and paths were left out; filter on the command line to have them.")
        }
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> String {
        "</script><script>alert(1)</script>\"'&\u{202e}\x1b\u{2028}\n<!--".to_owned()
    }

    fn page() -> Page {
        let item = PageItem {
            id: hostile(),
            place: hostile(),
            says: hostile(),
            level: "abuse",
            tags: vec![vec![hostile()]],
            parts: vec![
                Part::Words(hostile(), hostile()),
                Part::Code { first: 1, lines: vec![hostile()], mark: (0, 0, 2) },
                Part::Steps(hostile(), vec![PageStep { place: hostile(), ..PageStep::default() }]),
            ],
        };
        Page {
            kind: "audit".to_owned(),
            title: hostile(),
            about: vec![("tree".to_owned(), hostile())],
            warnings: vec![hostile()],
            tiles: vec![(hostile(), hostile())],
            list: Some(List { noun: "findings".to_owned(), facets: vec![Facet::default()], items: vec![item] }),
            blocks: vec![
                Block::Heading(hostile()),
                Block::Pre(hostile()),
                Block::Table(PageTable {
                    caption: hostile(),
                    head: vec![hostile()],
                    rows: vec![vec![(hostile(), Look::Bad)]],
                }),
            ],
            version: hostile(),
        }
    }

    #[test]
    fn no_text_gets_out_of_its_place() {
        let html = page().render();
        assert_eq!(html.matches("</script>").count(), 2, "the frame's own two");
        assert_eq!(html.matches("<script").count(), 2);
        assert!(!html.contains("alert(1)</"), "{html}");
        let active: Vec<char> = html.chars().filter(|c| *c != '\n' && crate::safe::is_active(*c)).collect();
        assert!(active.is_empty(), "{active:?}");
    }

    #[test]
    fn the_policy_names_what_runs() {
        let html = page().render();
        let inside = |from: &str, to: &str| html.split(from).last().and_then(|t| t.split(to).next()).expect("a part");
        assert!(html.contains(&format!("script-src '{}'", hash(inside("<script>", "</script>")))));
        assert!(html.contains(&format!("style-src '{}'", hash(inside("<style>", "</style>")))));
        assert!(html.contains("default-src 'none'"));
        assert!(!html.contains("style=\"") && !html.contains("http://") && !html.contains("https://"));
    }

    #[test]
    fn the_data_come_back() {
        let html = page().render();
        let json = html.split("id=\"data\">").nth(1).and_then(|t| t.split("</script>").next()).expect("data");
        let data: serde_json::Value = serde_json::from_str(json).expect("JSON");
        let place = data["items"][0]["p"].as_u64().expect("a number") as usize;
        assert_eq!(data["s"][place], clean(&hostile()).into_owned());
    }

    #[test]
    fn a_page_that_grows_too_large_says_what_it_leaves_out() {
        let step = |n: usize| PageStep { source: format!("{n} {}", "x".repeat(1000)), ..PageStep::default() };
        let item = |n: usize| PageItem {
            id: n.to_string(),
            parts: vec![Part::Steps("s".to_owned(), vec![step(n)])],
            ..PageItem::default()
        };
        let list = List { items: (0..6000).map(item).collect(), ..List::default() };
        let html = Page { list: Some(list), ..Page::default() }.render();
        assert!(html.len() < 5_000_000 && html.contains("without their source lines"));
    }
}
