//! The words of the answer: designs, outcomes, kinds of edits.

use serde::Serialize;
pub use uioscope_model::Design;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them, in the order that reports use.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word in JSON and reports.
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// What a design does to a place of the source, from harmless to harmful.
    Outcome {
        /// It stays as it is.
        Unchanged = "unchanged",
        /// An edit that can be made without thinking.
        Edit = "edit",
        /// It needs something that the request no longer carries: an explicit argument.
        Argument = "argument",
        /// It compiles, and does something else.
        Silent = "silent",
        /// It reads what may be gone, once the request is completed after its issuer went on.
        Unsafe = "unsafe",
    }
}

words! {
    /// What takes the place of the field.
    Kind {
        /// The address space: a member, a value or a comparison of that type.
        Vmspace = "vmspace",
        /// The request is made to name kernel memory.
        Sysspace = "sysspace",
        /// The running process or LWP.
        Curlwp = "curlwp",
        /// Nothing: it goes.
        Removed = "removed",
        /// Somebody has to decide.
        Ask = "ask",
    }
}

words! {
    /// What the field becomes, as the columns of the answer name it.
    Column {
        /// It stays a process.
        Proc = "proc",
        /// It becomes an LWP.
        Lwp = "lwp",
        /// It stays a process, and whoever needs an LWP asks for one that represents it.
        Representative = "proc+representative-lwp",
        /// It becomes an address space; what the patch makes of it, a reference taken where one is needed.
        Vmspace = "vmspace",
        /// It becomes an address space, and no reference is ever taken.
        Borrowed = "vmspace-borrowed",
        /// It becomes an address space, and every request holds a reference.
        Referenced = "vmspace-referenced",
    }
}

impl Column {
    /// The model's design.
    pub fn design(self) -> Design {
        match self {
            Column::Proc => Design::Proc,
            Column::Lwp => Design::Lwp,
            Column::Representative => Design::Representative,
            Column::Borrowed => Design::Borrowed,
            Column::Vmspace | Column::Referenced => Design::Referenced,
        }
    }

    /// Whether the request names an address space and nothing else.
    pub fn is_space(self) -> bool {
        matches!(self, Column::Vmspace | Column::Borrowed | Column::Referenced)
    }
}
