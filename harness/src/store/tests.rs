//! Where files are, and which of them stay.

use super::*;

fn place(root: &Path) -> Place {
    Place {
        root: root.to_owned(),
        workload: "echo".to_owned(),
        name: Place::name(SystemTime::UNIX_EPOCH, 7),
    }
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn two_runs_of_one_second_get_two_directories_and_latest_points_to_the_second() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let first = Store::create(&place(root.path())).expect("made");
    let second = Store::create(&place(root.path())).expect("made");
    assert_ne!(first.directory(), second.directory());
    for latest in ["latest", "echo/latest"] {
        let latest = fs::canonicalize(root.path().join(latest)).expect("a link");
        let directory = second.directory().expect("kept");
        assert_eq!(latest, fs::canonicalize(directory).expect("there"));
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let err = Store::create(&place(file.path())).err();
    let text = err.expect("refused").to_string();
    assert!(text.contains("--store") && text.contains("echo"), "{text}");
}

#[test]
fn runs_that_end_at_the_same_time_each_have_a_directory_and_latest_is_one_of_them() {
    let root = tempfile::tempdir().expect("a temporary directory");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let mut store = Store::held(place(root.path()));
                    store.settle(false).expect("made");
                }
            });
        }
    });
    let parent = root.path().join("echo");
    assert_eq!(files(&parent).len(), 160 + 1, "and `latest`");
    let newest = fs::read_link(parent.join("latest")).expect("a link");
    assert_eq!(newest, Path::new("1970-01-01T00-00-00-7-160"));
    let newest = fs::read_link(root.path().join("latest")).expect("a link");
    assert_eq!(newest, Path::new("echo/1970-01-01T00-00-00-7-160"));
}

#[test]
fn a_held_run_has_no_directory_until_it_is_over_and_then_what_is_kept_of_it() {
    let root = tempfile::tempdir().expect("a temporary directory");
    for (kept, expected) in [
        (true, &["history.jsonl", "messages.jsonl", "nodes"][..]),
        (false, &[]),
    ] {
        let mut store = Store::held(place(root.path()));
        let Files::Held(held) = &mut store.files else {
            panic!("it is held");
        };
        held.messages.extend_from_slice(b"a message\n");
        let text = io::read_to_string(store.messages().expect("held")).expect("text");
        assert_eq!((text.as_str(), store.directory()), ("a message\n", None));
        store.settle(kept).expect("written");
        let directory = store.directory().expect("made");
        assert_eq!(files(directory), expected);
        if kept {
            let text = io::read_to_string(store.messages().expect("written")).expect("text");
            assert_eq!(text, "a message\n");
        }
    }
}

#[test]
fn records_that_were_written_and_are_not_kept_go_and_nothing_else_does() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let mut store = Store::create(&place(root.path())).expect("made");
    store.write_faults("# none\n").expect("written");
    let directory = store.directory().expect("made").to_owned();
    fs::write(directory.join("nodes/n0.stderr.log"), "hello").expect("written");
    fs::write(directory.join("flame.svg"), "asked for").expect("written");
    store.settle(false).expect("removed");
    assert_eq!(files(&directory), ["faults.toml", "flame.svg"]);
    assert!(store.messages().is_err());
}
