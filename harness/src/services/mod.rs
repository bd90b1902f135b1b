//! STUB
use swelkie_nodes::{Body, Rng};
use crate::network::Endpoint;
/// A service.
pub trait Service: Send {
    /// name
    fn name(&self) -> &'static str;
    /// handle
    fn handle(&mut self, client: Endpoint, body: &Body, rng: &mut Rng) -> Body;
}
