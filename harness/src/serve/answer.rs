//! Answers: what is sent, as what, and what a browser may do with it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use maud::Markup;
use tokio::sync::mpsc;

use super::guard;

/// An answer on its way.
pub type Answer = Response<Body>;

/// So much of a file is in memory for each reader of it, twice.
const CHUNK: u64 = 256 << 10;

/// What is sent: all at once, or as it comes.
#[derive(Debug)]
pub enum Body {
    /// Bytes that are there.
    Whole(Option<Bytes>),
    /// Bytes that come.
    Coming(mpsc::Receiver<io::Result<Bytes>>),
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Body::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Body::Coming(chunks) => chunks
                .poll_recv(context)
                .map(|chunk| chunk.map(|chunk| chunk.map(Frame::data))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Body::Coming(_) => SizeHint::default(),
        }
    }
}

/// An answer of a kind, under a policy, with the headers that all have.
fn answer(status: StatusCode, kind: &str, policy: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    for &(name, value) in guard::HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let kind = HeaderValue::from_str(kind).expect("kinds are plain text");
    headers.insert(header::CONTENT_TYPE, kind);
    let policy = HeaderValue::from_static(policy);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

/// One of our pages.
pub fn page(status: StatusCode, page: Markup) -> Answer {
    let body = Body::Whole(Some(page.into_string().into()));
    answer(status, "text/html; charset=utf-8", guard::OWN_PAGE, body)
}

/// The style or the script of our pages.
pub fn asset(kind: &'static str, text: &'static str) -> Answer {
    let body = Body::Whole(Some(Bytes::from_static(text.as_bytes())));
    answer(StatusCode::OK, kind, guard::OWN_PAGE, body)
}

/// A report that was rendered for this reader.
pub fn report(html: String) -> Answer {
    let body = Body::Whole(Some(html.into()));
    answer(
        StatusCode::OK,
        "text/html; charset=utf-8",
        guard::REPORT,
        body,
    )
}

/// Somewhere else on this server.
pub fn elsewhere(path: &str) -> Answer {
    let mut answer = answer(
        StatusCode::FOUND,
        "text/plain; charset=utf-8",
        guard::OWN_PAGE,
        Body::Whole(None),
    );
    let path = HeaderValue::from_str(path).expect("paths are encoded");
    answer.headers_mut().insert(header::LOCATION, path);
    answer
}

/// Server-sent events, and where to put them. The receiver's end ends the sender.
pub fn events() -> (mpsc::Sender<io::Result<Bytes>>, Answer) {
    let (sender, receiver) = mpsc::channel(2);
    let body = Body::Coming(receiver);
    let kind = "text/event-stream; charset=utf-8";
    (sender, answer(StatusCode::OK, kind, guard::OWN_PAGE, body))
}

/// How a file is sent.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    /// What it is.
    pub kind: &'static str,
    /// What a browser may do with it.
    pub policy: &'static str,
    /// The name it is saved under, if it is to be saved rather than shown.
    pub save_as: Option<&'a str>,
    /// The header `Range`.
    pub range: Option<&'a str>,
    /// Whether only the head is asked for.
    pub head: bool,
}

/// A file, piece by piece: as long as it is now, whatever is added meanwhile.
///
/// # Errors
/// If its size cannot be read.
pub fn file(file: File, sending: &Sending) -> io::Result<Answer> {
    let size = file.metadata()?.len();
    let part = match sending.range {
        None => Part::All,
        Some(range) => Part::of(range, size),
    };
    let (status, from, to) = match part {
        Part::All => (StatusCode::OK, 0, size),
        Part::Some(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        Part::None => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let body = match sending.head || from == to {
        true => Body::Whole(None),
        false => read(file, from, to),
    };
    let mut answer = answer(status, sending.kind, sending.policy, body);
    let headers = answer.headers_mut();
    let mut set = |name: header::HeaderName, value: &str| {
        let value = HeaderValue::from_str(value).expect("numbers and plain names");
        headers.insert(name, value);
    };
    set(header::ACCEPT_RANGES, "bytes");
    set(header::CONTENT_LENGTH, &(to - from).to_string());
    match part {
        Part::All => {}
        Part::Some(..) => set(
            header::CONTENT_RANGE,
            &format!("bytes {from}-{}/{size}", to - 1),
        ),
        Part::None => set(header::CONTENT_RANGE, &format!("bytes */{size}")),
    }
    if let Some(name) = sending.save_as {
        set(header::CONTENT_DISPOSITION, &attachment(name));
    }
    Ok(answer)
}

/// Reads a part of a file as fast as its reader takes it.
fn read(file: File, from: u64, to: u64) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    let file = Arc::new(file);
    tokio::spawn(async move {
        let mut at = from;
        while at < to {
            let (file, length) = (Arc::clone(&file), (to - at).min(CHUNK));
            let read = tokio::task::spawn_blocking(move || {
                let mut chunk = vec![0; length as usize];
                let read = file.read_at(&mut chunk, at)?;
                chunk.truncate(read);
                match read {
                    // It was cut while it was read: the connection ends, and shows it.
                    0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                    _ => Ok(Bytes::from(chunk)),
                }
            });
            let chunk = read.await.unwrap_or_else(|error| Err(error.into()));
            at += chunk.as_ref().map_or(to, |chunk| chunk.len() as u64);
            if sender.send(chunk).await.is_err() {
                return;
            }
        }
    });
    Body::Coming(receiver)
}

/// What a range asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    All,
    /// From a byte to before another one.
    Some(u64, u64),
    /// Nothing that is there.
    None,
}

impl Part {
    /// One range is kept; several, and what is no range, are answered with everything,
    /// which RFC 9110 (14.2) allows.
    fn of(range: &str, size: u64) -> Part {
        let Some((from, to)) = range
            .strip_prefix("bytes=")
            .and_then(|range| range.split_once('-'))
        else {
            return Part::All;
        };
        let part = match (from.parse(), to.parse::<u64>()) {
            (Ok(from), Ok(last)) if from <= last => (from, last.saturating_add(1).min(size)),
            (Ok(from), Err(_)) if to.is_empty() => (from, size),
            (Err(_), Ok(last)) if from.is_empty() => (size.saturating_sub(last), size),
            _ => return Part::All,
        };
        match part.0 < part.1 {
            true => Part::Some(part.0, part.1),
            false => Part::None,
        }
    }
}

/// A name to save a file under: letters, digits, points and dashes, for every system.
fn attachment(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    format!("attachment; filename=\"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_what_is_there() {
        for (range, expected) in [
            ("bytes=0-9", Part::Some(0, 10)),
            ("bytes=90-", Part::Some(90, 100)),
            ("bytes=90-900", Part::Some(90, 100)),
            ("bytes=-10", Part::Some(90, 100)),
            ("bytes=-900", Part::Some(0, 100)),
            ("bytes=0-18446744073709551615", Part::Some(0, 100)),
            ("bytes=100-", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=9-1", Part::All),
            ("bytes=0-1,3-4", Part::All),
            ("bytes=", Part::All),
            ("lines=1-2", Part::All),
            ("bytes=-", Part::All),
        ] {
            assert_eq!(Part::of(range, 100), expected, "{range}");
        }
        assert_eq!(Part::of("bytes=0-", 0), Part::None);
    }

    #[test]
    fn the_name_of_a_saved_file_cannot_end_the_header() {
        assert_eq!(
            attachment("n0\"; x=\r\n../ü.log"),
            "attachment; filename=\"n0___x___..__.log\""
        );
    }
}
