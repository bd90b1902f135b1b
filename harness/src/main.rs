//! The program: `swelkie test`, `swelkie replay`, `swelkie node`, …

mod cli;
mod progress;

use std::panic;
use std::process::ExitCode;

/// A panic is our failure, and has its exit status.
fn main() -> ExitCode {
    let arguments = std::env::args_os().collect();
    panic::catch_unwind(|| cli::main(arguments)).unwrap_or_else(|_| {
        eprintln!(
            "This is a bug in Swelkie, not in your node: please report the lines above. \
             What the run recorded until then is in the store's `latest`."
        );
        ExitCode::from(cli::FAILURE)
    })
}
