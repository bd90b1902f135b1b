//! Any built-in node as a process: `cargo run --example node -- flood-retry:retry=50ms`.

use std::process::ExitCode;

use swelkie_nodes::{registry, stdio};

fn main() -> ExitCode {
    let spec = std::env::args().nth(1).unwrap_or_else(|| "echo".to_owned());
    let result = registry::build(&spec).map_err(|error| error.to_string());
    match result.and_then(|node| stdio::run(node).map_err(|error| error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
