//! Numbers and counted words as people read them.

/// `8333` as `8,333`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 file`, `2 files`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// `512 bytes`, `118.4 kB`, `65.0 MB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.iter().find(|(_, size)| n >= *size) {
        Some((unit, size)) => {
            let tenths = n / (size / 10);
            format!("{}.{} {unit}", grouped(tenths / 10), tenths % 10)
        }
        None => counted(n, "byte", "bytes"),
    }
}

/// `99.63 %`, rounded down: nothing but all is 100 %.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "100.00 %".to_owned();
    }
    let hundredths = u128::from(part) * 10_000 / u128::from(whole);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "file", "files"), "1 file");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(65_040_000), "65.0 MB");
    }

    #[test]
    fn a_percentage_never_rounds_up_to_all() {
        assert_eq!(percent(999_999, 1_000_000), "99.99 %");
        assert_eq!(percent(7, 7), "100.00 %");
        assert_eq!(percent(0, 0), "100.00 %");
    }
}
