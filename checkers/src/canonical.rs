//! One spelling for each JSON value, so that equal values are equal texts.
//!
//! Integers keep every digit: 128-bit ids are common, and a parser that turns
//! them into floats would make different ids equal. An integer and a float are
//! different values (`1` and `1.0`), as they are to the reference.

use std::collections::BTreeMap;

use serde::de::Error;
use serde_json::value::RawValue;

/// As deep as `serde_json` itself parses.
const MAX_DEPTH: usize = 128;

/// Digits a double can tell apart; a longer decimal fraction is kept as written.
const EXACT_DIGITS: usize = 17;

/// The canonical text of a JSON text: no spaces, keys sorted (the last of equal
/// keys counts), strings and numbers spelled in one way.
///
/// # Errors
/// If the text is not JSON, or nests more than 128 deep.
pub fn canonical(json: &str) -> serde_json::Result<String> {
    let raw: &RawValue = serde_json::from_str(json)?;
    let mut text = String::with_capacity(json.len());
    write(raw, 0, &mut text)?;
    Ok(text)
}

fn write(raw: &RawValue, depth: usize, out: &mut String) -> serde_json::Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::custom("nested more than 128 deep"));
    }
    let json = raw.get().trim();
    match json.as_bytes()[0] {
        b'{' => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json)?;
            let mut separator = '{';
            for (key, value) in &fields {
                out.push(separator);
                out.push_str(&serde_json::to_string(key)?);
                out.push(':');
                write(value, depth + 1, out)?;
                separator = ',';
            }
            out.push_str(if fields.is_empty() { "{}" } else { "}" });
        }
        b'[' => {
            let entries: Vec<&RawValue> = serde_json::from_str(json)?;
            let mut separator = '[';
            for entry in &entries {
                out.push(separator);
                write(entry, depth + 1, out)?;
                separator = ',';
            }
            out.push_str(if entries.is_empty() { "[]" } else { "]" });
        }
        b'"' => {
            let string: String = serde_json::from_str(json)?;
            out.push_str(&serde_json::to_string(&string)?);
        }
        b'-' | b'0'..=b'9' => out.push_str(&number(json)?),
        _ => out.push_str(json),
    }
    Ok(())
}

fn number(json: &str) -> serde_json::Result<String> {
    let mantissa = json.split(['e', 'E']).next().unwrap_or(json);
    if mantissa.len() == json.len() && !json.contains('.') {
        return Ok(if json == "-0" { "0" } else { json }.to_owned());
    }
    let digits = mantissa.trim_start_matches(['-', '0', '.']);
    let digits = digits.bytes().filter(u8::is_ascii_digit).count();
    match json.parse::<f64>() {
        Ok(0.0) if digits == 0 => Ok("0.0".to_owned()),
        Ok(float) if float.is_finite() && float != 0.0 && digits <= EXACT_DIGITS => {
            serde_json::to_string(&float)
        }
        _ => Ok(json.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn equal_values_get_one_text_whatever_their_spelling() {
        for (one, other) in [
            (r#"{"a":1,"b":[2, {}]}"#, r#" { "b":[2,{ }],"a":1 }"#),
            (r#""A\u0042""#, r#""AB""#),
            ("1.50", "1.5"),
            ("1e3", "1000.0"),
            ("-0", "0"),
            ("-0.0", "0e5"),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
        ] {
            assert_eq!(canonical(one).unwrap(), canonical(other).unwrap());
        }
    }

    #[test]
    fn different_values_stay_different_beyond_the_precision_of_floats() {
        for (one, other) in [
            (
                "340282366920938463463374607431768211455",
                "340282366920938463463374607431768211454",
            ),
            ("-9223372036854775809", "-9223372036854775810"),
            ("[12345678901234567890123]", "[12345678901234567890124]"),
            ("0.1234567890123456789012", "0.1234567890123456789013"),
            ("1e400", "1e401"),
            ("1e-400", "0.0"),
            ("1", "1.0"),
            ("1", "\"1\""),
            ("null", "\"null\""),
        ] {
            assert_ne!(canonical(one).unwrap(), canonical(other).unwrap());
        }
    }

    #[test]
    fn what_is_not_json_is_an_error_and_depth_is_bounded() {
        for text in ["", "{", "01", "nul", "\"\\ud800\"", "1 2", "[1,]"] {
            assert!(canonical(text).is_err(), "{text}");
        }
        let deep = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(canonical(&deep(100)).is_ok());
        assert!(canonical(&deep(100_000)).is_err());
    }
}
