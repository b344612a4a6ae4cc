//! A small kernel in our own words, with labels: what the analyzer is tested on, and what a first run shows.
//!
//! The tree is embedded byte for byte, and every textual occurrence of `uio_procp` in it has its row: in [`LABELS`], or in
//! [`OTHER`] where the member belongs to another struct. [`IMPLICIT`] lists the sites that have no occurrence of their own.
//! All three are TSV with a header line, sorted by path and line; two rows of one line stand from left to right.
//!
//! Labels say what the value reaches, in whatever function. A call of a function that neither a role pack names nor the tree
//! defines is `opaque`. The body of a macro, or of an alias of the member, has the union of its uses'
//! roles, and each use is an implicit site.
#![forbid(unsafe_code)]

macro_rules! embedded {
    ($($path:literal,)*) => {
        &[$(($path, include_bytes!(concat!("../tree/", $path)))),*]
    };
}

macro_rules! fixtures {
    ($($name:literal,)*) => {
        vec![$(($name, include_str!(concat!("../packs/", $name, ".toml")))),*]
    };
}

/// A workload for the simulator.
pub const WORKLOAD: &str = include_str!("../workloads/server.toml");

const TREE: &[(&str, &[u8])] = embedded![
    "sys/arch/mips9/bus_dma.c",
    "sys/arch/mips9/trap.c",
    "sys/compat/emul_io.c",
    "sys/compat/gcc2.c",
    "sys/compat/lnx_rw.c",
    "sys/compat/oldreq.c",
    "sys/compat/umlaut.c",
    "sys/dev/ch.c",
    "sys/dev/lpt.c",
    "sys/dev/mem.c",
    "sys/dev/seq.c",
    "sys/dev/snap.c",
    "sys/dev/tap.c",
    "sys/dev/tape.c",
    "sys/dev/vnd.c",
    "sys/kern/exec_elf.c",
    "sys/kern/kern_apply.c",
    "sys/kern/kern_audit.c",
    "sys/kern/kern_boot.c",
    "sys/kern/kern_calls.c",
    "sys/kern/kern_ktrace.c",
    "sys/kern/kern_lockf.c",
    "sys/kern/kern_physio.c",
    "sys/kern/kern_subr.c",
    "sys/kern/sys_generic.c",
    "sys/kern/sys_process.c",
    "sys/kern/tty.c",
    "sys/kern/tty_tty.c",
    "sys/kern/uipc_socket.c",
    "sys/kern/vfs_getcwd.c",
    "sys/kern/vfs_subr.c",
    "sys/kern/vfs_vnops.c",
    "sys/kern/vnode_if.src",
    "sys/miscfs/fdesc_vnops.c",
    "sys/miscfs/portal_vnops.c",
    "sys/miscfs/procfs_mem.c",
    "sys/net/bpf.c",
    "sys/nfs/nfs_bio.c",
    "sys/nfs/nfs_subs.c",
    "sys/rust/bindings.rs",
    "sys/rust/odd.rs",
    "sys/rust/request.rs",
    "sys/rust/zero.rs",
    "sys/sys/buf.h",
    "sys/sys/cdefs.h",
    "sys/sys/conf.h",
    "sys/sys/errno.h",
    "sys/sys/filedesc.h",
    "sys/sys/ktrace.h",
    "sys/sys/param.h",
    "sys/sys/proc.h",
    "sys/sys/queue.h",
    "sys/sys/resourcevar.h",
    "sys/sys/signalvar.h",
    "sys/sys/systm.h",
    "sys/sys/tty.h",
    "sys/sys/types.h",
    "sys/sys/uio.h",
    "sys/sys/vnode.h",
    "sys/ufs/ffs_vnops.c",
    "sys/ufs/ufs_readwrite.c",
    "sys/uvm/uvm_extern.h",
];

/// One row for each occurrence: path, line, function, access, direct, roles, space, note.
pub const LABELS: &str = include_str!("../labels.tsv");

/// One row for each site without an occurrence: path, line, function, access, kind, roles, space.
pub const IMPLICIT: &str = include_str!("../implicit.tsv");

/// One row for each occurrence that is not the tracked member: path, line, note.
pub const OTHER: &str = include_str!("../other.tsv");

/// The sample kernel: path relative to the tree's root, and content. Sorted by path.
pub fn tree() -> Vec<(&'static str, &'static [u8])> {
    TREE.to_vec()
}

/// Pack name and TOML text: a statement that reaches each rule of the pack, and one that just does not.
///
/// A document is a list of `[[pair]]` with `key` (as `Rule::key` of the analyzer gives it), `type`, `hit` and `miss`; the
/// statements stand in `int f(struct uio *uio, struct TYPE *q) { struct TYPE *p = uio->FIELD; … }`.
pub fn pack_fixtures() -> Vec<(&'static str, &'static str)> {
    fixtures!["4.4bsd", "netbsd", "openbsd", "freebsd", "dragonfly",]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    const NAME: &[u8] = b"uio_procp";

    fn walk(root: &Path, dir: &Path, out: &mut Vec<String>) {
        for entry in fs::read_dir(dir).expect("a directory of the tree") {
            let path = entry.expect("a directory entry").path();
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                let relative = path.strip_prefix(root).expect("a path below the root");
                let parts: Vec<_> = relative.iter().map(|p| p.to_string_lossy()).collect();
                out.push(parts.join("/"));
            }
        }
    }

    /// Lines where the name starts, as a whole word, with line continuations taken out as the compiler does.
    fn occurrences(text: &[u8]) -> Vec<u32> {
        let (mut joined, mut lines, mut line, mut i) = (Vec::new(), Vec::new(), 1, 0);
        while i < text.len() {
            let rest = &text[i..];
            if rest.starts_with(b"\\\n") || rest.starts_with(b"\\\r\n") {
                i += if rest[1] == b'\n' { 2 } else { 3 };
                line += 1;
                continue;
            }
            joined.push(text[i]);
            lines.push(line);
            line += u32::from(text[i] == b'\n');
            i += 1;
        }
        let word = |b: Option<&u8>| b.is_some_and(|b| *b == b'_' || b.is_ascii_alphanumeric());
        (0..joined.len())
            .filter(|&at| joined[at..].starts_with(NAME))
            .filter(|&at| !word(joined.get(at + NAME.len())) && (at == 0 || !word(joined.get(at - 1))))
            .map(|at| lines[at])
            .collect()
    }

    fn rows(tsv: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
        tsv.lines().skip(1).map(|l| l.split('\t').collect())
    }

    #[test]
    fn no_file_of_the_tree_is_missing() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tree");
        let mut disk = Vec::new();
        walk(&root, &root, &mut disk);
        disk.sort();
        let listed: Vec<_> = tree().into_iter().map(|(path, _)| path.to_owned()).collect();
        assert_eq!(listed, disk);
    }

    #[test]
    fn every_occurrence_has_exactly_one_row() {
        let mut text = Vec::new();
        for (path, content) in tree() {
            if [".c", ".h", ".rs"].iter().any(|e| path.ends_with(e)) {
                text.extend(occurrences(content).into_iter().map(|line| (path, line)));
            }
        }
        let mut labelled: Vec<_> =
            rows(LABELS).chain(rows(OTHER)).map(|r| (r[0], r[1].parse().expect("a line number"))).collect();
        text.sort_unstable();
        labelled.sort_unstable();
        assert_eq!(labelled, text);
    }

    #[test]
    fn rows_have_their_columns() {
        for (tsv, columns) in [(LABELS, 8), (IMPLICIT, 7), (OTHER, 3)] {
            for line in tsv.lines() {
                assert_eq!(line.split('\t').count(), columns, "{line}");
            }
        }
    }

    #[test]
    fn awkward_bytes_survived_the_checkout() {
        let all: Vec<u8> = tree().into_iter().flat_map(|(_, content)| content.to_vec()).collect();
        for (what, byte) in [("form feed", 0x0c), ("carriage return", b'\r'), ("Latin-1", 0xfc)] {
            assert!(all.contains(&byte), "no {what} left");
        }
    }
}
