//! What a file that is no trace looks like instead.

/// A guess from the first bytes, as a noun phrase; `None` where they look like nothing known.
pub fn looks_like(head: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 20] = [
        (b"\x1f\x8b", "a gzip archive; unpack it first"),
        (b"BZh", "a bzip2 archive; unpack it first"),
        (b"\xfd7zXZ\0", "an xz archive; unpack it first"),
        (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it first"),
        (b"\x1f\x9d", "a compress(1) archive; unpack it first"),
        (b"PK\x03\x04", "a zip archive; unpack it first"),
        (b"\xd4\xc3\xb2\xa1", "a packet capture (pcap)"),
        (b"\xa1\xb2\xc3\xd4", "a packet capture (pcap)"),
        (b"\x4d\x3c\xb2\xa1", "a packet capture (pcap)"),
        (b"\xa1\xb2\x3c\x4d", "a packet capture (pcap)"),
        (b"\x0a\x0d\x0d\x0a", "a packet capture (pcapng)"),
        (b"!<arch>\n", "an ar archive"),
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"%PDF-", "a PDF document"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\xcf\xfa\xed\xfe", "a Mach-O file"),
        (b"\xce\xfa\xed\xfe", "a Mach-O file"),
        (b"MZ", "a DOS or Windows program"),
        (b"PERFILE2", "a Linux perf recording"),
    ];
    if head.starts_with(b"\x7fELF") {
        let little = head.get(5) != Some(&2);
        let kind = head.get(16..18).map(|k| if little { k[0] } else { k[1] });
        return Some(match kind {
            Some(4) => "an ELF core dump",
            Some(1) => "an ELF object file",
            _ => "an ELF program or library",
        });
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive; unpack it first");
    }
    if let Some((_, what)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(what);
    }
    if head.starts_with(b"#!") {
        return Some("a script");
    }
    let sample = &head[..head.len().min(4096)];
    if sample.len() > 1 && sample.iter().all(|b| *b == sample[0]) {
        return Some(if sample[0] == 0 { "nothing but zeros" } else { "one byte over and over" });
    }
    let text = |b: &u8| matches!(b, b'\n' | b'\r' | b'\t' | 0x0c | 0x1b | 0x20..=0x7e) || *b >= 0x80;
    let ascii = sample.iter().filter(|b| b.is_ascii()).count();
    if !sample.is_empty() && sample.iter().all(text) && ascii * 10 >= sample.len() * 7 {
        let kdump = sample.windows(6).any(|w| matches!(w, b" CALL " | b" NAMI "));
        return Some(match sample.iter().find(|b| !b.is_ascii_whitespace()) {
            _ if kdump => "text that kdump printed; give the trace itself",
            Some(b'{' | b'[') => "JSON text",
            _ => "text",
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_files_are_recognised() {
        let check = |head: &[u8], wanted: Option<&str>| assert_eq!(looks_like(head), wanted);
        check(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0", Some("an ELF core dump"));
        check(b"\x7fELF\x01\x02\x01\0\0\0\0\0\0\0\0\0\0\x04", Some("an ELF core dump"));
        check(b"\x7fELF", Some("an ELF program or library"));
        check(b"\xd4\xc3\xb2\xa1\x02\0\x04\0", Some("a packet capture (pcap)"));
        check(b"#!/bin/sh\n", Some("a script"));
        check(b" 101 cat      CALL  read(0x3)\n", Some("text that kdump printed; give the trace itself"));
        check(b"hello, world\n", Some("text"));
        check(&[0; 100], Some("nothing but zeros"));
        check(b"\x01\xc0\xd5\x07", None);
        check(b"", None);
    }
}
