//! The index at the end of a file, for jumping by time.

use super::{BLOCK, BLOCK_HEADER, Cursor, FOOTER, FormatError, LONGEST_BODY, block};
use std::io::{Read, Seek, SeekFrom};

/// Where blocks of records start, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// One for each block, or for every few of them.
    pub blocks: Vec<Indexed>,
}

/// A block of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexed {
    /// Its offset in the file.
    pub offset: u64,
    /// The seconds of its first record.
    pub sec: i64,
    /// And the nanoseconds.
    pub nsec: u32,
    /// How many records it has.
    pub records: u32,
}

impl Index {
    /// Reads the index of a file; `None` where it has none, because it is short, cut off or from a writer without one.
    pub fn read(source: &mut (impl Read + Seek)) -> Result<Option<Index>, FormatError> {
        let end = source.seek(SeekFrom::End(0))?;
        let Some(footer) = end.checked_sub(16) else { return Ok(None) };
        source.seek(SeekFrom::Start(footer))?;
        let mut bytes = [0; 16];
        source.read_exact(&mut bytes)?;
        let mut cursor = Cursor { bytes: &bytes };
        let start = cursor.u64().unwrap_or_default();
        let len = end.checked_sub(start).and_then(|len| usize::try_from(len).ok());
        let Some(len) = len.filter(|len| cursor.bytes == FOOTER && *len <= BLOCK_HEADER + LONGEST_BODY) else {
            return Ok(None);
        };
        source.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        source.take(len as u64).read_to_end(&mut bytes)?;
        if !bytes.starts_with(&BLOCK) {
            // Another file stands before this one, whose offsets are from its own start.
            return Ok(None);
        }
        if !super::read::sound(&bytes) {
            return Err(FormatError::Checksum);
        }
        Ok(Index::decode(&bytes))
    }

    fn decode(bytes: &[u8]) -> Option<Index> {
        let mut cursor = Cursor { bytes };
        if cursor.take(BLOCK.len())? != BLOCK || cursor.u16()? != block::INDEX {
            return None;
        }
        cursor.take(6)?;
        let count = cursor.u32()?;
        cursor.take(4)?;
        let mut blocks = Vec::new();
        for _ in 0..count {
            let (offset, sec, nsec, records) = (cursor.u64()?, cursor.i64()?, cursor.u32()?, cursor.u32()?);
            blocks.push(Indexed { offset, sec, nsec, records });
        }
        Some(Index { blocks })
    }

    /// The last block that starts no later than this time, or the first; `None` where there is no block.
    pub fn before(&self, sec: i64, nsec: u32) -> Option<Indexed> {
        let early = self.blocks.iter().rfind(|block| (block.sec, block.nsec) <= (sec, nsec));
        early.or(self.blocks.first()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neutral::{Clock, Entry, Meta, Reader, Writer};
    use crate::read::Event;
    use std::io::Cursor as Memory;

    fn file(records: i64) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), &Meta::program("test", Clock::Steps, &[])).expect("memory");
        for sec in 0..records {
            writer.entry(&Entry { kind: 1, sec, payload: &[7; 100], ..Entry::default() }).expect("memory");
        }
        writer.finish().expect("memory")
    }

    #[test]
    fn a_reader_can_start_at_a_block() {
        let file = file(5000);
        let index = Index::read(&mut Memory::new(&file)).expect("a sound index").expect("an index");
        assert!(index.blocks.len() > 5);
        let total: u32 = index.blocks.iter().map(|block| block.records).sum();
        assert_eq!(total, 5000);
        let block = index.before(3000, 0).expect("a block");
        let meta = Reader::new(Vec::new(), &file[..]).expect("a head").meta().clone();
        let mut reader = Reader::at(meta, crate::neutral::VERSION, block.offset, &file[block.offset as usize..]);
        let Some(Event::Record(record)) = reader.next_event().expect("memory") else { panic!("a record") };
        assert_eq!(record.sec, block.sec);
        assert!(record.sec <= 3000 && record.sec > 3000 - i64::from(block.records));
        assert!(record.offset > block.offset);
    }

    #[test]
    fn a_short_file_needs_none_and_a_spoiled_one_is_noticed() {
        assert_eq!(Index::read(&mut Memory::new(file(3))).expect("no index"), None);
        assert_eq!(Index::read(&mut Memory::new(b"short")).expect("no index"), None);
        let mut spoiled = file(5000);
        let at = spoiled.len() - 30;
        spoiled[at] ^= 1;
        assert!(matches!(Index::read(&mut Memory::new(spoiled)), Err(FormatError::Checksum)));
    }
}
