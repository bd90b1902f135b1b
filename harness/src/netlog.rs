//! `--log-net-send` and `--log-net-recv`: messages as lines for people.
//!
//! Made from the journal's own lines, so that what is shown is what is recorded.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use swelkie_nodes::Time;

use crate::text::excerpt;

/// Bodies longer than this are cut on the screen.
const SHOWN: usize = 1000;

/// A line of `messages.jsonl`, as far as it is shown.
#[derive(Deserialize)]
struct Record<'a> {
    time: Time,
    event: &'a str,
    id: u64,
    #[serde(default)]
    src: &'a str,
    #[serde(borrow, default)]
    dest: Option<&'a RawValue>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

/// Shows messages as they are sent and received.
pub struct NetLog {
    send: bool,
    recv: bool,
    /// What was sent and has not been delivered, as it will be shown.
    underway: BTreeMap<u64, String>,
}

impl NetLog {
    /// Shows what is asked for.
    #[must_use]
    pub fn new(send: bool, recv: bool) -> NetLog {
        NetLog {
            send,
            recv,
            underway: BTreeMap::new(),
        }
    }

    /// Whether there is anything to do.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.send || self.recv
    }

    /// Reads whole lines of the journal; `show` gets the time and a line each.
    pub fn read(&mut self, lines: &[u8], show: &mut dyn FnMut(Time, &str)) {
        let lines = lines.split(|&byte| byte == b'\n');
        for line in lines.filter(|line| !line.is_empty()) {
            let record = serde_json::from_slice::<Record>(line);
            self.record(&record.expect("the journal writes JSON"), show);
        }
    }

    fn record(&mut self, record: &Record, show: &mut dyn FnMut(Time, &str)) {
        match record.event {
            "send" => {
                let dest = record.dest.map_or("", RawValue::get).trim_matches('"');
                let dest = excerpt(dest.as_bytes(), SHOWN);
                let body = record.body.map_or("(body left out)", RawValue::get);
                let body = excerpt(body.as_bytes(), SHOWN);
                let text = format!("{} -> {dest} #{} {body}", record.src, record.id);
                if self.send {
                    show(record.time, &format!("send {text}"));
                }
                if self.recv {
                    self.underway.insert(record.id, text);
                }
            }
            "deliver" if self.recv => match self.underway.remove(&record.id) {
                Some(text) => show(record.time, &format!("recv {text}")),
                None => show(record.time, &format!("recv #{} once more", record.id)),
            },
            "drop" => {
                self.underway.remove(&record.id);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_when_it_is_sent_and_when_it_is_received() {
        let journal = concat!(
            r#"{"time":1,"event":"send","id":7,"src":"n0","dest":"n1","body":{"a":"\u001b"}}"#,
            "\n",
            r#"{"time":2,"event":"deliver","id":7}"#,
            "\n"
        );
        let mut shown = Vec::new();
        let mut log = NetLog::new(true, true);
        log.read(journal.as_bytes(), &mut |time, line| {
            shown.push((time.nanos(), line.to_owned()))
        });
        let body = r#"n0 -> n1 #7 {"a":"\u001b"}"#;
        assert_eq!(
            shown,
            [(1, format!("send {body}")), (2, format!("recv {body}"))]
        );
    }
}
