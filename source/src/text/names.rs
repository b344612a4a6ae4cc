//! File names are bytes, and paths of this crate are text: a byte that is no UTF-8 has a character of its own, so that two names are
//! never one, and the bytes come back.

use std::path::{Path, PathBuf};

/// The character of byte 0; those of bytes from 0x80 on are the last of the last plane for private use.
const BASE: u32 = 0x0010_ff00;

/// A name as text.
pub fn name_of(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut out = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            // A name that has such a character itself has its bytes told one by one, like those of no character.
            if byte_of(c).is_some() {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| out.push(of_byte(b)));
            } else {
                out.push(c);
            }
        }
        out.extend(chunk.invalid().iter().map(|b| of_byte(*b)));
    }
    out
}

/// The name's bytes.
pub fn bytes_of(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for c in name.chars() {
        match byte_of(c) {
            Some(b) => out.push(b),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out
}

/// The name as a path of the file system.
pub fn path_of(name: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes_of(name)).into()
}

/// The byte that a character stands for.
pub fn byte_of(c: char) -> Option<u8> {
    let b = u32::from(c).checked_sub(BASE)?;
    u8::try_from(b).ok().filter(|b| *b >= 0x80)
}

fn of_byte(b: u8) -> char {
    char::from_u32(BASE + u32::from(b)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    fn check(bytes: &[u8]) -> String {
        let name = name_of(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(bytes_of(&name), bytes, "{name}");
        name
    }

    #[test]
    fn names_come_back_and_differ() {
        assert_eq!(check("sys/kern/größe.c".as_bytes()), "sys/kern/größe.c");
        let latin = check(b"lat\xe9.c");
        assert_ne!(latin, check(b"lat\xea.c"));
        assert_ne!(latin, check(latin.as_bytes()));
        for b in 0x80..=0xff {
            check(&[b'a', b, b'b', b, b]);
        }
    }
}
