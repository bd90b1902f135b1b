//! `swelkie serve`: a local web page over the store.
//!
//! stdout has the address and nothing else; Ctrl-C ends it at once, as nothing is written.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::Args;
use swelkie::serve::{Listen, Listening, Server};

use super::{Failure, screen};

/// Shown under `swelkie serve --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie serve --open
  swelkie serve --store /shared/store --listen 8000

It listens on this machine only, unless --listen says otherwise, and never writes into the store.";

/// Everything after `swelkie serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArguments {
    /// Where runs are kept; it need not exist yet
    #[arg(long, value_name = "DIR", default_value = "store")]
    store: PathBuf,
    /// Where to listen: 127.0.0.1:8000, or 8000; port 0 takes a free one. An address that
    /// others can reach shows them everything in the store
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: Listen,
    /// Opens the page in a browser
    #[arg(long)]
    open: bool,
}

/// Serves until the process ends.
pub fn run(arguments: &ServeArguments) -> Result<u8, Failure> {
    let store = &arguments.store;
    if store.exists() && !store.is_dir() {
        return Err(Failure::Usage(format!(
            "--store {}: this is no directory; expected the one that runs are kept in, such as store",
            store.display()
        )));
    }
    let server = Server::bind(store.clone(), &arguments.listen).map_err(Failure::Usage)?;
    let url = server.listening().url();
    announce(arguments, server.listening(), &url)?;
    if arguments.open {
        open(&url);
    }
    match server.run()? {}
}

fn announce(arguments: &ServeArguments, listening: &Listening, url: &str) -> io::Result<()> {
    let store = arguments.store.display().to_string();
    let waits = if arguments.store.exists() {
        ""
    } else {
        ", once there are any"
    };
    anstream::eprintln!(
        "The runs in {}{waits} are at the address below; Ctrl-C ends this.",
        screen::name(&store)
    );
    if !listening.is_loopback() {
        anstream::eprintln!(
            "warning: everybody who can reach {} can read everything in the store: messages, \
             what nodes wrote, and the commands of runs. There is no password. Without --listen \
             only this machine can.",
            listening.address
        );
    }
    let mut out = io::stdout().lock();
    match writeln!(out, "{url}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Opens a browser. Without one the address is still there to be typed.
fn open(url: &str) {
    let mut browser = Command::new("xdg-open");
    browser.arg(url).stdin(Stdio::null());
    browser.stdout(Stdio::null()).stderr(Stdio::null());
    match browser.spawn() {
        // It hands the address to a browser and ends; nobody waits for it.
        Ok(mut child) => {
            std::thread::spawn(move || child.wait());
        }
        Err(error) => anstream::eprintln!(
            "cannot open a browser (xdg-open: {error}): open the address above yourself"
        ),
    }
}
