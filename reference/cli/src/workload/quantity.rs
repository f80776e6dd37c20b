//! Amounts as people write them.

/// Cores: a number of 0 or more.
pub fn cores(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(cores) if cores.is_finite() && cores >= 0.0 => Ok(cores),
        _ => Err("expected a number of cores, such as 0.5".to_owned()),
    }
}

/// Bytes, plain or with a unit: `KB`, `MB`, ... count in thousands; `K`, `KiB`,
/// `M`, `MiB`, ... in 1024s, as Docker does.
pub fn byte_count(text: &str) -> Result<u64, String> {
    let odd = || "expected bytes, such as 536870912 or 512MiB".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let unit = unit.trim().to_ascii_lowercase();
    let factor: u64 = match unit.as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err(odd()),
    };
    let number: u64 = digits.parse().map_err(|_| odd())?;
    number.checked_mul(factor).ok_or_else(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_may_have_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("536870912", 1 << 29),
            ("512MiB", 1 << 29),
            ("2g", 2 << 30),
            ("5 MB", 5_000_000),
        ] {
            assert_eq!(byte_count(text), Ok(bytes), "{text}");
        }
        for odd in ["", "MiB", "-1", "1.5g", "9x", "99999999999t"] {
            assert!(byte_count(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn cores_are_not_negative() {
        assert_eq!(cores("0.5"), Ok(0.5));
        assert!(cores("-1").is_err() && cores("NaN").is_err() && cores("two").is_err());
    }
}
