//! A window that slides over a source: as much of it as is needed at a time.

use std::io::{self, Read};

/// What is read at a time.
pub const CHUNK: usize = 1 << 18;

/// The unread bytes of a source that have been taken off it.
#[derive(Debug)]
pub struct Window<R> {
    source: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// The offset in the source of the buffer's first byte.
    base: u64,
    last: bool,
}

impl<R: Read> Window<R> {
    /// A window on `source`, whose first bytes were taken off it already and are `head`.
    pub fn new(head: Vec<u8>, source: R) -> Window<R> {
        let end = head.len();
        Window { source, buffer: head, at: 0, end, base: 0, last: false }
    }

    /// A window on `source`, which gives what is from `offset` on.
    pub fn at(offset: u64, source: R) -> Window<R> {
        Window { source, buffer: Vec::new(), at: 0, end: 0, base: offset, last: false }
    }

    /// Makes sure that `need` bytes are there, unless the source ends before.
    #[inline]
    pub fn fill(&mut self, need: usize) -> io::Result<()> {
        if self.end - self.at < need && !self.last { self.read(need) } else { Ok(()) }
    }

    fn read(&mut self, need: usize) -> io::Result<()> {
        while self.end - self.at < need && !self.last {
            if self.at > 0 && self.buffer.len() - self.end < CHUNK {
                self.buffer.copy_within(self.at..self.end, 0);
                self.base += self.at as u64;
                self.end -= self.at;
                self.at = 0;
            }
            if self.buffer.len() - self.end < CHUNK {
                self.buffer.resize(self.end + CHUNK, 0);
            }
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.last = true,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// The bytes that are there.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.at..self.end]
    }

    /// Bytes that were passed `back` bytes ago.
    #[inline]
    pub fn passed(&self, back: usize) -> &[u8] {
        &self.buffer[self.at - back.min(self.at)..self.at]
    }

    /// Goes on by as much as is there of `n`.
    #[inline]
    pub fn pass(&mut self, n: usize) {
        self.at = self.at.saturating_add(n).min(self.end);
    }

    /// The offset of the next byte.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Whether nothing comes after the bytes that are there.
    #[inline]
    pub fn is_last(&self) -> bool {
        self.last
    }
}
