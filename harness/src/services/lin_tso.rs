//! `lin-tso`: a timestamp oracle. The first timestamp is 0, each next one is greater.

use swelkie_nodes::{Body, Rng};

use super::Service;
use super::request::{Answer, respond, unsupported};
use crate::network::Endpoint;

/// The timestamp oracle.
#[derive(Default)]
pub struct LinTso {
    next: u64,
}

impl Service for LinTso {
    fn name(&self) -> &'static str {
        "lin-tso"
    }

    fn handle(&mut self, _client: Endpoint, body: &Body, _rng: &mut Rng) -> Body {
        respond(body, |request| {
            let kind = request.kind()?;
            if kind != "ts" {
                return Err(unsupported("lin-tso", "ts", &kind));
            }
            let timestamp = self.next;
            self.next += 1;
            Ok(request.reply(&Answer::Timestamp(timestamp)))
        })
    }
}
