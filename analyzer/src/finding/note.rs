//! Notes: why something is `opaque`, `unknown` or `possible`, and remarks, as data. Their words stand in `sentence`, and
//! nothing reads those.

use super::Role;
use borsh::{BorshDeserialize, BorshSerialize};
pub use uioscope_source::language::Disabled;

/// One thing to be said of a finding or an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Note {
    /// The value goes where it is not followed.
    Lost(Lost),
    /// A rule of a pack says that the argument is opaque.
    OpaqueRule {
        /// 0-based argument.
        n: usize,
        /// Whom it is handed to.
        callee: String,
        /// The pack.
        pack: String,
        /// What the rule refers to.
        reference: String,
    },
    /// An audit stops at this function, since a rule says what it does.
    RuleStops {
        /// The pack.
        pack: String,
        /// The rule's roles; empty where it says that there is none.
        roles: Vec<Role>,
        /// What the rule refers to.
        reference: String,
    },
    /// More ways were found than are listed.
    MoreWays {
        /// How many.
        count: usize,
        /// The search ended before all were seen.
        at_least: bool,
    },
    /// The access is in code that never runs.
    NeverEvaluated,
    /// What is stored is not known in this function.
    StoredUnknown,
    /// User addresses of a process that is not known in this function.
    UserUnknown,
    /// Stored through a macro, so that the request is not seen.
    ThroughMacro,
    /// The companion field is set to a number.
    CompanionNumber,
    /// The companion field is set from a variable.
    CompanionVaries,
    /// The companion field is never set in this function.
    CompanionUnset,
    /// The companion field is set to several things.
    CompanionDiffers,
    /// What is stored differs from way to way, or from caller to caller.
    StoredDiffers,
    /// What is stored is a parameter, and not all callers of the function are known.
    CallersUnknown {
        /// The function.
        function: String,
        /// Why.
        why: CallersLost,
    },
    /// The running process is not who made the request: the code runs elsewhere.
    RunsAs(super::RunAs),
    /// No reader is seen that a stored NULL reaches.
    NullUnread,
    /// A request is read whose field is never stored.
    NeverStored {
        /// `struct.field`.
        field: String,
        /// How many places read it.
        readers: usize,
        /// It was zeroed, so that NULL is read.
        zeroed: bool,
    },
    /// Nobody uses the macro.
    MacroUnused,
    /// The request was kept in a member, `struct.member`.
    Kept(String),
    /// The type left of the field is not known, and several structs have a field of this name.
    TypeUnknown,
    /// The macro is defined in that file, which is perhaps not seen here.
    MacroUnseen(String),
    /// That file has another definition of the macro, which is seen too.
    MacroSeveral(String),
    /// The struct that it seems to be a member of is declared without one of that name; its tag.
    NoSuchMember(String),
    /// The struct that it seems to be a member of is not declared in the tree; its tag.
    StructUnseen(String),
    /// In a comment.
    InComment,
    /// In a string.
    InString,
    /// In a directive other than `#define`.
    InDirective,
    /// In text that no configuration has.
    Disabled(Disabled),
    /// The name of another struct's member.
    OtherMember(String),
    /// A variable or function of that name.
    OtherName,
    /// A macro of that name.
    OtherMacro,
    /// Something else of that name in a macro's text.
    OtherInMacro,
    /// Files with that ending are not read.
    EndingUnread(String),
    /// In a rule of a grammar, outside its actions.
    InGrammar,
    /// It stands in what is no readable name.
    NoName,
    /// Read, but not evaluated: `typeof(uio->uio_procp)`.
    NotEvaluated,
    /// The macro's text could not be parsed.
    MacroUnread,
    /// The member's name is an argument of something that is not known; who gets it.
    NameAsArgument(String),
    /// Only the member's place in its struct is asked for.
    PlaceAsked,
    /// A macro makes the name, or hands it on: its text is what has to change.
    MadeByMacro,
    /// Nothing that a role names is done with it, but that member behind it is read or written.
    LookedInto(String),
    /// That function prints it, and nothing else is done with it.
    OnlyPrinted(String),
    /// It is stored and also loaded through a pointer to it.
    ReadThroughPointer,
    /// Its address is handed to a function that writes there.
    WrittenByCallee(String),
    /// The parser passed over the text around it, and why.
    Unparsed(String),
}

/// Where a value stops being followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Lost {
    /// A `switch` on it.
    SwitchedOn,
    /// Returned by what is no function.
    NoFunction,
    /// Too many assignments.
    ChangesHands,
    /// `*p`
    ReadWhole,
    /// An operand of arithmetic.
    Arithmetic,
    /// `p[i]`
    Indexed,
    /// `a[p]`
    Index,
    /// `p()`
    Called,
    /// `p += 1`
    ChangedInPlace,
    /// An operand of inline assembler.
    Assembler,
    /// An expression that could not be parsed.
    Unread,
    /// `&p` is handed on.
    Address,
    /// A member without a rule.
    Member {
        /// The struct's tag, where it is known.
        of: Option<String>,
        /// The member.
        name: String,
        /// The pack that has no rule for it.
        pack: String,
    },
    /// An argument of an expression that is called; 0-based.
    CalledExpression(usize),
    /// Stored in a local struct that goes nowhere that can be followed.
    LocalStruct(String),
    /// Stored by an initialiser whose member is not known.
    Initializer,
    /// An argument of a macro's argument that is called; 0-based.
    MacroArgument(usize),
    /// No source of the callee in the tree.
    NoSource {
        /// 0-based argument.
        n: usize,
        /// The function.
        callee: String,
    },
    /// More versions of the callee than are followed.
    Versions {
        /// 0-based argument.
        n: usize,
        /// The function.
        callee: String,
        /// How many there are.
        count: usize,
        /// How many of them are followed.
        followed: usize,
    },
    /// A registered function without source.
    NoTarget {
        /// 0-based argument.
        n: usize,
        /// What is called.
        through: String,
        /// The function.
        target: String,
    },
    /// One of several registered functions, or none.
    Implementations {
        /// 0-based argument.
        n: usize,
        /// What is called.
        through: String,
        /// How many there are.
        count: usize,
        /// Registrations that could not be read.
        unread: usize,
    },
    /// The callee takes fewer arguments.
    TakesFewer {
        /// 0-based argument.
        n: usize,
        /// The function.
        callee: String,
        /// How many it takes.
        takes: usize,
    },
    /// The callee's definition could not be read.
    Definition {
        /// The function.
        callee: String,
        /// The file.
        path: String,
    },
    /// Returned by a function that too many files call.
    ManyCallers {
        /// The function.
        name: String,
        /// How many.
        files: usize,
    },
    /// Returned by a function whose callers are not seen.
    NoCallers(String),
    /// Stored through an argument that is not the address of a variable.
    StoredThrough {
        /// 0-based argument.
        n: usize,
        /// The function.
        callee: String,
        /// The file that calls.
        path: String,
    },
}

/// Why not all callers of a function are known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum CallersLost {
    /// None is seen in the tree.
    None,
    /// It is called through a pointer: registered in such a struct, or handed to that function.
    Pointer(String),
    /// A macro's text calls it.
    Macro,
    /// There are more than are looked at.
    Many,
}

impl From<Lost> for Note {
    fn from(lost: Lost) -> Note {
        Note::Lost(lost)
    }
}
