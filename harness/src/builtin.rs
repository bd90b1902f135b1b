//! Built-in nodes as real processes.
//!
//! A live run of a built-in node starts this same binary once per node. It may be
//! somebody's test, whose `main` is not ours, so a function that runs before `main`
//! looks for [`ENVIRONMENT`] and becomes the node; see
//! [`supervisor`](crate::supervisor) for the same device.

use std::io;

use swelkie_nodes::{registry, stdio};

use crate::live::NodeCommand;

/// Set in a process that is to be a built-in node: its spec.
const ENVIRONMENT: &str = "SWELKIE_BUILTIN";

#[ctor::ctor(unsafe)]
fn before_main() {
    let Some(spec) = std::env::var_os(ENVIRONMENT) else {
        return;
    };
    let spec = spec.to_string_lossy();
    let status = match registry::build(&spec) {
        Ok(node) => match stdio::run(node) {
            Ok(()) => 0,
            Err(err) => complain(&err.to_string()),
        },
        Err(err) => complain(&err.to_string()),
    };
    std::process::exit(status);
}

fn complain(text: &str) -> i32 {
    eprintln!("swelkie node: {text}");
    1
}

/// The command that starts a built-in node.
///
/// # Errors
/// If this binary's own path is not known.
pub(crate) fn command(spec: &str) -> io::Result<NodeCommand> {
    Ok(NodeCommand {
        program: std::env::current_exe()?,
        // For people who look at a list of processes.
        args: vec!["node".into(), spec.into()],
        env: vec![(ENVIRONMENT.into(), spec.into())],
        ..NodeCommand::default()
    })
}
