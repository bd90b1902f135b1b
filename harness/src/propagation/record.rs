//! One line of `messages.jsonl`.
//!
//! Lines as the journal writes them are taken apart by hand, a few dozen
//! nanoseconds each; whatever looks different (another tool may have rewritten
//! the file) goes through the JSON parser.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use swelkie_checkers::Nanos;

/// What one line says.
#[derive(Debug, PartialEq)]
pub(crate) struct Record<'a> {
    pub at: Nanos,
    /// The message's number.
    pub id: u64,
    pub event: Event<'a>,
}

/// What happened to the message.
#[derive(Debug, PartialEq)]
pub(crate) enum Event<'a> {
    Send {
        /// Who wrote it, whatever sender it names.
        src: Cow<'a, str>,
        dest: Cow<'a, str>,
        /// None where the journal left bodies out for its size bound.
        body: Option<&'a [u8]>,
    },
    Deliver,
    Duplicate,
    Drop {
        why: Cow<'a, str>,
        fault: Option<Cow<'a, str>>,
    },
}

impl<'a> Record<'a> {
    /// Reads a line without its newline; none if it is no record.
    pub fn parse(line: &'a [u8]) -> Option<Record<'a>> {
        Self::as_written(line).or_else(|| Self::as_json(line))
    }

    /// Reads any spelling of a record, and nothing that was cut short.
    pub fn as_json(line: &'a [u8]) -> Option<Record<'a>> {
        let line: Line = serde_json::from_slice(line).ok()?;
        let event = match &*line.event {
            "send" => Event::Send {
                src: line.src?,
                dest: line.dest?,
                body: line.body.map(|body| body.get().as_bytes()),
            },
            "deliver" => Event::Deliver,
            "duplicate" => Event::Duplicate,
            "drop" => Event::Drop {
                why: line.why?,
                fault: line.fault,
            },
            _ => return None,
        };
        Some(Record {
            at: line.time,
            id: line.id,
            event,
        })
    }

    fn as_written(line: &'a [u8]) -> Option<Record<'a>> {
        let (at, rest) = number(line.strip_prefix(b"{\"time\":")?)?;
        let rest = rest.strip_prefix(b",\"event\":\"")?;
        if let Some(rest) = rest.strip_prefix(b"deliver\",\"id\":") {
            let (id, rest) = number(rest)?;
            return (rest == b"}").then_some(Record {
                at,
                id,
                event: Event::Deliver,
            });
        }
        let (id, rest) = number(rest.strip_prefix(b"send\",\"id\":")?)?;
        let (src, rest) = name(rest.strip_prefix(b",\"src\":\"")?)?;
        let (dest, rest) = name(rest.strip_prefix(b",\"dest\":\"")?)?;
        let body = rest.strip_prefix(b",\"body\":")?.strip_suffix(b"}")?;
        let (src, dest) = (Cow::Borrowed(src), Cow::Borrowed(dest));
        let whole = body.starts_with(b"{") && body.ends_with(b"}");
        let event = Event::Send {
            src,
            dest,
            body: Some(body),
        };
        whole.then_some(Record { at, id, event })
    }
}

/// Any spelling of a record.
#[derive(Deserialize)]
struct Line<'a> {
    time: Nanos,
    #[serde(borrow)]
    event: Cow<'a, str>,
    id: u64,
    #[serde(borrow)]
    src: Option<Cow<'a, str>>,
    #[serde(borrow)]
    dest: Option<Cow<'a, str>>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    why: Option<Cow<'a, str>>,
    #[serde(borrow)]
    fault: Option<Cow<'a, str>>,
}

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = text[..digits].iter().try_fold(0_u64, |number, byte| {
        number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))
    });
    number
        .filter(|_| digits > 0)
        .map(|number| (number, &text[digits..]))
}

/// Text up to the next quote; none if any of it is escaped.
fn name(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = text
        .iter()
        .position(|&byte| byte == b'"' || byte == b'\\')?;
    let (name, rest) = text.split_at(end);
    Some((std::str::from_utf8(name).ok()?, rest.strip_prefix(b"\"")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_reading_a_line_agree() {
        for line in [
            r#"{"time":1210,"event":"send","id":12,"src":"c1","dest":"n0","body":{"type":"broadcast","message":3}}"#,
            r#"{"time":1210,"event":"deliver","id":12}"#,
        ] {
            let record = Record::as_written(line.as_bytes());
            assert!(record.is_some(), "{line}");
            assert_eq!(record, Record::as_json(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn odd_names_forged_sources_and_missing_bodies_are_read() {
        let forged = br#"{"time":5,"event":"send","id":1,"src":"n0","dest":"n\"1","claimed_src":"n2","body":{"a": "}"}}"#;
        let Some(Record {
            event: Event::Send { src, dest, body },
            ..
        }) = Record::parse(forged)
        else {
            panic!("a record");
        };
        assert_eq!(
            (&*src, &*dest, body),
            ("n0", "n\"1", Some(&br#"{"a": "}"}"#[..]))
        );
        let bare = br#"{"time":5,"event":"send","id":1,"src":"n0","dest":"n1","bytes":40}"#;
        assert!(matches!(
            Record::parse(bare).unwrap().event,
            Event::Send { body: None, .. }
        ));
        let cut = br#"{"time":5,"event":"drop","id":1,"why":"cut","fault":"a\"b"}"#;
        let fault = Some(Cow::Borrowed("a\"b"));
        assert_eq!(
            Record::parse(cut).unwrap().event,
            Event::Drop {
                why: "cut".into(),
                fault
            }
        );
    }

    #[test]
    fn what_is_no_record_is_none() {
        for line in [
            "",
            "{}",
            "{\"time\":1,\"event\":\"send\",\"id\":1",
            "{\"time\":1,\"event\":\"sing\",\"id\":1}",
        ] {
            assert_eq!(Record::parse(line.as_bytes()), None, "{line}");
        }
    }
}
