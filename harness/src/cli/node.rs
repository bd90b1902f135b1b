//! `swelkie node SPEC`: a built-in node as a process, for any harness that speaks
//! the protocol.

use swelkie_nodes::{registry, stdio};

use super::Failure;

/// Runs the node until stdin ends.
pub fn run(spec: &str) -> Result<u8, Failure> {
    let node = registry::build(spec).map_err(|error| Failure::Usage(error.to_string()))?;
    stdio::run(node)?;
    Ok(0)
}
