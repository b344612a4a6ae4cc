//! Lines and columns of byte offsets.

/// Offsets of line starts.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Of a text.
    pub fn new(text: &[u8]) -> LineIndex {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text).map(|i| i as u32 + 1));
        LineIndex { starts }
    }

    /// 1-based line and 1-based column in bytes.
    pub fn place(&self, offset: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|s| *s <= offset);
        (line as u32, offset - self.starts[line - 1] + 1)
    }

    /// 1-based line.
    pub fn line(&self, offset: u32) -> u32 {
        self.place(offset).0
    }

    /// Byte span of a 1-based line, without its end.
    pub fn span(&self, line: u32, text: &[u8]) -> (u32, u32) {
        let start = self.starts.get(line as usize - 1).copied().unwrap_or(text.len() as u32);
        let end = self.starts.get(line as usize).map_or(text.len() as u32, |s| s - 1);
        (start, end.max(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns() {
        let text = b"a\nbc\n\nd";
        let index = LineIndex::new(text);
        let places: Vec<_> = [0, 1, 2, 3, 5, 6].iter().map(|o| index.place(*o)).collect();
        assert_eq!(places, [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (4, 1)]);
        assert_eq!(index.span(2, text), (2, 4));
        assert_eq!(index.span(4, text), (6, 7));
    }
}
