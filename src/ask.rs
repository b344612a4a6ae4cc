//! `uioscope callees` and `uioscope who`: questions to a tree's index.

use crate::cli::{AskArgs, CalleesArgs, Figures, WhoArgs};
use crate::input;
use crate::output::Output;
use crate::packs;
use crate::progress::Progress;
use crate::status::{Status, complain_of};
use anyhow::{Result, anyhow};
use uioscope_analyzer::Options;
use uioscope_analyzer::questions::{Answer, Question, ask};
use uioscope_reports::{Style, answers};
use uioscope_source::text::SourceTree;

/// What becomes of an argument.
pub fn callees(args: &CalleesArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let (name, n) = args.what.clone();
    let said = format!("callees {name}#{n}");
    answer(&args.ask, &Question::Callees { name, n }, &said, colors, |tree, list, style| {
        let source = |path: &str| tree.file(path).map(|f| f.on_disk().to_vec());
        answers::callees(list, style, &source)
    })
}

/// Which functions use it for a role.
pub fn who(args: &WhoArgs, colors: impl Fn(&Output) -> bool) -> Result<Status> {
    let said = format!("who {}", args.role.name());
    answer(&args.ask, &Question::Who(args.role), &said, colors, |_, list, style| answers::who(list, args.role, style))
}

fn answer(
    args: &AskArgs,
    question: &Question,
    said: &str,
    colors: impl Fn(&Output) -> bool,
    text: impl Fn(&SourceTree, &[Answer], Style) -> String,
) -> Result<Status> {
    let pack = args.pack.as_deref().map(packs::load).transpose()?;
    let output = Output::open(None)?;
    let style = Style { color: colors(&output) };
    let path = args.tree.as_deref();
    let progress = Progress::start(&format!("reading {}", input::name(path)));
    let tree = input::read(path)?;
    progress.stage(&format!("following {said}"));
    let options = Options { field: args.field.clone(), pack, ways: 1 };
    let list = ask(&tree, &options, question).map_err(|e| anyhow!("{e}"))?;
    drop(progress);
    let report = match args.format {
        Figures::Text => text(&tree, &list, style).into_bytes(),
        Figures::Json => answers::json(&tree.root, said, &list),
    };
    output.finish(&report)?;
    Ok(complain_of(&tree.problems))
}
