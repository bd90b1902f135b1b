//! How a strategy's typed messages look as JSON between processes.
//!
//! A message is one flat object: `type`, then fields that hold rumors, peers, numbers
//! or bytes, or lists of them. What belongs together in a list of tuples travels as lists
//! side by side. Rumors travel as the values they are and peers by name, so any program
//! that speaks the protocol can take part.

use std::convert::Infallible;

use data_encoding::BASE64;

use super::{Names, Peer, Reader, Rumor};

/// A message between nodes, or a stored record.
pub trait Wire: Sized {
    /// Writes [`Writer::kind`] first, then the fields.
    fn write(&self, out: &mut Writer);

    /// Reads a message of this kind; none if there is no such kind or a field is missing
    /// or wrong. Reading the fields in the order they were written is the fastest.
    fn read(kind: &str, body: &mut Reader) -> Option<Self>;

    /// How many rumors it carries, as values; what only mentions rumors carries none.
    fn carried(&self) -> usize {
        0
    }
}

/// Nothing is ever said.
impl Wire for Infallible {
    fn write(&self, _out: &mut Writer) {
        match *self {}
    }

    fn read(_kind: &str, _body: &mut Reader) -> Option<Self> {
        None
    }
}

/// Writes one message as JSON.
pub struct Writer<'a> {
    text: &'a mut Vec<u8>,
    names: &'a dyn Names,
}

impl<'a> Writer<'a> {
    /// Appends the JSON of `message` to `text`.
    pub fn write(message: &impl Wire, names: &'a dyn Names, text: &'a mut Vec<u8>) {
        text.push(b'{');
        let mut writer = Writer { text, names };
        message.write(&mut writer);
        writer.text.push(b'}');
    }

    /// The message's `type`; to be called first.
    pub fn kind(&mut self, kind: &str) {
        self.text.extend_from_slice(b"\"type\":\"");
        self.text.extend_from_slice(kind.as_bytes());
        self.text.push(b'"');
    }

    /// A rumor, as its value.
    pub fn rumor(&mut self, name: &str, rumor: Rumor) {
        self.name(name);
        self.names.write_rumor(rumor, self.text);
    }

    /// A list of rumors.
    pub fn rumors(&mut self, name: &str, rumors: &[Rumor]) {
        self.list(name, rumors, |out, &rumor| {
            out.names.write_rumor(rumor, out.text)
        });
    }

    /// A peer, by name.
    pub fn peer(&mut self, name: &str, peer: Peer) {
        self.name(name);
        self.names.write_peer(peer, self.text);
    }

    /// A list of peers.
    pub fn peers(&mut self, name: &str, peers: &[Peer]) {
        self.list(name, peers, |out, &peer| {
            out.names.write_peer(peer, out.text)
        });
    }

    /// A number. Beyond 2^53 many languages round it: see [`Writer::bytes`].
    pub fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        self.digits(number);
    }

    /// A list of numbers.
    pub fn numbers(&mut self, name: &str, numbers: &[u64]) {
        self.list(name, numbers, |out, &number| out.digits(number));
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &str, flag: bool) {
        self.name(name);
        self.text
            .extend_from_slice(if flag { b"true" } else { b"false" });
    }

    /// Bytes, as a base64 string.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.name(name);
        let start = self.text.len() + 1;
        let len = BASE64.encode_len(bytes.len());
        self.text.push(b'"');
        self.text.resize(start + len, 0);
        BASE64.encode_mut(bytes, &mut self.text[start..]);
        self.text.push(b'"');
    }

    /// Keys or hashes of 64 bits, as bytes: numbers of that size do not survive every JSON
    /// library.
    pub fn keys(&mut self, name: &str, keys: &[u64]) {
        let bytes: Vec<u8> = keys.iter().flat_map(|key| key.to_le_bytes()).collect();
        self.bytes(name, &bytes);
    }

    fn name(&mut self, name: &str) {
        if self.text.last() != Some(&b'{') {
            self.text.push(b',');
        }
        self.text.push(b'"');
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b"\":");
    }

    fn list<T>(&mut self, name: &str, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.name(name);
        self.text.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.text.push(b',');
            }
            write(self, item);
        }
        self.text.push(b']');
    }

    fn digits(&mut self, number: u64) {
        self.text
            .extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }
}
