//! Places as a reader can open them: the tree's paths from where the reader stands.

use crate::safe::clean;

/// The way from where the reader stands to the tree's root.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Nothing where the tree is no directory of the reader's; else it ends in `/`, unless the reader stands in the root.
    prefix: String,
}

impl Places {
    /// By the directory that the tree was named by, as it was typed.
    pub fn new(directory: &str) -> Places {
        let prefix = match directory.trim_end_matches('/') {
            "" if directory.starts_with('/') => "/".to_owned(),
            "" | "." => String::new(),
            named => format!("{}/", named.strip_prefix("./").unwrap_or(named)),
        };
        Places { prefix }
    }

    /// A path of the tree from where the reader stands.
    pub fn of(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The same with everything made safe that a terminal would act on.
    pub fn shown(&self, path: &str) -> String {
        clean(&self.of(path)).into_owned()
    }

    /// The same as the reference of a URI: all bytes but the plain ones are escaped.
    pub fn uri(&self, path: &str) -> String {
        let mut out = String::new();
        let bytes = uioscope_source::text::bytes_of(&self.of(path));
        for b in bytes {
            match b {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(b as char),
                b => out.push_str(&format!("%{b:02X}")),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_from_where_the_reader_stands() {
        let check = |directory: &str, want: &str| assert_eq!(Places::new(directory).of("kern/a.c"), want);
        check(".", "kern/a.c");
        check("", "kern/a.c");
        check("sys/", "sys/kern/a.c");
        check("./sys", "sys/kern/a.c");
        check("../sys", "../sys/kern/a.c");
        check("/usr/src/sys", "/usr/src/sys/kern/a.c");
        check("/", "/kern/a.c");
        assert_eq!(Places::new("a b").uri("x%.c"), "a%20b/x%25.c");
    }
}
