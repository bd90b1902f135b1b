//! `report.html`: every kind of run has one, whatever is broken; nothing in it can do
//! harm; nothing about it can change a verdict. What it looks like and does is tested in a
//! browser, in `tests/browser`.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use swelkie::archive::{Archive, Window};
use swelkie::network::Latency;
use swelkie::options::{Binary, Target};
use swelkie::report::Report;
use swelkie::report::page::{Page, PageOptions, page};

use common::Run;

/// What a node may write to break a page, as JSON text of elements.
const HOSTILE: [&str; 5] = [
    r#""</script><img src=x onerror=alert(1)><!--""#,
    "\"\u{202e}gpj.exe\u{2066}\u{feff}\"",
    r#""\u0000\u001b[31m\u0085""#,
    r#""]]><style>*{display:none}</style><svg onload=alert(1)>""#,
    r#""' onclick='alert(1)' \" autofocus onfocus=alert(1) x=\"""#,
];

fn flood() -> Run {
    Run::sim("broadcast", "flood").with(|options| {
        options.report = true;
        options.time_limit = Duration::from_secs(5);
        options.latency = Latency::constant(Duration::from_millis(50));
        options.nemesis_interval = Duration::from_secs(1);
    })
}

fn archive(run: &Run) -> Archive {
    Archive::open(&run.options.store.join("latest")).expect("a run")
}

fn page_of(run: &Run) -> Page {
    page(&archive(run), &PageOptions::default())
}

/// The page without its data; the data must be base64 and nothing else.
fn without_data(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    let begin = "<script id=\"data-";
    while let Some((before, after)) = rest.split_once(begin) {
        out.push_str(before);
        let (_, after) = after.split_once('>').expect("the element begins");
        let (data, after) = after.split_once("</script>").expect("the element ends");
        let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        assert!(data.bytes().all(base64) && !data.is_empty());
        rest = after;
    }
    out.push_str(rest);
    out
}

#[test]
fn a_run_of_each_verdict_has_a_page_that_says_it() {
    let runs = [
        ("Valid", flood()),
        (
            "Invalid",
            flood().with(|options| options.nemesis = vec!["partition".to_owned()]),
        ),
        (
            "Unknown",
            flood().with(|options| {
                options.rate = swelkie::engine::Rate::PerSecond(0.001);
                options.time_limit = Duration::from_secs(1);
                options.seed = swelkie_nodes::Seed(1);
            }),
        ),
    ];
    for (word, run) in runs {
        let report = run.report();
        let html = fs::read_to_string(run.file("report.html")).expect("drawn");
        assert!(html.contains(&format!("</span> {word}</span>")), "{word}");
        assert_eq!(
            html.matches("<li class=\"anomaly\"").count(),
            report.anomalies.len()
        );
        assert!(html.contains(&format!("<dd id=\"seed\">{}</dd>", report.plan.seed)));
        assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>"));
        assert_eq!(report.run.not_drawn, [""; 0]);
        let page = report.run.report.expect("it is drawn");
        assert!(page.is_file(), "{}", page.display());
    }
}

#[test]
fn every_piece_of_evidence_that_knows_its_moment_leads_to_it() {
    let run = flood().with(|options| options.nemesis = vec!["partition".to_owned()]);
    let report = run.report();
    let html = page_of(&run).html;
    let mut led = 0;
    for anomaly in &report.anomalies {
        let (Some(at), Some(element)) = (anomaly.at, &anomaly.element) else {
            continue;
        };
        let button = format!(
            "data-time=\"{at}\" data-node=\"{}\" data-element=\"{element}\"",
            anomaly.node_name.as_deref().unwrap_or_default()
        );
        assert!(html.contains(&button), "{button}");
        led += 1;
    }
    assert!(led > 0, "the run lost something");
}

#[test]
fn nothing_is_fetched_and_only_the_script_whose_hash_is_named_may_run() {
    let run = flood();
    run.report();
    let html = without_data(&page_of(&run).html);
    let policy = "default-src 'none'; script-src 'sha256-";
    assert!(html.contains(policy), "{}", &html[..500]);
    assert_eq!(html.matches("<script").count(), 1);
    for way in [
        " src=",
        "<link",
        "@import",
        "url(http",
        "<iframe",
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "sendBeacon",
        "import(",
        "eval(",
    ] {
        assert!(!html.contains(way), "{way}");
    }
}

/// Puts a text in every place of a run's files that a node or a user has a say in.
fn poison(directory: &Path, element: &str) {
    let path = directory.join("results.json");
    let text: String = serde_json::from_str(element).expect("a text");
    let mut report = Report::from_json(&fs::read(&path).expect("written")).expect("a report");
    report.headline = text.clone();
    report.plan.target = text.clone();
    report.run.command = text.clone();
    report.warnings.push(text.clone());
    for anomaly in &mut report.anomalies {
        anomaly.text = format!("{text}\n{text}");
        anomaly.element = Some(element.to_owned());
    }
    for fault in &mut report.faults {
        fault.name = text.clone();
        fault.summary = text.clone();
        fault.notes = vec![text.clone()];
    }
    report.offences = vec![swelkie::report::OffenceReport {
        kind: "not-json".into(),
        node: text.clone(),
        count: 2,
        first_ns: 7,
        story: format!("{text}\n{text}"),
        stderr_tail: text.clone(),
    }];
    let poisoned = serde_json::to_vec(&report).expect("it serialises");
    fs::write(&path, poisoned).expect("written");
    for name in ["history.jsonl", "messages.jsonl"] {
        let path = directory.join(name);
        let text = fs::read_to_string(&path).expect("written");
        let poisoned = text
            .replace("\"value\":3,", &format!("\"value\":{element},"))
            .replace("\"message\":3,", &format!("\"message\":{element},"))
            .replace("\"message\":3}", &format!("\"message\":{element}}}"));
        assert!(poisoned.contains(element), "{name} is poisoned");
        fs::write(&path, poisoned).expect("written");
    }
}

#[test]
fn no_text_can_leave_its_place_and_none_acts_on_the_screen() {
    let run = flood().with(|options| options.nemesis = vec!["partition".to_owned()]);
    run.report();
    let clean = without_data(&page_of(&run).html);
    let long = format!("\"{}\"", "<b>x</b>".repeat(5 << 14));
    for element in HOSTILE.into_iter().chain([&*long]) {
        let copy = tempfile::tempdir().expect("a temporary directory");
        for name in ["results.json", "history.jsonl", "messages.jsonl"] {
            fs::copy(run.file(name), copy.path().join(name)).expect("copied");
        }
        poison(copy.path(), element);
        let archive = Archive::open(copy.path()).expect("a run");
        let page = page(&archive, &PageOptions::default());
        let html = without_data(&page.html);
        let shown = element.chars().take(40).collect::<String>();
        // The markup is that of the clean page, but for the sections of offences, of
        // warnings and of what is left out.
        for tag in [
            "<script",
            "<img",
            "<svg",
            "<style",
            "<b>",
            "<tr",
            "</section>",
            "<!--",
        ] {
            let more = if tag == "</section>" { 3 } else { 0 };
            let (found, expected) = (html.matches(tag).count(), clean.matches(tag).count());
            assert!(
                found <= expected + more,
                "{shown}: {found} × {tag}, not {expected}"
            );
        }
        let acts = |c: char| {
            c.is_control() && c != '\n'
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        let acting = html.char_indices().find(|&(_, c)| acts(c));
        assert!(acting.is_none(), "{shown}: {acting:?}");
        assert!(
            html.len() < clean.len() + (1 << 20),
            "{shown}: {} bytes",
            html.len()
        );
    }
}

#[test]
fn a_page_that_a_node_stands_in_the_way_of_changes_neither_verdict_nor_exit_status() {
    let node = common::nodes_directory().join("gossip.py");
    let script = format!("mkdir -p ../../../report.html; exec {}", node.display());
    let binary = Binary {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        ..Binary::default()
    };
    let run = Run::new("broadcast", Target::Binary(binary))
        .nodes(2)
        .with(|options| options.report = true);
    let run = run.with(|options| options.time_limit = Duration::from_secs(1));
    let report = run.report();
    assert_eq!(report.exit_status, 0, "{}", common::story(&report));
    assert!(run.file("report.html").is_dir() && report.run.report.is_none());
    let told = report.run.not_drawn.join(" ");
    assert!(
        told.contains("there is no report.html: cannot write"),
        "{told}"
    );
    // The run's own record says so, and who sees the summary reads it.
    let read = archive(&run).report;
    assert_eq!(
        (read.exit_status, read.run.not_drawn),
        (0, report.run.not_drawn.clone())
    );
    assert!(swelkie::summary::summary(&report, false).contains("there is no report.html"));
}

#[test]
fn writing_a_page_again_and_failing_leaves_nothing_behind() {
    let run = flood().with(|options| options.nemesis = vec!["partition".to_owned()]);
    let drawn = run.report();
    let directory = run
        .options
        .store
        .join("latest")
        .canonicalize()
        .expect("there");
    fs::remove_file(directory.join("report.html")).expect("drawn");
    fs::create_dir(directory.join("report.html")).expect("made");
    let archive = Archive::open(&directory).expect("a run");
    let page = page(&archive, &PageOptions::default());
    let error = swelkie::report::page::write(&page, &directory.join("report.html"));
    let text = error.expect_err("a directory is in the way").to_string();
    assert!(text.contains("report.html"), "{text}");
    let left: Vec<_> = fs::read_dir(&directory)
        .expect("listed")
        .map(|entry| entry.expect("listed").file_name())
        .filter(|name| name.to_string_lossy().starts_with(".report"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let read = Archive::open(&directory).expect("a run").report;
    assert_eq!(
        (read.exit_status, read.validity),
        (drawn.exit_status, drawn.validity)
    );
}

#[test]
fn a_run_may_go_without_its_page_and_one_without_files_has_none() {
    let run = flood().with(|options| options.report = false);
    let report = run.report();
    assert!(!run.file("report.html").exists() && report.run.report.is_none());
    let report = flood().with(|options| options.no_store = true);
    let report = report.options.run().expect("it runs");
    assert!(report.run.report.is_none());
}

#[test]
fn a_run_that_was_killed_half_way_has_a_page_of_what_was_recorded() {
    let run = flood();
    let whole = run.report();
    let mut begun = Report::begun(whole.plan.clone(), whole.run.clone());
    begun.run.report = None;
    let directory = tempfile::tempdir().expect("a temporary directory");
    let json = serde_json::to_vec(&begun).expect("it serialises");
    fs::write(directory.path().join("results.json"), json).expect("written");
    for name in ["history.jsonl", "messages.jsonl"] {
        let bytes = run.bytes(name);
        // In the middle of a line.
        let cut = bytes.len() / 2;
        let cut = cut + usize::from(bytes[cut - 1] == b'\n');
        fs::write(directory.path().join(name), &bytes[..cut]).expect("written");
    }
    let archive = Archive::open(directory.path()).expect("a run");
    let page = page(&archive, &PageOptions::default());
    assert!(page.html.contains("the run is not over"));
    let all = archive.messages(&Window::ALL).expect("read").rows.len();
    assert!(
        page.messages > 50 && page.messages == all,
        "{}",
        page.messages
    );
}

#[test]
fn what_is_missing_or_spoilt_is_said_and_the_rest_is_drawn() {
    let run = flood();
    run.report();
    /// What is done, how, and what the page must say then.
    type Spoiling = (&'static str, fn(&Path), &'static str);
    let spoil: [Spoiling; 5] = [
        (
            "no messages",
            |d| fs::remove_file(d.join("messages.jsonl")).unwrap(),
            "There are no messages",
        ),
        (
            "messages is a directory",
            |d| {
                fs::remove_file(d.join("messages.jsonl")).unwrap();
                fs::create_dir(d.join("messages.jsonl")).unwrap();
            },
            "messages.jsonl cannot be read",
        ),
        (
            "history is a directory",
            |d| {
                fs::remove_file(d.join("history.jsonl")).unwrap();
                fs::create_dir(d.join("history.jsonl")).unwrap();
            },
            "history.jsonl cannot be read",
        ),
        (
            "noise",
            |d| {
                let mut bytes = fs::read(d.join("messages.jsonl")).unwrap();
                bytes.splice(0..0, *b"\xff\xfe\x00 noise\n{}\n");
                fs::write(d.join("messages.jsonl"), bytes).unwrap();
            },
            "lines of messages.jsonl are no records",
        ),
        (
            "without bodies",
            |d| {
                let text = fs::read_to_string(d.join("messages.jsonl")).unwrap();
                let bare = |line: &str| match line.split_once(",\"body\":") {
                    Some((head, body)) => format!("{head},\"bytes\":{}}}\n", body.len() - 1),
                    None => format!("{line}\n"),
                };
                let bare: String = text.lines().map(bare).collect();
                fs::write(d.join("messages.jsonl"), bare).unwrap();
            },
            "recorded without their bodies",
        ),
    ];
    for (what, spoil, said) in spoil {
        let copy = tempfile::tempdir().expect("a temporary directory");
        for name in ["results.json", "history.jsonl", "messages.jsonl"] {
            fs::copy(run.file(name), copy.path().join(name)).expect("copied");
        }
        spoil(copy.path());
        let archive = Archive::open(copy.path()).expect("a run");
        let page = page(&archive, &PageOptions::default());
        assert!(
            page.left_out.iter().any(|sentence| sentence.contains(said)),
            "{what}: {:?}",
            page.left_out
        );
        let html = without_data(&page.html);
        assert!(
            html.contains("Not in this page") && html.contains("Valid"),
            "{what}"
        );
    }
}

#[test]
fn a_page_of_a_part_or_with_less_room_says_what_it_left_out_and_how_to_get_it() {
    let run = flood();
    run.report();
    let archive = archive(&run);
    let default = PageOptions::default();
    let said = |options: PageOptions| page(&archive, &options).left_out.join(" ");
    assert_eq!(said(default), "");
    let second = 1_000_000_000;
    let part = Window {
        from: second,
        to: 2 * second,
        limit: usize::MAX,
    };
    let text = said(PageOptions {
        window: part,
        ..default
    });
    assert!(
        text.contains("from 1.000 s to 2.000 s") && text.contains("swelkie serve"),
        "{text}"
    );
    let text = said(PageOptions {
        window: Window::first(10),
        ..default
    });
    assert!(
        text.contains("swelkie report --from") && text.contains("10 is as many"),
        "{text}"
    );
    let text = said(PageOptions {
        body_bytes: 10,
        ..default
    });
    assert!(
        text.contains("bodies") && text.contains("swelkie report --from"),
        "{text}"
    );
    let text = said(PageOptions {
        journal_bytes: 10,
        ..default
    });
    assert!(text.contains("`carried`"), "{text}");
}

fn swelkie(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swelkie"));
    command.args(arguments).current_dir(directory);
    command.output().expect("the program starts")
}

#[test]
fn the_command_writes_a_page_where_it_is_told_and_refuses_what_makes_no_sense() {
    let run = flood().with(|options| options.report = false);
    run.report();
    let here = run.directory();
    let output = swelkie(here, &["report"]);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(out.starts_with("store/latest/report.html  ("), "{out}");
    assert!(run.file("report.html").exists());

    let part = [
        "report",
        "store/latest",
        "--from",
        "1s",
        "--to",
        "2",
        "--out",
        "part.html",
    ];
    let output = swelkie(here, &part);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("note: Only messages"),
        "{output:?}"
    );
    assert!(here.join("part.html").exists());

    for (arguments, complaint) in [
        (
            &["report", "nowhere"][..],
            "there is no run nowhere in store",
        ),
        (
            &["report", "--from", "3s", "--to", "2s"],
            "nothing between them",
        ),
        (
            &["report", "--out", "no/such/place.html"],
            "--out names another place",
        ),
        (&["report", "--limit", "0"], "--limit"),
    ] {
        let output = swelkie(here, arguments);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(254), "{err}");
        assert!(err.contains(complaint), "{err}");
    }
}
