//! What a tree looks like from outside: names, sizes and times, by which it is seen that nothing in it changed.

use super::tree::{is_source, relative, whole_of};
use borsh::{BorshDeserialize, BorshSerialize};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use walkdir::WalkDir;

/// Everything on which the reading of a tree depends, but for what stands in its files.
///
/// Who changes a file changes its `ctime`, which no program can set back short of setting the clock. Two changes within the clock's own step look the same:
/// see [`Manifest::is_settled`].
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Manifest {
    /// The way from the whole tree's headers to the part that is read.
    home: String,
    /// Sorted by path.
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
struct Entry {
    path: String,
    /// Nothing for what is only counted.
    file: Option<Stamp>,
}

/// What a file system says of a file; times in seconds and nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
    modified: (i64, i64),
}

impl Stamp {
    fn of(meta: &Metadata) -> Stamp {
        Stamp {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            changed: (meta.ctime(), meta.ctime_nsec()),
            modified: (meta.mtime(), meta.mtime_nsec()),
        }
    }
}

/// The step of the clock of a file system that has fractions of seconds; the coarsest is a hundredth.
const FINE: Duration = Duration::from_millis(100);
/// The step of one that has none; the coarsest is two seconds.
const COARSE: Duration = Duration::from_secs(3);

impl Manifest {
    /// Of what [`super::SourceTree::read_part`] would read. `None`: something could not be looked at, so that nothing can be said.
    pub fn of(path: &Path, headers: &[String]) -> Option<Manifest> {
        let mut manifest = Manifest { home: String::new(), entries: Vec::new() };
        if fs::metadata(path).ok()?.is_file() {
            let name = path.file_name().map(|n| super::name_of(Path::new(n)))?;
            manifest.entries.push(Entry { path: name, file: Some(Stamp::of(&fs::metadata(path).ok()?)) });
        } else {
            manifest.add(path, "")?;
        }
        let has = |h: &str| manifest.files().any(|f| f == h || f.ends_with(&format!("/{h}")));
        if let Some(whole) = whole_of(path, headers, has) {
            manifest.add(&whole.headers, &whole.prefix)?;
            manifest.home = whole.home;
        }
        manifest.entries.sort();
        Some(manifest)
    }

    fn files(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|e| e.file.is_some()).map(|e| e.path.as_str())
    }

    fn add(&mut self, root: &Path, prefix: &str) -> Option<()> {
        for entry in WalkDir::new(root).follow_root_links(true) {
            let entry = entry.ok()?;
            if entry.file_type().is_dir() {
                continue;
            }
            let is_read = entry.file_type().is_file() && is_source(entry.path());
            let file = if is_read { Some(Stamp::of(&entry.metadata().ok()?)) } else { None };
            self.entries.push(Entry { path: format!("{prefix}{}", relative(root, entry.path())), file });
        }
        Some(())
    }

    /// Whether every file was last changed so long before `since` that a later change has another time.
    pub fn is_settled(&self, since: SystemTime) -> bool {
        let Ok(since) = since.duration_since(UNIX_EPOCH) else { return false };
        self.entries.iter().filter_map(|e| e.file.as_ref()).all(|f| {
            let step = if f.changed.1 == 0 { COARSE } else { FINE };
            let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(f.changed.0), u32::try_from(f.changed.1)) else {
                return true;
            };
            Duration::new(seconds, nanoseconds) + step < since
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(root: &Path) -> Manifest {
        Manifest::of(root, &["sys/uio.h".to_owned()]).expect("readable")
    }

    #[test]
    fn every_change_is_seen() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path();
        let write = |name: &str, text: &str| fs::write(root.join(name), text).expect("written");
        fs::create_dir(root.join("kern")).expect("made");
        write("kern/a.c", "int a;");
        write("kern/notes", "");
        let mut last = of(root);
        assert_eq!(last, of(root));
        type Change<'a> = (&'a str, &'a dyn Fn());
        let changes: [Change<'_>; 5] = [
            ("a file more", &|| write("kern/b.c", "int b;")),
            ("another name", &|| fs::rename(root.join("kern/b.c"), root.join("kern/c.c")).expect("renamed")),
            ("another size", &|| write("kern/a.c", "int a, b;")),
            ("one that is not read", &|| write("kern/more", "")),
            ("one less", &|| fs::remove_file(root.join("kern/c.c")).expect("removed")),
        ];
        for (what, change) in changes {
            change();
            let now = of(root);
            assert_ne!(now, last, "{what}");
            last = now;
        }
    }

    #[test]
    fn a_part_hangs_on_the_headers_of_the_whole() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path();
        for d in ["sys", "kern"] {
            fs::create_dir(root.join(d)).expect("made");
        }
        fs::write(root.join("kern/a.c"), "int a;").expect("written");
        let alone = of(&root.join("kern"));
        fs::write(root.join("sys/uio.h"), "struct uio { int x; };").expect("written");
        let whole = of(&root.join("kern"));
        assert_ne!(alone, whole);
        fs::write(root.join("sys/uio.h"), "struct uio { int xx; };").expect("written");
        assert_ne!(of(&root.join("kern")), whole);
    }

    #[test]
    fn what_has_just_changed_is_not_settled() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("a.c"), "int a;").expect("written");
        let now = SystemTime::now();
        assert!(!of(dir.path()).is_settled(now));
        assert!(of(dir.path()).is_settled(now + Duration::from_secs(10)));
    }
}
