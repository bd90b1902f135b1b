//! `lin-kv`: one linearizable map. Requests take effect in the order they arrive.

use std::collections::BTreeMap;

use swelkie_nodes::{Body, Rng};

use super::Service;
use super::kv::Operation;
use super::request::respond;
use crate::network::Endpoint;

/// The linearizable store.
#[derive(Default)]
pub struct LinKv {
    /// Values as their authors wrote them, by canonical key.
    values: BTreeMap<String, Box<str>>,
}

impl Service for LinKv {
    fn name(&self) -> &'static str {
        "lin-kv"
    }

    fn handle(&mut self, _client: Endpoint, body: &Body, _rng: &mut Rng) -> Body {
        respond(body, |request| {
            let Operation { key, action } = Operation::of("lin-kv", request)?;
            let effect = action.on(self.values.get(&key).map(|value| &**value));
            let reply = request.reply(&effect.answer);
            if let Some(value) = effect.value.map(Box::from) {
                self.values.insert(key, value);
            }
            Ok(reply)
        })
    }
}
