//! Files below the store, opened so that no link leads out of it.
//!
//! A node's working directory is in the store, and a node may make links in it. Each piece
//! of a path is therefore opened in the directory before it, and never followed if it is
//! a link: what was looked at is what is opened. Only regular files are read, so a pipe
//! that a node made stops nobody.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use rustix::fs::{Dir, FileType, Mode, OFlags};

/// As many files of a run are listed.
pub const LISTED: usize = 500;
/// So deep in a node's working directory.
const DEPTH: usize = 6;

/// Opens a regular file below the store.
///
/// # Errors
/// If there is none, or a piece of its path is a link.
pub fn open(store: &Path, path: &[OsString]) -> io::Result<File> {
    let (name, above) = path.split_last().ok_or(io::ErrorKind::NotFound)?;
    let directory = directory(store, above)?;
    // A pipe without a writer is opened at once, to be turned away below.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = rustix::fs::openat(
        &directory,
        name.as_os_str(),
        flags | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let file = File::from(file);
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Opens a directory below the store, which may itself be reached by a link.
fn directory(store: &Path, path: &[OsString]) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut directory = rustix::fs::open(store, flags, Mode::empty())?;
    for piece in path {
        directory = below(&directory, piece)?;
    }
    Ok(directory)
}

fn below(directory: &OwnedFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(directory, name, flags, Mode::empty())?)
}

/// A file of a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its path below the run's directory.
    pub path: Vec<OsString>,
    /// Bytes.
    pub size: u64,
}

/// The regular files of a run, by name, and whether there are more.
///
/// # Errors
/// If the run's directory cannot be read.
pub fn files(store: &Path, run: &[OsString]) -> io::Result<(Vec<Listed>, bool)> {
    let mut found = Vec::new();
    let more = collect(&directory(store, run)?, &mut Vec::new(), &mut found)?;
    Ok((found, more))
}

/// Adds what is in a directory; true if there is more than is listed.
fn collect(
    directory: &OwnedFd,
    path: &mut Vec<OsString>,
    found: &mut Vec<Listed>,
) -> io::Result<bool> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_bytes().to_vec();
        // Dot files at the top are our own, on their way to another name.
        let ours = path.is_empty() && name.starts_with(b".");
        if !ours && !matches!(&*name, b"." | b"..") {
            names.push(OsString::from_vec(name));
        }
        if names.len() > 2 * LISTED {
            break;
        }
    }
    names.sort();
    let mut more = names.len() > 2 * LISTED;
    for name in names {
        let Ok(stat) = rustix::fs::statat(
            directory,
            OsStr::from_bytes(name.as_bytes()),
            rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
        ) else {
            continue;
        };
        if found.len() >= LISTED {
            return Ok(true);
        }
        path.push(name);
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => found.push(Listed {
                path: path.clone(),
                size: u64::try_from(stat.st_size).unwrap_or(0),
            }),
            FileType::Directory if path.len() < DEPTH => {
                // What cannot be read, or was removed meanwhile, is not listed.
                let inner = below(directory, path.last().expect("just added"));
                more |= inner.is_ok_and(|inner| collect(&inner, path, found).unwrap_or(false));
            }
            FileType::Directory => more = true,
            _ => {}
        }
        path.pop();
    }
    Ok(more)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn path(pieces: &[&str]) -> Vec<OsString> {
        pieces.iter().map(OsString::from).collect()
    }

    #[test]
    fn files_are_opened_and_links_pipes_and_directories_are_not() {
        let keep = tempfile::tempdir().expect("a temporary directory");
        let outside = keep.path().join("secret");
        fs::write(&outside, "secret").expect("written");
        let store = keep.path().join("store");
        let run = store.join("echo/run");
        fs::create_dir_all(run.join("nodes/n0/data")).expect("made");
        fs::write(run.join("results.json"), "{}").expect("written");
        symlink(&outside, run.join("nodes/n0/data/link")).expect("linked");
        symlink(keep.path(), run.join("nodes/n0/data/up")).expect("linked");
        symlink("run", store.join("echo/latest")).expect("linked");
        let pipe = run.join("nodes/n0/data/pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).expect("made");

        assert!(open(&store, &path(&["echo", "run", "results.json"])).is_ok());
        for refused in [
            &["echo", "run", "nodes", "n0", "data", "link"][..],
            &["echo", "run", "nodes", "n0", "data", "up", "secret"],
            &["echo", "run", "nodes", "n0", "data", "pipe"],
            &["echo", "run", "nodes"],
            &["echo", "latest", "results.json"],
            &["echo", "run", "absent"],
            &[],
        ] {
            assert!(open(&store, &path(refused)).is_err(), "{refused:?}");
        }
        let (listed, more) = files(&store, &path(&["echo", "run"])).expect("listed");
        assert_eq!(
            (listed.len(), &listed[0].path, listed[0].size, more),
            (1, &path(&["results.json"]), 2, false)
        );
        // The store itself may be reached by a link: whoever started us said so.
        let by_link = keep.path().join("by-link");
        symlink(&store, &by_link).expect("linked");
        assert!(open(&by_link, &path(&["echo", "run", "results.json"])).is_ok());
    }

    #[test]
    fn a_directory_with_more_files_than_are_listed_says_so() {
        let keep = tempfile::tempdir().expect("a temporary directory");
        let data = keep.path().join("echo/run/nodes/n0/data");
        fs::create_dir_all(&data).expect("made");
        for number in 0..LISTED + 3 {
            fs::write(data.join(number.to_string()), "").expect("written");
        }
        let (listed, more) = files(keep.path(), &path(&["echo", "run"])).expect("listed");
        assert_eq!((listed.len(), more), (LISTED, true));
    }
}
