//! Reading the fields of a message that another node wrote.
//!
//! What a [`Writer`](super::Writer) wrote is read in one pass over the text: the next
//! field stands where the last one ended. Anything else (another order, white space,
//! escaped names) is parsed once, in full, and then looked up by name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::value::RawValue;

use super::{Names, Peer, Rumor};

/// Reads one message from JSON.
pub struct Reader<'a> {
    text: &'a str,
    /// Where the next field should begin, if it is as a `Writer` writes.
    at: usize,
    /// All fields, once one was not where it should be.
    fields: Option<BTreeMap<Cow<'a, str>, &'a RawValue>>,
    names: &'a mut dyn Names,
}

const KIND: &str = "{\"type\":\"";

impl<'a> Reader<'a> {
    /// A reader of a message's text, the text of one JSON object.
    pub fn new(text: &'a str, names: &'a mut dyn Names) -> Reader<'a> {
        Reader {
            text,
            at: 0,
            fields: None,
            names,
        }
    }

    /// The message's `type`; none if it has none.
    pub fn kind(&mut self) -> Option<Cow<'a, str>> {
        let plain = self.text.strip_prefix(KIND).and_then(|rest| {
            let end = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
            (rest.as_bytes()[end] == b'"').then(|| &rest[..end])
        });
        if let Some(kind) = plain {
            self.at = KIND.len() + kind.len() + 1;
            return Some(Cow::Borrowed(kind));
        }
        let json = self.look_up("type")?;
        serde_json::from_str(json).ok().map(Cow::Owned)
    }

    /// A rumor.
    pub fn rumor(&mut self, name: &str) -> Option<Rumor> {
        let json = self.field(name)?;
        Some(self.names.read_rumor(json))
    }

    /// A list of rumors; null is an empty one.
    pub fn rumors(&mut self, name: &str) -> Option<Vec<Rumor>> {
        let json = self.field(name)?;
        if let Some(integers) = integers(json) {
            return Some(integers.map(|json| self.names.read_rumor(json)).collect());
        }
        let items: Option<Vec<&RawValue>> = serde_json::from_str(json).ok()?;
        let items = items.unwrap_or_default().into_iter();
        Some(
            items
                .map(|item| self.names.read_rumor(item.get()))
                .collect(),
        )
    }

    /// A peer; none if no member has this name.
    pub fn peer(&mut self, name: &str) -> Option<Peer> {
        let json = self.field(name)?;
        let id: Cow<str> = serde_json::from_str(json).ok()?;
        self.names.read_peer(&id)
    }

    /// A list of peers; names that no member has are left out, null is an empty list.
    pub fn peers(&mut self, name: &str) -> Option<Vec<Peer>> {
        let json = self.field(name)?;
        let ids: Option<Vec<Cow<str>>> = serde_json::from_str(json).ok()?;
        let ids = ids.unwrap_or_default().into_iter();
        Some(ids.filter_map(|id| self.names.read_peer(&id)).collect())
    }

    /// A number from 0.
    pub fn number(&mut self, name: &str) -> Option<u64> {
        self.field(name)?.parse().ok()
    }

    /// A list of numbers from 0; null is an empty one.
    pub fn numbers(&mut self, name: &str) -> Option<Vec<u64>> {
        let json = self.field(name)?;
        let numbers: Option<Vec<u64>> = serde_json::from_str(json).ok()?;
        Some(numbers.unwrap_or_default())
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.field(name)?.parse().ok()
    }

    /// Bytes.
    pub fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        let json = self.field(name)?;
        let text: Cow<str> = serde_json::from_str(json).ok()?;
        BASE64.decode(text.as_bytes()).ok()
    }

    /// Keys or hashes of 64 bits.
    pub fn keys(&mut self, name: &str) -> Option<Vec<u64>> {
        let bytes = self.bytes(name)?;
        let (keys, rest) = bytes.as_chunks::<8>();
        rest.is_empty()
            .then(|| keys.iter().map(|key| u64::from_le_bytes(*key)).collect())
    }

    /// The JSON of a field.
    fn field(&mut self, name: &str) -> Option<&'a str> {
        if self.fields.is_none() {
            let rest = self.text[self.at..].strip_prefix(",\"");
            let value = rest
                .and_then(|rest| rest.strip_prefix(name))
                .and_then(|rest| rest.strip_prefix("\":"));
            if let Some(json) = value.and_then(first_value) {
                let skipped = self.at + name.len() + 4;
                self.at = skipped + json.len();
                return Some(json);
            }
        }
        self.look_up(name)
    }

    fn look_up(&mut self, name: &str) -> Option<&'a str> {
        let text = self.text;
        let fields = self
            .fields
            .get_or_insert_with(|| serde_json::from_str(text).unwrap_or_default());
        fields.get(name).map(|raw| raw.get())
    }
}

/// The items of a list of nothing but whole numbers written without white space, the
/// usual case.
fn integers(list: &str) -> Option<impl Iterator<Item = &str>> {
    let items = list.strip_prefix('[')?.strip_suffix(']')?;
    let plain = |item: &str| matches!(item.as_bytes(), [b'0'] | [b'1'..=b'9', ..]);
    let listed = plain_list_len(list)? == list.len() && items.split(',').all(plain);
    listed.then(|| items.split(','))
}

/// How long the list of digits and commas is that `text` begins with.
fn plain_list_len(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?.as_bytes();
    let len = inside
        .iter()
        .position(|byte| !byte.is_ascii_digit() && *byte != b',')?;
    (inside[len] == b']').then_some(len + 2)
}

/// The JSON value that `text` begins with.
fn first_value(text: &str) -> Option<&str> {
    let digits = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .filter(|&len| len > 0 && matches!(text.as_bytes()[len], b',' | b'}'));
    if let Some(len) = digits {
        return Some(&text[..len]);
    }
    // Items that are no JSON are found when the list is read.
    if let Some(len) = plain_list_len(text) {
        return Some(&text[..len]);
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    values.next()?.ok().map(RawValue::get)
}

#[cfg(test)]
mod tests {
    use super::super::probe::Plain;
    use super::super::{Wire, Writer};
    use super::*;

    #[derive(Debug, PartialEq)]
    struct All {
        rumor: Rumor,
        rumors: Vec<Rumor>,
        peer: Peer,
        peers: Vec<Peer>,
        number: u64,
        numbers: Vec<u64>,
        flag: bool,
        bytes: Vec<u8>,
        keys: Vec<u64>,
    }

    impl Wire for All {
        fn write(&self, out: &mut Writer) {
            out.kind("all");
            out.rumor("rumor", self.rumor);
            out.rumors("rumors", &self.rumors);
            out.peer("peer", self.peer);
            out.peers("peers", &self.peers);
            out.number("number", self.number);
            out.numbers("numbers", &self.numbers);
            out.flag("flag", self.flag);
            out.bytes("bytes", &self.bytes);
            out.keys("keys", &self.keys);
        }

        fn read(kind: &str, body: &mut Reader) -> Option<Self> {
            (kind == "all").then_some(())?;
            Some(All {
                rumor: body.rumor("rumor")?,
                rumors: body.rumors("rumors")?,
                peer: body.peer("peer")?,
                peers: body.peers("peers")?,
                number: body.number("number")?,
                numbers: body.numbers("numbers")?,
                flag: body.flag("flag")?,
                bytes: body.bytes("bytes")?,
                keys: body.keys("keys")?,
            })
        }
    }

    fn read(text: &str) -> Option<All> {
        let mut names = Plain::default();
        let mut reader = Reader::new(text, &mut names);
        let kind = reader.kind()?;
        All::read(&kind, &mut reader)
    }

    fn all() -> All {
        All {
            rumor: Rumor(7),
            rumors: vec![Rumor(1), Rumor(0)],
            peer: Peer(2),
            peers: vec![Peer(0), Peer(11)],
            number: u64::MAX,
            numbers: vec![0, 9],
            flag: true,
            bytes: vec![0, 255, 7, 8],
            keys: vec![u64::MAX - 1, 3],
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let mut text = Vec::new();
        Writer::write(&all(), &Plain::default(), &mut text);
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with(r#"{"type":"all","rumor":7,"rumors":[1,0],"peer":"n2","peers":["n0","n11"],"number":18446744073709551615,"#), "{text}");
        assert_eq!(read(&text), Some(all()));
    }

    #[test]
    fn what_somebody_else_wrote_in_another_order_and_spelling_is_read() {
        let text = r#"{ "keys":"/v////////8DAAAAAAAAAA==", "flag" : true,"x":[{}],
            "bytes":"AP8HCA==","numbers":[0, 9],"number":18446744073709551615,
            "peers":["n0","nobody","n\u00311"],"peer":"n2","rumors":[1,0],"rum\u006fr":7,"type":"a\u006cl"}"#;
        assert_eq!(read(text), Some(all()));
    }

    #[test]
    fn a_list_of_rumors_is_read_however_it_is_spelled_and_only_if_it_is_json() {
        let read = |list: &str| {
            let text = format!(r#"{{"type":"told","rumors":{list},"more":1}}"#);
            let mut names = Plain::default();
            let mut reader = Reader::new(&text, &mut names);
            reader.kind()?;
            let rumors = reader.rumors("rumors")?;
            assert_eq!(reader.number("more"), Some(1));
            Some(rumors.iter().map(|rumor| rumor.0).collect::<Vec<_>>())
        };
        for (list, rumors) in [
            ("[]", vec![]),
            ("null", vec![]),
            ("[7]", vec![7]),
            ("[0,10,4294967295]", vec![0, 10, u32::MAX]),
            ("[ 1,2]", vec![1, 2]),
        ] {
            assert_eq!(read(list), Some(rumors), "{list}");
        }
        for list in ["[1,,2]", "[01]", "[1,]", "[,]", "[1", "1", "{}"] {
            assert_eq!(read(list), None, "{list}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_none_and_no_panic() {
        for text in [
            "{}",
            r#"{"type":"all"}"#,
            r#"{"type":"all","rumor":"#,
            r#"{"type":3}"#,
            r#"{"type":"other","rumor":1}"#,
            r#"{"type":"all","rumor":7,"rumors":[1,0],"peer":"n99","peers":[]}"#,
            r#"{"type":"all","rumor":7,"rumors":{"a":1}}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
