//! From chunks of bytes to lines.
//!
//! ```text
//!   chunk  │a\nbc\nde│        │f\n…
//!   lines   a   bc     (de)     def …    what follows the last newline waits
//! ```
//!
//! The whole lines of a chunk are copied once, to an allocation of their own that
//! its lines share. A line beyond the limit keeps its first bytes, the rest is
//! counted until its newline: memory stays bounded and the next line is read as usual.

use bytes::Bytes;
use memchr::{memchr, memrchr};

/// How much of a fragment is kept.
const START: usize = 4096;
/// A line this many times the limit is reported before it ends: it may never end.
const ENDLESS: u64 = 16;

/// A piece of a line, with no newline after it or too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    /// Its first bytes.
    pub(super) start: Bytes,
    /// How long it was; for an endless one, so far.
    pub(super) len: u64,
    pub(super) too_long: bool,
}

/// What a chunk completed, in this order.
#[derive(Debug)]
pub(super) struct Completed {
    /// A line beyond the limit that came to its end.
    pub(super) overlong: Option<Fragment>,
    /// Whole lines, the last newline included; empty if there are none.
    pub(super) lines: Bytes,
}

pub(super) struct LineReader {
    limit: usize,
    /// The line under way.
    partial: Vec<u8>,
    /// The line under way, if it is beyond the limit.
    overlong: Option<Overlong>,
}

struct Overlong {
    start: Bytes,
    len: u64,
    reported: bool,
}

impl Overlong {
    fn report(&mut self) -> Option<Fragment> {
        let start = self.start.clone();
        let news = !std::mem::replace(&mut self.reported, true);
        news.then_some(Fragment {
            start,
            len: self.len,
            too_long: true,
        })
    }
}

impl LineReader {
    pub(super) fn new(limit: usize) -> LineReader {
        LineReader {
            limit,
            partial: Vec::new(),
            overlong: None,
        }
    }

    /// Takes the next chunk.
    pub(super) fn feed(&mut self, mut chunk: &[u8]) -> Completed {
        let mut overlong = None;
        if let Some(line) = &mut self.overlong {
            let end = memchr(b'\n', chunk);
            line.len += end.unwrap_or(chunk.len()) as u64;
            let Some(end) = end else {
                let endless = line.len > ENDLESS * self.limit as u64;
                let overlong = if endless { line.report() } else { None };
                return Completed {
                    overlong,
                    lines: Bytes::new(),
                };
            };
            overlong = line.report();
            self.overlong = None;
            chunk = &chunk[end + 1..];
        }
        let whole = memrchr(b'\n', chunk).map_or(0, |last| last + 1);
        let lines = self.complete(&chunk[..whole]);
        self.begin(&chunk[whole..]);
        Completed { overlong, lines }
    }

    /// The end of the stream: what is left without a newline.
    pub(super) fn end(&mut self) -> Option<Fragment> {
        if let Some(mut line) = self.overlong.take() {
            return line.report();
        }
        let partial = std::mem::take(&mut self.partial);
        (!partial.is_empty()).then(|| fragment(&partial, false))
    }

    /// Splits whole lines. One beyond the limit comes as a fragment.
    pub(super) fn split(&self, lines: Bytes) -> Split {
        Split {
            rest: lines,
            limit: self.limit,
        }
    }

    fn complete(&mut self, whole: &[u8]) -> Bytes {
        if self.partial.is_empty() || whole.is_empty() {
            return Bytes::copy_from_slice(whole);
        }
        if self.partial.len() > whole.len() {
            self.partial.extend_from_slice(whole);
            return std::mem::take(&mut self.partial).into();
        }
        let mut lines = Vec::with_capacity(self.partial.len() + whole.len());
        lines.append(&mut self.partial);
        lines.extend_from_slice(whole);
        lines.into()
    }

    fn begin(&mut self, rest: &[u8]) {
        self.partial.extend_from_slice(rest);
        if self.partial.len() > self.limit {
            let Fragment { start, len, .. } = fragment(&self.partial, true);
            self.overlong = Some(Overlong {
                start,
                len,
                reported: false,
            });
            self.partial = Vec::new();
        }
    }
}

fn fragment(bytes: &[u8], too_long: bool) -> Fragment {
    Fragment {
        start: Bytes::copy_from_slice(&bytes[..bytes.len().min(START)]),
        len: bytes.len() as u64,
        too_long,
    }
}

/// Lines one by one, without their newlines.
pub(super) struct Split {
    rest: Bytes,
    limit: usize,
}

impl Iterator for Split {
    type Item = Result<Bytes, Fragment>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = memchr(b'\n', &self.rest)?;
        let mut line = self.rest.split_to(end + 1);
        line.truncate(end);
        Some(if end > self.limit {
            Err(fragment(&line, true))
        } else {
            Ok(line)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(reader: &mut LineReader, chunks: &[&[u8]]) -> (Vec<Vec<u8>>, Vec<Fragment>) {
        let (mut lines, mut fragments) = (Vec::new(), Vec::new());
        for chunk in chunks {
            let completed = reader.feed(chunk);
            fragments.extend(completed.overlong);
            for line in reader.split(completed.lines) {
                match line {
                    Ok(line) => lines.push(line.to_vec()),
                    Err(fragment) => fragments.push(fragment),
                }
            }
        }
        fragments.extend(reader.end());
        (lines, fragments)
    }

    #[test]
    fn lines_cut_anywhere_come_out_whole() {
        let text = b"one\n\ntwo \0 \xff\nthree\r\n";
        for cut in 0..text.len() {
            let (lines, fragments) = read(&mut LineReader::new(100), &[&text[..cut], &text[cut..]]);
            let expected: [&[u8]; 4] = [b"one", b"", b"two \0 \xff", b"three\r"];
            assert_eq!(lines, expected, "cut at {cut}");
            assert_eq!(fragments, []);
        }
    }

    #[test]
    fn what_has_no_newline_at_the_end_is_a_fragment() {
        let (lines, fragments) = read(&mut LineReader::new(100), &[b"a\nhal", b"f"]);
        assert_eq!(lines, [b"a"]);
        let start = Bytes::from_static(b"half");
        assert_eq!(
            fragments,
            [Fragment {
                start,
                len: 4,
                too_long: false
            }]
        );
    }

    #[test]
    fn a_line_beyond_the_limit_is_one_fragment_and_the_next_line_is_read() {
        let mut reader = LineReader::new(10);
        let (lines, fragments) = read(&mut reader, &[b"a\n0123456", b"7890123", b"45\nb\nc"]);
        assert_eq!(lines, [b"a", b"b"]);
        let long = Bytes::from_static(b"01234567890123");
        let rest = Bytes::from_static(b"c");
        let expected = [
            Fragment {
                start: long,
                len: 16,
                too_long: true,
            },
            Fragment {
                start: rest,
                len: 1,
                too_long: false,
            },
        ];
        assert_eq!(fragments, expected);
    }

    #[test]
    fn a_line_beyond_the_limit_inside_one_chunk_is_a_fragment_too() {
        let (lines, fragments) = read(&mut LineReader::new(3), &[b"abc\nabcd\nx\n"]);
        assert_eq!(lines, [&b"abc"[..], b"x"]);
        assert_eq!((fragments[0].len, fragments[0].too_long), (4, true));
    }

    #[test]
    fn a_line_that_never_ends_is_reported_once_and_takes_no_memory() {
        let mut reader = LineReader::new(100);
        let reports = (0..10_000).filter(|_| reader.feed(&[b'x'; 64]).overlong.is_some());
        assert_eq!(reports.count(), 1);
        assert!(reader.partial.capacity() < 1000);
        assert!(reader.feed(b"\nnext\n").overlong.is_none());
        assert_eq!(reader.end(), None);
    }

    proptest! {
        #[test]
        fn reading_in_chunks_gives_what_splitting_the_whole_gives(
            text in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..300),
            sizes in proptest::collection::vec(1usize..40, 1..50),
        ) {
            let mut chunks: Vec<&[u8]> = Vec::new();
            let mut rest = &text[..];
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (chunk, more) = rest.split_at((*size).min(rest.len()));
                chunks.push(chunk);
                rest = more;
            }
            let (mut lines, fragments) = read(&mut LineReader::new(1000), &chunks);
            lines.push(fragments.first().map(|last| last.start.to_vec()).unwrap_or_default());
            let expected: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
            prop_assert_eq!(lines, expected);
        }
    }
}
