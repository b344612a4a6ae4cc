//! A struct on every machine, side by side, and what makes it unfit as a file format.

use crate::safe::clip;
use crate::style::{Ink, Style};
use serde_json::{Value, json};
use uioscope_source::layout::{Fault, Layout, Layouts, MemberKind, Placed, faults};

/// The JSON document's schema and version.
pub const SCHEMA: &str = "uioscope.layout/1";

/// Machines that lay the struct out in the same way.
struct Column<'a> {
    letter: String,
    layout: &'a Layout,
    machines: Vec<&'static str>,
}

fn columns(all: &Layouts) -> Vec<Column<'_>> {
    let mut columns: Vec<Column<'_>> = Vec::new();
    for layout in &all.layouts {
        if let Some(same) = columns.iter_mut().find(|c| c.layout.same_as(layout)) {
            same.machines.push(layout.machine);
            continue;
        }
        let n = columns.len();
        let letter = if n < 26 { char::from(b'A' + n as u8).to_string() } else { format!("{n}") };
        columns.push(Column { letter, layout, machines: vec![layout.machine] });
    }
    columns
}

/// Members in the order of the first machine that has them, then those that others have at other places.
fn rows(columns: &[Column<'_>]) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = Vec::new();
    for m in columns.iter().flat_map(|c| &c.layout.members) {
        if !rows.iter().any(|(name, _)| *name == m.name) {
            rows.push((m.name.clone(), m.ty.clone()));
        }
    }
    rows
}

fn cell(m: &Placed) -> String {
    match m.bits {
        Some((first, bits)) => format!("{}.{}:{bits}", first / 8, first % 8),
        None => format!("{}/{}", m.offset, m.width),
    }
}

/// For a terminal. Ends with a line end.
pub fn text(all: &Layouts, style: Style) -> String {
    let columns = columns(all);
    let mut out =
        format!("{}  {}:{}\n\n", style.paint(Ink::Title, &clip(&all.name, 80)), clip(&all.path, 120), all.line);
    for c in &columns {
        let padding: u32 = c.layout.padding.iter().map(|(_, n)| n).sum();
        let padded = if padding > 0 { format!(", {padding} of them padding") } else { String::new() };
        out += &format!(
            "{}  {} bytes{padded}, aligned to {}: {}\n",
            style.paint(Ink::Loud, &c.letter),
            c.layout.size,
            c.layout.align,
            c.machines.join(" ")
        );
    }
    if !columns.is_empty() {
        out += &table(&columns, style);
    }
    let faults = faults(all);
    if !faults.is_empty() {
        out += &format!("\n{}\n", style.paint(Ink::Title, "unfit as a file format"));
        let kinds = faults.iter().map(|f| f.kind.len()).max().unwrap_or(0);
        let names = faults.iter().map(|f| f.member.len().min(40)).max().unwrap_or(0);
        for Fault { kind, member, why } in &faults {
            let kind = format!("{kind:kinds$}");
            let line = format!("  {}  {:names$}  {}", style.paint(Ink::Abuse, &kind), clip(member, 40), clip(why, 400));
            out += line.trim_end();
            out.push('\n');
        }
    }
    for u in &all.unread {
        out += &format!("\nnot laid out on {}: {}\n", u.machine, clip(&u.why, 200));
    }
    if !all.assumed.is_empty() {
        out += &format!("\n{}\n", style.paint(Ink::Title, "assumed"));
        all.assumed.iter().for_each(|a| out += &format!("  {}\n", clip(a, 200)));
    }
    out
}

/// Offset and width of each member, in bytes; of a bit-field its first bit as byte and bit, and its bits.
fn table(columns: &[Column<'_>], style: Style) -> String {
    let rows = rows(columns);
    let head = ("member".to_owned(), "type".to_owned());
    let width = |of: fn(&(String, String)) -> &str, most: usize| {
        rows.iter().chain([&head]).map(|r| of(r).chars().count().min(most)).max().unwrap_or(0)
    };
    let (names, types) = (width(|r| &r.0, 40), width(|r| &r.1, 32));
    let line = |name: &str, ty: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|c| format!("  {c:>8}")).collect();
        format!("{:names$}  {:types$}{cells}", clip(name, 40), clip(ty, 32)).trim_end().to_owned() + "\n"
    };
    let letters = columns.iter().map(|c| c.letter.clone()).collect();
    let mut out = format!("\n{}", style.paint(Ink::Title, line(&head.0, &head.1, letters).trim_end()));
    out.push('\n');
    for (name, ty) in &rows {
        let of = |c: &Column<'_>| c.layout.members.iter().find(|m| m.name == *name).map_or("-".to_owned(), cell);
        out += &line(name, ty, columns.iter().map(of).collect());
    }
    out
}

/// For tools.
pub fn json(all: &Layouts) -> Vec<u8> {
    let member = |m: &Placed| {
        let kind = match m.kind {
            MemberKind::Number => "number",
            MemberKind::Bytes => "bytes",
            MemberKind::Pointer => "pointer",
            MemberKind::Enum => "enum",
        };
        json!({ "name": m.name, "type": m.ty, "offset": m.offset, "width": m.width, "element": m.element, "kind": kind,
                "bits": m.bits.map(|(first, n)| json!({ "first": first, "count": n })) })
    };
    let layout = |l: &Layout| {
        let padding: Vec<Value> = l.padding.iter().map(|(at, n)| json!({ "offset": at, "bytes": n })).collect();
        json!({ "machine": l.machine, "size": l.size, "align": l.align, "padding": padding,
                "members": l.members.iter().map(member).collect::<Vec<_>>() })
    };
    let document = json!({
        "schema": SCHEMA,
        "struct": all.name,
        "path": all.path,
        "line": all.line,
        "layouts": all.layouts.iter().map(layout).collect::<Vec<_>>(),
        "faults": faults(all).iter().map(|f| json!({ "kind": f.kind, "member": f.member, "why": f.why })).collect::<Vec<_>>(),
        "unread": all.unread.iter().map(|u| json!({ "machine": u.machine, "why": u.why })).collect::<Vec<_>>(),
        "assumed": all.assumed,
    });
    // Plain data with string keys; there is nothing in it that JSON cannot hold.
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
