//! The words of notes: the one place where a note becomes a sentence. Nothing but people may read what is made here.

use super::{CallersLost, Disabled, Lost, Note};
use serde::{Serialize, Serializer};
use std::fmt;

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Lost(lost) => lost.fmt(f),
            Note::OpaqueRule { n, callee, pack, reference } => {
                write!(f, "argument {n} of {callee}: by a rule of pack {pack} ({reference})")
            }
            Note::RuleStops { pack, roles, reference } => {
                let roles: Vec<&str> = roles.iter().map(|r| r.name()).collect();
                let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
                write!(f, "an audit stops here: pack {pack} says {roles} ({reference})")
            }
            Note::MoreWays { count, at_least } => {
                write!(f, "{}{count} more ways are not listed", if *at_least { "at least " } else { "" })
            }
            Note::NeverEvaluated => f.write_str("is never evaluated"),
            Note::StoredUnknown => f.write_str("what is stored is not known here"),
            Note::UserUnknown => f.write_str("user addresses of a process that is not known here"),
            Note::ThroughMacro => f.write_str("stored through a macro; the request is not seen here"),
            Note::CompanionNumber => f.write_str("the companion field is set to a number; use its name"),
            Note::CompanionVaries => f.write_str("the companion field is a variable"),
            Note::CompanionUnset => f.write_str("the companion field is never set here"),
            Note::CompanionDiffers => f.write_str("the companion field differs from path to path"),
            Note::StoredDiffers => f.write_str("what is stored differs from way to way or from caller to caller"),
            Note::CallersUnknown { function, why } => match why {
                CallersLost::None => write!(f, "what is stored comes from the callers of {function}, and none is seen"),
                CallersLost::Pointer(through) => {
                    write!(f, "what is stored comes from the callers of {function}, which is called through {through}")
                }
                CallersLost::Macro => {
                    write!(f, "what is stored comes from the callers of {function}, which a macro calls")
                }
                CallersLost::Many => {
                    write!(f, "what is stored comes from the callers of {function}, of which there are too many")
                }
            },
            Note::RunsAs(context) => {
                write!(f, "runs as {}: the running process is not who made the request", context.name())
            }
            Note::NullUnread => f.write_str("no reader of the field is seen that this NULL reaches"),
            Note::NeverStored { field, readers, zeroed } => {
                let verb = if *readers == 1 { "place reads" } else { "places read" };
                let read_as =
                    if *zeroed { "it was zeroed, so NULL is read" } else { "what is read is what lay in memory" };
                write!(f, "{field} is never stored here, and {readers} {verb} it: {read_as}")
            }
            Note::MacroUnused => f.write_str("the macro is not used"),
            Note::Kept(member) => write!(f, "the request was kept in {member}"),
            Note::TypeUnknown => {
                f.write_str("the type left of the field is not known, and several structs have a field of this name")
            }
            Note::MacroUnseen(path) => {
                write!(f, "the macro is defined in {path}, which may not be included here")
            }
            Note::MacroSeveral(path) => write!(f, "{path} defines another macro of that name, which is seen here too"),
            Note::NoSuchMember(tag) if tag.is_empty() => f.write_str("the unnamed struct there has no such member"),
            Note::NoSuchMember(tag) => write!(f, "struct {tag} is declared without such a member"),
            Note::StructUnseen(tag) => write!(f, "struct {tag} is not declared in the tree"),
            Note::InComment => f.write_str("in a comment"),
            Note::InString => f.write_str("in a string"),
            Note::InDirective => f.write_str("in a directive"),
            Note::Disabled(Disabled::If) => f.write_str("disabled by #if"),
            Note::Disabled(Disabled::Cfg) => f.write_str("disabled by #[cfg]"),
            Note::OtherMember(tag) => write!(f, "member of struct {tag}"),
            Note::OtherName => f.write_str("a variable or function of that name"),
            Note::OtherMacro => f.write_str("a macro of that name"),
            Note::OtherInMacro => f.write_str("another thing of that name in a macro"),
            Note::EndingUnread(ending) => write!(f, "the analyzer does not read .{ending} files"),
            Note::InGrammar => f.write_str("in a grammar rule, outside its actions"),
            Note::NoName => f.write_str("not part of a name that could be read"),
            Note::NotEvaluated => f.write_str("is not evaluated"),
            Note::MacroUnread => f.write_str("the macro's text could not be read"),
            Note::Unparsed(reason) => f.write_str(reason),
            Note::NameAsArgument(callee) if callee.is_empty() => {
                f.write_str("the name stands where no member does, and nothing else of that name is declared")
            }
            Note::NameAsArgument(callee) => {
                write!(f, "the member's name is handed to {callee}, and what it does with it is not known")
            }
            Note::PlaceAsked => f.write_str("only the member's place in its struct is asked for"),
            Note::MadeByMacro => f.write_str("a macro makes the name or hands it on: its text is what has to change"),
            Note::LookedInto(name) => {
                write!(f, "no role names what it is for, but {name} behind it is used: it must be valid")
            }
            Note::OnlyPrinted(by) => write!(f, "{by} prints it, and nothing else is done with it"),
            Note::ReadThroughPointer => f.write_str("the pointer that it is stored through is also read through"),
            Note::WrittenByCallee(callee) => write!(f, "its address is handed to {callee}, which writes there"),
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lost::SwitchedOn => f.write_str("switched on"),
            Lost::NoFunction => f.write_str("leaves what is no function"),
            Lost::ChangesHands => f.write_str("the value changes hands too often to be followed"),
            Lost::ReadWhole => f.write_str("read as a whole through *"),
            Lost::Arithmetic => f.write_str("used in arithmetic"),
            Lost::Indexed => f.write_str("indexed"),
            Lost::Index => f.write_str("used as an index"),
            Lost::Called => f.write_str("called"),
            Lost::ChangedInPlace => f.write_str("changed in place"),
            Lost::Assembler => f.write_str("handed to inline assembler"),
            Lost::Unread => f.write_str("could not be read"),
            Lost::Address => f.write_str("its address is handed on"),
            Lost::Member { of, name, pack } => {
                write!(f, "member {}.{name} has no rule in pack {pack}", of.as_deref().unwrap_or("?"))
            }
            Lost::CalledExpression(n) => write!(f, "argument {n} of an expression that is called"),
            Lost::LocalStruct(place) => {
                write!(f, "stored in {place} of a local struct that goes nowhere that can be followed")
            }
            Lost::Initializer => f.write_str("stored by an initialiser whose member is not known"),
            Lost::MacroArgument(n) => write!(f, "argument {n} of a macro's argument that is called"),
            Lost::NoSource { n, callee } => write!(f, "argument {n} of {callee}(): no source of it in the tree"),
            Lost::Versions { n, callee, count, followed } => {
                write!(f, "argument {n} of {callee}(): {count} versions of it, {followed} followed")
            }
            Lost::NoTarget { n, through, target } => {
                write!(f, "argument {n} of {through}: no source of {target}() in the tree")
            }
            Lost::Implementations { n, through, count, unread } => match (count, unread) {
                (0, 0) => write!(f, "argument {n} of {through}: nothing is registered there in the tree"),
                (count, 0) => write!(f, "argument {n} of {through}: {count} implementations"),
                (count, more) => {
                    write!(f, "argument {n} of {through}: {count} implementations, and {more} that could not be read")
                }
            },
            Lost::TakesFewer { n, callee, takes } => {
                write!(f, "argument {n} of {callee}(): it takes {takes}; the rest is variable or implicit")
            }
            Lost::Definition { callee, path } => {
                write!(f, "the definition of {callee}() in {path} could not be read")
            }
            Lost::ManyCallers { name, files } => write!(f, "returned by {name}(), which {files} files call"),
            Lost::NoCallers(name) => write!(f, "returned by {name}(), whose callers are not seen"),
            Lost::StoredThrough { n, callee, path } => {
                write!(f, "stored through argument {n} of {callee}() in {path}")
            }
        }
    }
}

impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
