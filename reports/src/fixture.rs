//! One audit made by hand, which every exporter's tests render.

use uioscope_analyzer::finding::*;
use uioscope_source::text::Cond;

/// The text of `sys/kern/tty_tty.c`, which the spans of [`audit`] point into.
pub const TTY: &[u8] = b"int\ncttyread(dev, uio, flag)\n\tdev_t dev;\n\tstruct uio *uio;\n{\n\tstruct vnode *ttyvp = cttyvp(uio->uio_procp);\t/* Gr\xf6\xdfe */\n\n\treturn (0);\n}\n";

/// A load at that place, with those roles.
pub fn load(path: &str, line: u32, function: &str, roles: &[Role]) -> Finding {
    Finding {
        id: format!("{:08x}", line * 7919 + path.len() as u32),
        fingerprint: "00000000000000ff".to_owned(),
        path: path.to_owned(),
        line,
        column: 31,
        function: function.to_owned(),
        access: Access::Load,
        roles: roles.to_vec(),
        space: None,
        when: None,
        expression: "uio->uio_procp".to_owned(),
        timing: Timing::Synchronous,
        evidence: vec![Evidence {
            path: path.to_owned(),
            line,
            step: Step::Argument { callee: "cttyvp".to_owned(), n: 0 },
            when: None,
            within: None,
        }],
        confidence: Confidence::Certain,
        implicit: None,
        notes: Vec::new(),
        role_doubts: std::collections::BTreeMap::new(),
        role_conditions: Vec::new(),
        null_meaning: Vec::new(),
        ways: Vec::new(),
        contexts: Vec::new(),
        origins: Vec::new(),
        stored: None,
        span: (0, 0),
    }
}

fn atom(name: &str) -> Cond {
    Cond::Atom(name.to_owned())
}

/// A store at that place, into that space.
pub fn store(path: &str, line: u32, function: &str, space: Space, expression: &str) -> Finding {
    let mut finding = load(path, line, function, &[]);
    finding.access = Access::Store;
    finding.space = Some(space);
    finding.expression = expression.to_owned();
    finding.evidence.clear();
    finding
}

/// Six loads (three abuses), three stores, a declaration and a mention.
pub fn audit() -> Audit {
    let mut decl = load("sys/sys/uio.h", 60, "-", &[]);
    decl.access = Access::Decl;
    decl.expression = "struct proc *uio_procp".to_owned();
    let mut mention = load("sys/kern/kern_subr.c", 12, "-", &[]);
    mention.access = Access::Mention;
    mention.notes = vec![Note::InComment];
    let mut tty = load("sys/kern/tty_tty.c", 6, "cttyread", &[Role::Session]);
    tty.span = (91, 105);
    tty.when = Some(Cond::And(vec![atom("DIAGNOSTIC"), atom("NFS").negate()]));
    let mut opaque = load("sys/kern/vfs_vnops.c", 210, "vn_read", &[Role::Opaque]);
    opaque.notes =
        vec![Note::Lost(Lost::Implementations { n: 1, through: "VOP_LEASE".to_owned(), count: 14, unread: 0 })];
    opaque.timing = Timing::MayOutlive;
    let mut from_macro = load("sys/miscfs/procfs/procfs_mem.c", 88, "procfs_rwmem", &[Role::AddressSpace]);
    from_macro.implicit = Some(Implicit::Macro);
    let mut copy = store("sys/kern/kern_subr.c", 140, "uio_clone", Space::Propagated, "*uio");
    copy.implicit = Some(Implicit::Copy);
    let mut possible = store("sys/kern/sys_generic.c", 121, "dofileread", Space::UserCurrent, "p | q");
    possible.confidence = Confidence::Possible;
    possible.notes = vec![Note::TypeUnknown];
    Audit {
        schema: AUDIT_SCHEMA,
        tree: "/usr/src".to_owned(),
        field: "uio.uio_procp".to_owned(),
        migrated: None,
        pack: "netbsd".to_owned(),
        ledger: Ledger { occurrences: 10, classified: 8, unresolved: 0, mentions: 1, other: 1 },
        coverage: Coverage { files: 8333, bytes: 65_040_000, files_with_sites: 6, binary: 3, other_files: 1512 },
        findings: vec![
            mention,
            load("sys/kern/kern_subr.c", 98, "uiomove", &[Role::AddressSpace, Role::Identity]),
            copy,
            possible,
            tty,
            load("sys/kern/vfs_vnops.c", 180, "vn_write", &[Role::Limits, Role::Signal]),
            opaque,
            load("sys/kern/vfs_vnops.c", 240, "vn_lock_it", &[Role::Presence, Role::LockOwner]),
            from_macro,
            store("sys/miscfs/procfs/procfs_mem.c", 91, "procfs_rwmem", Space::UserOther, "p"),
            decl,
        ],
        skipped: vec![Skipped {
            path: "sys/kern/vfs_vnops.c".to_owned(),
            line: 300,
            reason: "unbalanced braces across the arms of #ifdef INSECURE".to_owned(),
        }],
        problems: vec![Problem {
            path: "sys/arch/vax/x.c".to_owned(),
            line: None,
            severity: Severity::Error,
            message: "cannot be read: permission denied".to_owned(),
        }],
    }
}
