//! What a node's process is started with.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use swelkie_nodes::{NodeId, Seed};

use crate::supervisor::{Life, Spawn};
use crate::trace::Trace;

/// Set for every node: its data directory, kept over kills and restarts.
pub const DATA: &str = "SWELKIE_DATA";
/// Set for every node: a seed of its own, another one in each life.
pub const SEED: &str = "SWELKIE_SEED";

/// Set for every node: a directory that all nodes of the run share, empty at its start.
pub const SHARED: &str = "SWELKIE_SHARED";

/// The directories a node is told of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'a> {
    /// Its own.
    pub data: &'a Path,
    /// Everybody's.
    pub shared: &'a Path,
    /// Where it records its spans, if it does.
    pub trace: Option<&'a Trace>,
}

/// A node's command line and surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeCommand {
    /// The program, an absolute path: see [`resolve_program`].
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Additions to the harness's own environment.
    pub env: Vec<(OsString, OsString)>,
    /// Its working directory; none for its data directory.
    pub cwd: Option<PathBuf>,
    /// Whether `HOME` is its data directory.
    pub home: bool,
    /// A program and arguments to run it under, `strace -f`; empty for none. The
    /// program is an absolute path here too.
    pub wrap: Vec<OsString>,
}

impl NodeCommand {
    /// What the supervisor is to start for one life of a node.
    pub(super) fn spawn(&self, life: Life, name: &NodeId, places: Places, run: Seed) -> Spawn {
        let Places {
            data,
            shared,
            trace,
        } = places;
        let line = self.wrap.iter().cloned();
        let line = line.chain([self.program.clone().into_os_string()]);
        let mut line = line.chain(self.args.iter().cloned());
        let seed = node_seed(run, name, life.incarnation);
        let mut env = vec![
            (SEED.into(), seed.0.to_string().into()),
            (DATA.into(), data.as_os_str().to_owned()),
            (SHARED.into(), shared.as_os_str().to_owned()),
        ];
        env.extend(
            trace.map(|trace| trace.variable(life.node, &file_name(name), life.incarnation)),
        );
        if self.home {
            env.push(("HOME".into(), data.as_os_str().to_owned()));
        }
        // What the user asks for overrides what we set.
        env.extend(self.env.iter().cloned());
        Spawn {
            life,
            name: name.as_str().to_owned(),
            program: line.next().expect("the program at least"),
            args: line.collect(),
            env,
            cwd: self.cwd.clone().unwrap_or_else(|| data.to_owned()),
        }
    }
}

/// The seed of one life of a node.
#[must_use]
pub fn node_seed(run: Seed, name: &NodeId, incarnation: u32) -> Seed {
    run.child("node")
        .child(name.as_str())
        .child(&incarnation.to_string())
}

/// A node's name as the name of a file: what is special in paths becomes `%2F`.
pub(crate) fn file_name(name: &NodeId) -> String {
    let mut file = String::new();
    for (at, letter) in name.as_str().char_indices() {
        if letter.is_alphanumeric() || "-_".contains(letter) || (letter == '.' && at > 0) {
            file.push(letter);
        } else {
            file.extend(
                letter
                    .to_string()
                    .bytes()
                    .map(|byte| format!("%{byte:02X}")),
            );
        }
    }
    file
}

/// Makes a node's data directory, emptied if `wipe`.
pub(super) fn make_data_dir(data: &Path, wipe: bool) -> io::Result<()> {
    if wipe {
        match fs::remove_dir_all(data) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::create_dir_all(data)
}

/// Why a program cannot be a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramError(String);

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProgramError {}

/// Finds the program that `name` means: a path from `caller_dir`, or a bare name
/// in `path` (the variable `PATH`). Looks whether the system can start it.
///
/// # Errors
/// If it does not exist, is no file, is not executable, or has a format that the
/// system cannot start.
pub fn resolve_program(
    name: &OsStr,
    caller_dir: &Path,
    path: Option<&OsStr>,
) -> Result<PathBuf, ProgramError> {
    let found = find(name, caller_dir, path)?;
    if !is_executable(&found) {
        let file = found.display();
        return fail(format!(
            "{file} is not executable; `chmod +x {file}` makes it so"
        ));
    }
    check_format(&found)?;
    Ok(found)
}

/// Finds what `name` means as [`resolve_program`] does, for a program that is handed to
/// another one ([`NodeCommand::wrap`]) and need not be startable itself: `java -jar`, `python3`.
///
/// # Errors
/// If it does not exist or is no file.
pub fn resolve_wrapped(
    name: &OsStr,
    caller_dir: &Path,
    path: Option<&OsStr>,
) -> Result<PathBuf, ProgramError> {
    find(name, caller_dir, path)
}

fn fail<T>(text: String) -> Result<T, ProgramError> {
    Err(ProgramError(text))
}

fn find(name: &OsStr, caller_dir: &Path, path: Option<&OsStr>) -> Result<PathBuf, ProgramError> {
    let shown = name.display();
    if name.is_empty() {
        return fail("the program's name is empty".to_owned());
    }
    let near = caller_dir.join(name);
    let problem = match near.metadata() {
        Ok(data) if data.is_file() => return absolute(&near),
        Ok(data) if data.is_dir() => format!("{shown} is a directory, expected a program"),
        Ok(_) => format!("{shown} is no regular file, expected a program"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("{shown} does not exist, seen from {}", caller_dir.display())
        }
        Err(error) => format!("{}: {error}", near.display()),
    };
    if name.as_bytes().contains(&b'/') {
        return fail(problem);
    }
    let places = std::env::split_paths(path.unwrap_or_default());
    let mut files = places.map(|place| caller_dir.join(place).join(name));
    match files.find(|file| file.is_file() && is_executable(file)) {
        Some(file) => absolute(&file),
        None => fail(format!("{problem}, and PATH has no such program")),
    }
}

fn absolute(file: &Path) -> Result<PathBuf, ProgramError> {
    let absolute = std::path::absolute(file);
    absolute.map_err(|error| ProgramError(format!("{}: {error}", file.display())))
}

fn is_executable(file: &Path) -> bool {
    rustix::fs::access(file, Access::EXEC_OK).is_ok()
}

/// Whether the kernel knows what to do with the file.
fn check_format(file: &Path) -> Result<(), ProgramError> {
    let shown = file.display();
    let mut start = Vec::new();
    // A program may be executable and not readable; then trying is all we can do.
    if let Ok(opened) = fs::File::open(file) {
        let read = opened.take(256).read_to_end(&mut start);
        read.map_err(|error| ProgramError(format!("{shown}: {error}")))?;
    } else {
        return Ok(());
    }
    if start.is_empty() {
        return Err(ProgramError(format!(
            "{shown} is an empty file, expected a program"
        )));
    }
    let Some(rest) = start.strip_prefix(b"#!") else {
        if start.starts_with(b"\x7fELF") || other_formats_are_registered() {
            return Ok(());
        }
        return Err(ProgramError(format!(
            "{shown} is neither a program for this system (ELF) nor a script: \
             a script begins with a line such as #!/usr/bin/env python3"
        )));
    };
    let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if line.ends_with(b"\r") {
        return Err(ProgramError(format!(
            "{shown} has Windows line ends (CRLF), so its #! line names a program that does \
             not exist; `sed -i 's/\\r$//' {shown}` repairs it"
        )));
    }
    let mut words = line.split(|byte| b" \t".contains(byte));
    let interpreter = words.find(|word| !word.is_empty()).unwrap_or_default();
    let interpreter = Path::new(OsStr::from_bytes(interpreter));
    if interpreter.is_absolute() && !interpreter.exists() {
        let missing = interpreter.display();
        return Err(ProgramError(format!(
            "{shown} begins with #!{missing}, which does not exist"
        )));
    }
    Ok(())
}

/// Whether the kernel was told about formats beyond ELF and `#!` (Java, Wine, …).
fn other_formats_are_registered() -> bool {
    let Ok(entries) = fs::read_dir("/proc/sys/fs/binfmt_misc") else {
        return false;
    };
    let mut names = entries.flatten().map(|entry| entry.file_name());
    names.any(|name| name != "register" && name != "status")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(dir: &Path, name: &str, text: &[u8], mode: u32) {
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// What `name` resolves to in a directory with one program of each kind.
    fn resolve(name: &str) -> Result<String, String> {
        let dir = tempfile::tempdir().unwrap();
        let here = dir.path();
        fs::create_dir(here.join("bin")).unwrap();
        fs::create_dir(here.join("folder")).unwrap();
        file(here, "good", b"#!/bin/sh\n", 0o755);
        file(here, "both", b"#!/bin/sh\n", 0o755);
        file(&here.join("bin"), "both", b"#!/bin/sh\n", 0o755);
        file(&here.join("bin"), "far", b"#! /usr/bin/env sh\n", 0o755);
        file(&here.join("bin"), "folder", b"#!/bin/sh\n", 0o755);
        file(here, "plain", b"#!/bin/sh\n", 0o644);
        file(here, "empty", b"", 0o755);
        file(here, "prose", b"print('hello')\n", 0o755);
        file(here, "windows", b"#!/usr/bin/env python3\r\n", 0o755);
        file(here, "lost", b"#!/opt/no/such/python\n", 0o755);
        let path = here.join("bin").into_os_string();
        match resolve_program(name.as_ref(), here, Some(&path)) {
            Ok(found) => Ok(found.strip_prefix(here).unwrap().display().to_string()),
            Err(error) => Err(error
                .to_string()
                .replace(&here.display().to_string(), "HERE")),
        }
    }

    #[test]
    fn a_program_is_found_near_the_caller_first_and_then_in_path() {
        assert_eq!(resolve("good").unwrap(), "good");
        assert_eq!(resolve("./good").unwrap(), "good");
        assert_eq!(resolve("both").unwrap(), "both");
        assert_eq!(resolve("far").unwrap(), "bin/far");
        assert_eq!(resolve("folder").unwrap(), "bin/folder");
        assert!(resolve("./far").is_err());
    }

    #[test]
    fn a_program_that_cannot_be_a_node_is_refused_with_the_reason() {
        for (name, reason) in [
            (
                "nope",
                "nope does not exist, seen from HERE, and PATH has no such program",
            ),
            ("./nope", "./nope does not exist, seen from HERE"),
            ("./folder", "./folder is a directory, expected a program"),
            (
                "/dev/null",
                "/dev/null is no regular file, expected a program",
            ),
            ("", "the program's name is empty"),
            (
                "plain",
                "HERE/plain is not executable; `chmod +x HERE/plain` makes it so",
            ),
            ("empty", "HERE/empty is an empty file, expected a program"),
            (
                "lost",
                "HERE/lost begins with #!/opt/no/such/python, which does not exist",
            ),
        ] {
            assert_eq!(resolve(name).unwrap_err(), reason, "{name}");
        }
        assert!(
            resolve("windows")
                .unwrap_err()
                .contains("Windows line ends")
        );
        if !other_formats_are_registered() {
            assert!(
                resolve("prose")
                    .unwrap_err()
                    .contains("#!/usr/bin/env python3")
            );
        }
    }

    #[test]
    fn a_wrapper_gets_the_program_and_its_arguments_and_the_environment_is_the_users() {
        let command = NodeCommand {
            program: "/bin/node".into(),
            args: vec!["-v".into()],
            env: vec![("HOME".into(), "/mine".into())],
            home: true,
            wrap: vec!["/bin/strace".into(), "-f".into()],
            ..NodeCommand::default()
        };
        let life = Life {
            node: 0,
            incarnation: 2,
        };
        let places = Places {
            data: Path::new("/data"),
            shared: Path::new("/shared"),
            trace: None,
        };
        let spawn = command.spawn(life, &"n0".into(), places, Seed(7));
        assert_eq!(spawn.program, "/bin/strace");
        assert_eq!(spawn.args, ["-f", "/bin/node", "-v"]);
        assert_eq!(spawn.cwd, Path::new("/data"));
        let last_home = spawn
            .env
            .iter()
            .rev()
            .find(|(name, _)| name == "HOME")
            .unwrap();
        assert_eq!(last_home.1, "/mine");
    }

    #[test]
    fn each_life_of_each_node_has_its_own_seed() {
        let seed = |name: &str, life| node_seed(Seed(7), &name.into(), life).0;
        assert_eq!(seed("n0", 0), seed("n0", 0));
        assert_ne!(seed("n0", 0), seed("n0", 1));
        assert_ne!(seed("n0", 0), seed("n1", 0));
    }

    #[test]
    fn a_name_becomes_a_file_name_that_stays_in_its_folder() {
        for (name, file) in [
            ("n0", "n0"),
            ("../x", "%2E.%2Fx"),
            ("a b", "a%20b"),
            ("né.1", "né.1"),
        ] {
            assert_eq!(file_name(&name.into()), file);
        }
    }
}
