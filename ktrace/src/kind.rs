//! What records tell, whatever numbers their systems give that.

use Kind::*;

/// What a record tells, whatever number its system gives that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The field's names; `names` says them as kdump does.
pub enum Kind {
    Start,
    Syscall,
    Sysret,
    Namei,
    Genio,
    Psig,
    Csw,
    Emul,
    User,
    ExecArg,
    ExecEnv,
    Mmsg,
    Mool,
    Saupcall,
    Mib,
    ExecFd,
    Struct,
    Sysctl,
    ProcCtor,
    ProcDtor,
    CapFail,
    Fault,
    FaultEnd,
    ExecArgs,
    ExecEnvs,
    Pledge,
    PinSyscall,
    StructArray,
    Args,
    Envs,
    ExtErr,
    /// A type that the system does not define, or one of a program's own in a neutral file.
    Unknown,
}

impl Kind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Kind; 32] = [
        Start,
        Syscall,
        Sysret,
        Namei,
        Genio,
        Psig,
        Csw,
        Emul,
        User,
        ExecArg,
        ExecEnv,
        Mmsg,
        Mool,
        Saupcall,
        Mib,
        ExecFd,
        Struct,
        Sysctl,
        ProcCtor,
        ProcDtor,
        CapFail,
        Fault,
        FaultEnd,
        ExecArgs,
        ExecEnvs,
        Pledge,
        PinSyscall,
        StructArray,
        Args,
        Envs,
        ExtErr,
        Unknown,
    ];

    /// The name in JSON: that of the `KTR_` constant.
    pub const fn name(self) -> &'static str {
        match self {
            Start => "START",
            Syscall => "SYSCALL",
            Sysret => "SYSRET",
            Namei => "NAMEI",
            Genio => "GENIO",
            Psig => "PSIG",
            Csw => "CSW",
            Emul => "EMUL",
            User => "USER",
            ExecArg => "EXEC_ARG",
            ExecEnv => "EXEC_ENV",
            Mmsg => "MMSG",
            Mool => "MOOL",
            Saupcall => "SAUPCALL",
            Mib => "MIB",
            ExecFd => "EXEC_FD",
            Struct => "STRUCT",
            Sysctl => "SYSCTL",
            ProcCtor => "PROCCTOR",
            ProcDtor => "PROCDTOR",
            CapFail => "CAPFAIL",
            Fault => "FAULT",
            FaultEnd => "FAULTEND",
            ExecArgs => "EXECARGS",
            ExecEnvs => "EXECENV",
            Pledge => "PLEDGE",
            PinSyscall => "PINSYSCALL",
            StructArray => "STRUCT_ARRAY",
            Args => "ARGS",
            Envs => "ENVS",
            ExtErr => "EXTERR",
            Unknown => "UNKNOWN",
        }
    }

    /// The short name in kdump's listing.
    pub const fn short(self) -> &'static str {
        match self {
            Start => "STRT",
            Syscall => "CALL",
            Sysret => "RET",
            Namei => "NAMI",
            Genio => "GIO",
            Psig => "PSIG",
            Csw => "CSW",
            Emul => "EMUL",
            User => "USER",
            ExecArg => "ARG",
            ExecEnv => "ENV",
            Mmsg => "MMSG",
            Mool => "MOOL",
            Saupcall => "SAU",
            Mib => "MIB",
            ExecFd => "EXFD",
            Struct => "STRU",
            Sysctl => "SCTL",
            ProcCtor => "PCTR",
            ProcDtor => "PDTR",
            CapFail => "CAP",
            Fault => "PFLT",
            FaultEnd => "PRET",
            ExecArgs => "XARG",
            ExecEnvs => "XENV",
            Pledge => "PLDG",
            PinSyscall => "PINS",
            StructArray => "SARR",
            Args => "ARGV",
            Envs => "ENVV",
            ExtErr => "XERR",
            Unknown => "UNKN",
        }
    }

    /// The kind of that name, in any case; `short` names count too.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.name().eq_ignore_ascii_case(name) || k.short().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_and_say_one_kind_each() {
        for kind in Kind::ALL {
            assert_eq!((Kind::parse(kind.name()), Kind::parse(kind.short())), (Some(kind), Some(kind)));
        }
    }
}
