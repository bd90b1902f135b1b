//! Pages as they change: a stream of events, each the new content of what changed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::answer::{self, Answer};
use super::handlers::{Failure, Shop};
use super::route::{Query, RunName};

/// How often a run that goes on is looked at.
const LIVE: Duration = Duration::from_millis(500);
/// How often the list of runs is.
const LIST: Duration = Duration::from_secs(1);
/// Looking is at most one part in so many of the time, however many runs there are.
const SHARE: u32 = 10;
/// A connection that says nothing is spoken to after so many looks, to see whether
/// somebody is there.
const QUIET: u32 = 30;

/// The list of runs, whenever it changes.
pub fn list(shop: Arc<Shop>, query: Query) -> Answer {
    let (sender, answer) = answer::events();
    let look = move || shop.list(&query).map(Some);
    tokio::spawn(watch(sender, LIST, look));
    answer
}

/// A run that goes on, whenever it changes, and `over` at its end.
pub fn run(shop: Arc<Shop>, run: RunName) -> Answer {
    let (sender, answer) = answer::events();
    let look = move || shop.live(&run);
    tokio::spawn(watch(sender, LIVE, look));
    answer
}

/// Looks again and again, and tells what changed, until nobody listens.
async fn watch(
    sender: mpsc::Sender<io::Result<Bytes>>,
    pause: Duration,
    look: impl Fn() -> Result<Option<String>, Failure> + Send + Sync + 'static,
) {
    let look = Arc::new(look);
    let (mut told, mut quiet) = (None, 0);
    loop {
        let (looking, begun) = (Arc::clone(&look), Instant::now());
        let seen = tokio::task::spawn_blocking(move || looking()).await;
        let event = match seen {
            Ok(Ok(Some(content))) if told.as_ref() == Some(&content) => None,
            Ok(Ok(Some(content))) => {
                let event = framed(None, &content);
                told = Some(content);
                Some(event)
            }
            // Over, removed, or not to be read any more: its page says which.
            Ok(Ok(None) | Err(_)) | Err(_) => {
                let _ = sender.send(Ok(framed(Some("over"), "").into())).await;
                return;
            }
        };
        quiet = if event.is_some() { 0 } else { quiet + 1 };
        let beat = || (quiet % QUIET == 0 && quiet > 0).then(|| ":\n\n".to_owned());
        if let Some(event) = event.or_else(beat)
            && sender.send(Ok(event.into())).await.is_err()
        {
            return;
        }
        let pause = pause.max(begun.elapsed() * SHARE);
        if timeout(pause, sender.closed()).await.is_ok() {
            return;
        }
    }
}

/// An event as the protocol has it (WHATWG HTML, 9.2): a line feed begins a new field.
fn framed(name: Option<&str>, data: &str) -> String {
    let mut out = String::with_capacity(data.len() + 64);
    if let Some(name) = name {
        out.push_str("event: ");
        out.push_str(name);
        out.push('\n');
    }
    for line in data.split(['\n', '\r']) {
        out.push_str("data: ");
        out.push_str(line);
        out.push('\n');
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_of_an_event_can_begin_another() {
        assert_eq!(
            framed(None, "a\nevent: over\n\r\nb"),
            "data: a\ndata: event: over\ndata: \ndata: \ndata: b\n\n"
        );
        assert_eq!(framed(Some("over"), ""), "event: over\ndata: \n\n");
    }
}
