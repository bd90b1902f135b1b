//! The program: `swelkie test`, `swelkie replay`, `swelkie node`, …

mod cli;
mod progress;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(std::env::args_os().collect())
}
