//! What waits to be written to one node's stdin.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;

use swelkie_nodes::{Body, NodeId};

use crate::platform;

/// Lines are gathered in segments of about this size: a long queue is never moved.
const SEGMENT: usize = 64 * 1024;

/// Whole lines in segments; a node that reads gets them in one write.
#[derive(Default)]
pub(super) struct Outbox {
    segments: VecDeque<Vec<u8>>,
    /// How much of the first segment is written.
    written: usize,
    len: u64,
}

impl Outbox {
    /// Bytes that wait.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Adds `{"id":…,"src":…,"dest":…,"body":…}` and a newline; returns how many
    /// bytes. `dest` is [`dest_field`] of the destination.
    pub(super) fn push(&mut self, id: u64, src: &NodeId, dest: &[u8], body: &Body) -> u64 {
        if self
            .segments
            .back()
            .is_none_or(|last| last.len() >= SEGMENT)
        {
            self.segments.push_back(Vec::new());
        }
        let last = self.segments.back_mut().expect("just made sure");
        let before = last.len();
        last.extend_from_slice(b"{\"id\":");
        last.extend_from_slice(itoa::Buffer::new().format(id).as_bytes());
        last.extend_from_slice(b",\"src\":");
        push_string(last, src.as_str());
        last.extend_from_slice(dest);
        last.extend_from_slice(body.as_bytes());
        last.extend_from_slice(b"}\n");
        let bytes = (last.len() - before) as u64;
        self.len += bytes;
        bytes
    }

    /// Writes until nothing is left or nothing fits; returns how many bytes.
    ///
    /// # Errors
    /// `BrokenPipe` if nobody reads any more.
    pub(super) fn write_to(&mut self, fd: impl AsFd) -> io::Result<u64> {
        let before = self.len;
        let mut segments = self.segments.len();
        while let Some(first) = self.segments.front_mut() {
            let rest = &first[self.written..];
            if !rest.is_empty() {
                let Some(bytes) = platform::write(&fd, rest)? else {
                    break;
                };
                self.written += bytes;
                self.len -= bytes as u64;
                if self.written < first.len() {
                    break;
                }
            }
            self.written = 0;
            if segments > 1 || first.capacity() > 4 * SEGMENT {
                segments -= 1;
                self.segments.pop_front();
            } else {
                first.clear();
                break;
            }
        }
        Ok(before - self.len)
    }
}

/// `,"dest":"…","body":`, the same for every line to a node.
pub(super) fn dest_field(dest: &NodeId) -> Vec<u8> {
    let mut field = b",\"dest\":".to_vec();
    push_string(&mut field, dest.as_str());
    field.extend_from_slice(b",\"body\":");
    field
}

fn push_string(text: &mut Vec<u8>, string: &str) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if string.bytes().all(plain) {
        text.push(b'"');
        text.extend_from_slice(string.as_bytes());
        text.push(b'"');
    } else {
        serde_json::to_writer(text, string).expect("a string serialises");
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;

    fn push(outbox: &mut Outbox, id: u64, src: &str, dest: &str, body: &str) -> u64 {
        let body = Body::from_json(Bytes::copy_from_slice(body.as_bytes()));
        outbox.push(id, &src.into(), &dest_field(&dest.into()), &body)
    }

    fn drain(outbox: &mut Outbox) -> Vec<u8> {
        let (reader, writer) = platform::pipe().unwrap();
        platform::set_nonblocking(&writer).unwrap();
        let (mut all, mut chunk) = (Vec::new(), vec![0; 1 << 20]);
        while outbox.len() > 0 {
            outbox.write_to(&writer).unwrap();
            let bytes = platform::read(&reader, &mut chunk).unwrap().unwrap();
            all.extend_from_slice(&chunk[..bytes]);
        }
        all
    }

    #[test]
    fn a_line_is_one_json_object_with_its_body_as_it_was() {
        let mut outbox = Outbox::default();
        let body = r#"{"type":"x", "n":12345678901234567890123}"#;
        push(&mut outbox, 7, "c1", "n0", body);
        let expected = format!("{{\"id\":7,\"src\":\"c1\",\"dest\":\"n0\",\"body\":{body}}}\n");
        assert_eq!(drain(&mut outbox), expected.as_bytes());
    }

    #[test]
    fn names_that_need_it_are_escaped() {
        let mut outbox = Outbox::default();
        push(&mut outbox, u64::MAX, "a\"b\\\n", "né", "{}");
        let line: Value = serde_json::from_slice(&drain(&mut outbox)).unwrap();
        let expected = json!({"id": u64::MAX, "src": "a\"b\\\n", "dest": "né", "body": {}});
        assert_eq!(line, expected);
    }

    #[test]
    fn a_queue_far_larger_than_the_pipe_comes_out_in_order_and_to_the_byte() {
        let mut outbox = Outbox::default();
        let lines: u64 = 20_000;
        let pushed: u64 = (0..lines)
            .map(|id| push(&mut outbox, id, "n1", "n2", "{}"))
            .sum();
        assert_eq!(outbox.len(), pushed);
        let all = drain(&mut outbox);
        assert_eq!(all.len() as u64, pushed);
        for (id, line) in all
            .split(|&byte| byte == b'\n')
            .take(lines as usize)
            .enumerate()
        {
            assert!(line.starts_with(format!("{{\"id\":{id},").as_bytes()));
        }
    }
}
