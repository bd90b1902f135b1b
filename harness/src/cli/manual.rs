//! Completions, man pages, schemas: made from the same definition that parses.

use std::io;

use clap::CommandFactory as _;
use swelkie::faults;

use super::{Cli, Failure};

/// Completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "swelkie", &mut out);
    out
}

/// The man page of the program, or of one of its commands: roff.
pub fn page(name: Option<&str>) -> Result<Vec<u8>, Failure> {
    let mut program = Cli::command();
    // Gives the commands the global flags and their full names.
    program.build();
    let command = match name {
        None => program,
        Some(name) => find(&program, name)?,
    };
    render(command).map_err(Failure::from)
}

fn find(program: &clap::Command, name: &str) -> Result<clap::Command, Failure> {
    let found = program
        .get_subcommands()
        .find(|command| command.get_name() == name);
    let found = found.ok_or_else(|| {
        let names: Vec<&str> = program
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        let shown = swelkie::text::excerpt(name.as_bytes(), 40);
        Failure::Usage(format!(
            "there is no command `{shown}`; there are {}",
            names.join(", ")
        ))
    })?;
    Ok(found.clone())
}

fn render(command: clap::Command) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    clap_mangen::Man::new(command).render(&mut out)?;
    Ok(out)
}

/// The JSON Schema of a schedule of faults.
pub fn fault_schema() -> String {
    let schema = faults::schema();
    format!("{schema:#}\n")
}
