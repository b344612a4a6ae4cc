//! Numbers, names and data of a trace as bytes of output: no allocation, and nothing that a terminal would act on.

use std::io::Write;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Two hexadecimal digits for each byte value.
static PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut i = 0;
    while i < 256 {
        pairs[i] = [HEX[i >> 4], HEX[i & 15]];
        i += 1;
    }
    pairs
};

/// Two hexadecimal digits a byte.
pub fn hex(out: &mut Vec<u8>, data: &[u8]) {
    out.reserve(2 * data.len());
    for part in data.chunks(64) {
        let mut block = [[0; 2]; 64];
        for (pair, byte) in block.iter_mut().zip(part) {
            *pair = PAIRS[usize::from(*byte)];
        }
        out.extend_from_slice(&block.as_flattened()[..2 * part.len()]);
    }
}

/// `0x` and the number without leading zeros.
pub fn hexadecimal(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(b"0x");
    let digits = (64 - n.leading_zeros()).div_ceil(4).max(1);
    out.extend((0..digits).rev().map(|i| HEX[(n >> (4 * i) & 15) as usize]));
}

/// The number in decimal.
pub fn decimal(out: &mut Vec<u8>, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    unsigned(out, n.unsigned_abs());
}

/// The number in decimal.
pub fn unsigned(out: &mut Vec<u8>, mut n: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// The number in at least `width` columns, filled from the left with `fill`.
pub fn padded(out: &mut Vec<u8>, n: i64, width: usize, fill: u8) {
    let start = out.len();
    decimal(out, n);
    let missing = width.saturating_sub(out.len() - start);
    if missing > 0 {
        let end = out.len();
        out.resize(end + missing, fill);
        out.copy_within(start..end, start + missing);
        out[start..start + missing].fill(fill);
    }
}

/// A JSON string of Latin-1 text: byte XX is character U+00XX, so that no byte is lost.
pub fn json_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    let mut rest = text;
    while let Some(plain) = rest.iter().position(|b| !matches!(b, 0x20..=0x7e) || matches!(b, b'"' | b'\\')) {
        out.extend_from_slice(&rest[..plain]);
        let byte = rest[plain];
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&PAIRS[usize::from(byte)]);
            }
        }
        rest = &rest[plain + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// How each byte is shown on a terminal: itself, or as vis(3) writes it in C style.
static SHOWN: [([u8; 4], u8); 256] = {
    let mut shown = [([0; 4], 0); 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        shown[i] = match byte {
            b'"' | b'\\' => ([b'\\', byte, 0, 0], 2),
            0x20..=0x7e => ([byte, 0, 0, 0], 1),
            b'\n' => ([b'\\', b'n', 0, 0], 2),
            b'\r' => ([b'\\', b'r', 0, 0], 2),
            b'\t' => ([b'\\', b't', 0, 0], 2),
            _ => ([b'\\', b'x', HEX[i >> 4], HEX[i & 15]], 4),
        };
        i += 1;
    }
    shown
};

/// Text between quotes on one line; every byte that is no printable ASCII is an escape.
pub fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    shown(out, text);
    out.push(b'"');
}

/// The same without quotes.
pub fn shown(out: &mut Vec<u8>, text: &[u8]) {
    for part in text.chunks(64) {
        let mut block = [0; 260];
        let mut at = 0;
        for byte in part {
            let (bytes, used) = &SHOWN[usize::from(*byte)];
            block[at..at + 4].copy_from_slice(bytes);
            at += usize::from(*used);
        }
        out.extend_from_slice(&block[..at]);
    }
}

/// Whatever shows itself.
pub fn display(out: &mut Vec<u8>, what: impl std::fmt::Display) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(write: impl Fn(&mut Vec<u8>), wanted: &str) {
        let mut out = Vec::new();
        write(&mut out);
        assert_eq!(String::from_utf8_lossy(&out), wanted);
    }

    #[test]
    fn numbers() {
        check(|out| decimal(out, i64::MIN), "-9223372036854775808");
        check(|out| decimal(out, 0), "0");
        check(|out| unsigned(out, u64::MAX), "18446744073709551615");
        check(|out| hexadecimal(out, 0), "0x0");
        check(|out| hexadecimal(out, u64::MAX), "0xffffffffffffffff");
        check(|out| hexadecimal(out, 0x1b6), "0x1b6");
        check(|out| padded(out, 7, 3, b'0'), "007");
        check(|out| padded(out, 12345, 3, b' '), "12345");
    }

    #[test]
    fn data() {
        check(|out| hex(out, &[0, 0xff, 0x1b]), "00ff1b");
        check(|out| hex(out, &[0xab; 65]), &"ab".repeat(65));
        check(|out| json_string(out, b"a\"\\\n\xff\x00"), "\"a\\\"\\\\\\n\\u00ff\\u0000\"");
        check(|out| quoted(out, b"/tmp/\x1b[2J\r\n\xc3"), "\"/tmp/\\x1b[2J\\r\\n\\xc3\"");
        check(|out| shown(out, &[0; 65]), &"\\x00".repeat(65));
    }
}
