//! Which whole numbers a message names, in whatever protocol nodes speak.
//!
//! Every number of the body and every string or key of digits alone is one; what stands
//! under `msg_id` and `in_reply_to` numbers messages and is none. A counter or a hop
//! count may look like an element, but only the element itself is the same in every copy.

/// Longer bodies are batches.
pub(super) const LONGEST: usize = 4096;
/// So are bodies that name more numbers than this.
pub(super) const MOST: usize = 16;

/// Puts the numbers into `found`, each once; none for what is a batch.
pub(super) fn numbers(body: &[u8], found: &mut Vec<u64>) {
    found.clear();
    if body.len() > LONGEST {
        return;
    }
    let (mut at, mut counts_messages) = (0, false);
    while at < body.len() && found.len() <= MOST {
        let rest = &body[at..];
        let (token, skip) = match rest[0] {
            b'"' => {
                let text = string(&rest[1..]);
                counts_messages = matches!(text, b"msg_id" | b"in_reply_to");
                (text, text.len() + 2)
            }
            b'0'..=b'9' | b'-' | b'.' => {
                let text = number(rest);
                let numbers_messages = std::mem::take(&mut counts_messages);
                (if numbers_messages { &[] } else { text }, text.len())
            }
            _ => (&[][..], 1),
        };
        found.extend(whole(token));
        at += skip;
    }
    if found.len() > MOST {
        found.clear();
    }
    found.sort_unstable();
    found.dedup();
}

/// Up to the closing quote.
fn string(text: &[u8]) -> &[u8] {
    let mut escaped = false;
    let end = text.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    &text[..end.unwrap_or(text.len())]
}

/// A number with its sign, fraction and exponent.
fn number(text: &[u8]) -> &[u8] {
    let part =
        |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    let end = text.iter().position(|byte| !part(byte));
    &text[..end.unwrap_or(text.len())]
}

/// Digits alone, short enough to fit surely.
fn whole(token: &[u8]) -> Option<u64> {
    let digits = !token.is_empty() && token.len() < 19 && token.iter().all(u8::is_ascii_digit);
    let number = |number: u64, byte: &u8| number * 10 + u64::from(byte - b'0');
    digits.then(|| token.iter().fold(0, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(body: &str) -> Vec<u64> {
        let mut found = Vec::new();
        numbers(body.as_bytes(), &mut found);
        found
    }

    #[test]
    fn numbers_and_digits_in_quotes_are_named_wherever_they_stand() {
        assert_eq!(named(r#"{"type":"broadcast","message":3}"#), [3]);
        assert_eq!(
            named(r#"{"m":{"12":["n1","n2"]},"hops" : 7 ,"x":[3,3]}"#),
            [3, 7, 12]
        );
        assert!(named(r#"{"message":"a\"5\"","n":-4,"f":1.5,"e":2e3}"#).is_empty());
    }

    #[test]
    fn the_numbers_of_messages_are_not_named() {
        assert_eq!(
            named(r#"{"message":3,"msg_id": 99,"in_reply_to":[4]}"#),
            [3]
        );
        assert_eq!(named(r#"{"msg_id":99,"message":3,"n":9}"#), [3, 9]);
    }

    #[test]
    fn a_batch_names_nothing() {
        let list: Vec<String> = (0..=MOST).map(|number| number.to_string()).collect();
        assert!(named(&format!("[{}]", list.join(","))).is_empty());
        assert_eq!(named(&format!("[{}]", list[1..].join(","))).len(), MOST);
        let long = format!("{{\"m\":1,\"x\":\"{}\"}}", "y".repeat(LONGEST));
        assert!(named(&long).is_empty());
    }

    #[test]
    fn torn_text_ends_the_search() {
        for body in ["{\"message\":3,\"x", "{\"message\":3,\"x\\", "\"", "3"] {
            assert!(named(body).len() <= 1, "{body}");
        }
    }
}
