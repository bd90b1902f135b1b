//! `swelkie serve`, asked by a client that may send anything, about runs whose nodes may
//! have written anything.

#![expect(clippy::disallowed_methods, reason = "tells how long answers took")]

#[path = "serve/client.rs"]
mod client;
mod common;

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use client::{BINARY, Server, only_run, wait_for};
use swelkie::options::{Options, Target};
use swelkie_nodes::Seed;

/// A simulated run in a store; returns its directory.
fn simulate(store: &Path, seed: u64, change: impl FnOnce(&mut Options)) -> PathBuf {
    let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
    options.sim = true;
    options.report = false;
    options.seed = Seed(seed);
    options.time_limit = Duration::from_secs(20);
    options.nemesis_interval = Duration::from_secs(2);
    options.store = store.to_owned();
    change(&mut options);
    let report = options.run().expect("it runs");
    report.run.directory.expect("kept")
}

/// Real processes of a built-in node, started and left alone.
fn begin(store: &Path, seconds: &str) -> Child {
    Command::new(BINARY)
        .args([
            "test",
            "-q",
            "-w",
            "broadcast",
            "--builtin",
            "flood-retry",
            "--seed",
            "1",
        ])
        .args(["--rate", "50", "--node-count", "3", "--time-limit", seconds])
        .args([
            "--nemesis",
            "pause",
            "--nemesis-interval",
            "500ms",
            "--store",
        ])
        .arg(store)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// The path of a run's page.
fn path_of(directory: &Path) -> String {
    let name = directory.file_name().expect("a name").to_string_lossy();
    format!("/runs/broadcast/{name}")
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

#[test]
fn runs_are_listed_newest_first_and_filtered() {
    let keep = temporary();
    let first = simulate(keep.path(), 1, |_| ());
    let second = simulate(keep.path(), 2, |options| {
        options.nemesis = vec!["partition".to_owned()];
    });
    let broken = keep.path().join("echo/2020-01-01T00-00-00-9");
    fs::create_dir_all(&broken).expect("made");
    fs::write(broken.join("results.json"), "{\"version\":").expect("written");
    let server = Server::start(keep.path());
    let (first, second) = (path_of(&first), path_of(&second));

    let page = server.page("/");
    let at = |text: &str| {
        page.find(text)
            .unwrap_or_else(|| panic!("{text} in {page}"))
    };
    assert!(at(&second) < at(&first) && at(&first) < at("2020-01-01T00-00-00-9"));
    assert!(page.contains("3 runs") && page.contains("no report of a run"));
    for (query, has, has_not) in [
        ("?seed=1", &first, &second),
        ("?verdict=invalid", &second, &first),
        (
            "?verdict=valid&workload=broadcast&mode=sim",
            &first,
            &second,
        ),
        ("?text=lost", &second, &first),
    ] {
        let page = server.page(&format!("/{query}"));
        assert!(
            page.contains(&**has) && !page.contains(&**has_not),
            "{query}"
        );
    }
    let older = second.trim_start_matches("/runs/");
    let page = server.page(&format!("/?before={older}"));
    assert!(page.contains(&first) && !page.contains(&second));
    assert!(server.page("/?seed=x").contains("expected a whole number"));
    let latest = server.get("/latest");
    assert_eq!(
        (latest.status, latest.header("location")),
        (302, Some(&*format!("{second}/")))
    );
}

#[test]
fn a_store_that_does_not_exist_is_waited_for_and_its_first_run_appears() {
    let keep = temporary();
    let store = keep.path().join("store");
    let server = Server::start(&store);
    assert!(server.page("/").contains("no such directory yet"));
    let mut events = server.events("/events");
    assert!(events.next().1.contains("no such directory yet"));
    let run = simulate(&store, 1, |_| ());
    let (name, list) = events.next();
    assert!(name.is_empty());
    // It may be seen while it goes on.
    let list = if list.contains("valid") {
        list
    } else {
        events.next().1
    };
    assert!(list.contains(&path_of(&run)), "{list}");
}

#[test]
fn no_path_leads_out_of_the_store() {
    let keep = temporary();
    fs::write(keep.path().join("secret"), "the secret").expect("written");
    let store = keep.path().join("store");
    let run = simulate(&store, 1, |_| ());
    let data = run.join("nodes/n0/data");
    fs::create_dir_all(&data).expect("made");
    symlink(keep.path().join("secret"), data.join("link")).expect("linked");
    symlink(keep.path(), data.join("up")).expect("linked");
    symlink(keep.path(), store.join("elsewhere")).expect("linked");
    let server = Server::start(&store);
    let base = path_of(&run);
    let outside = format!("{}/secret", keep.path().display());
    let mut paths: Vec<String> = [
        "/../secret",
        "/secret",
        "/%2e%2e/secret",
        "/runs/../../secret",
        "/runs/broadcast/../../secret",
        "/runs/broadcast/latest/",
        "/runs/broadcast/latest/files/results.json",
        "/runs/latest/results.json/",
        "/runs/elsewhere/store/",
        "/runs/elsewhere/store/files/secret",
    ]
    .map(str::to_owned)
    .into();
    paths.push(format!("/{outside}"));
    for below in [
        "files/../../../secret",
        "files/..%2f..%2f..%2fsecret",
        "files/%2e%2e/%2e%2e/%2e%2e/secret",
        "files/%252e%252e/%252e%252e/secret",
        "files/..\\..\\..\\secret",
        "files/..%5c..%5csecret",
        "files/results.json%00.txt",
        "files/results.json%0d%0aX: y",
        "files/nodes",
        "files/nodes/n0/data/link",
        "files/nodes/n0/data/up/secret",
        "files//etc/passwd",
        "files/%2fetc%2fpasswd",
        "files/%zz",
        "files/%ff%fe",
        "stderr/..%2f..%2fsecret",
        "stderr/../results",
    ] {
        paths.push(format!("{base}/{below}"));
    }
    paths.push(format!("{base}/files{outside}"));
    paths.push(format!("{base}/files/{outside}"));
    for path in &paths {
        // A space would end the target: the rest is then no version of HTTP.
        let answer = server.get(path);
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.status
        );
        let text = String::from_utf8_lossy(&answer.body);
        assert!(
            !text.contains("the secret") && !text.contains("root:"),
            "{path}: {text}"
        );
    }
    let page = server.page(&format!("{base}/"));
    assert!(page.contains("results.json") && !page.contains("data/link"));
}

#[test]
fn other_names_of_this_machine_are_turned_away_and_nothing_but_reading_is_done() {
    let keep = temporary();
    let run = simulate(keep.path(), 1, |_| ());
    let server = Server::start(keep.path());
    let port = server.address.port();
    let secret = "/runs/broadcast/";
    for (line, hosts, status) in [
        ("GET / HTTP/1.1", &["evil.example"][..], 421),
        ("GET / HTTP/1.1", &["evil.example:80"], 421),
        ("GET / HTTP/1.1", &["localhost.evil.example"], 421),
        ("GET / HTTP/1.1", &["192.0.2.1"], 421),
        ("GET / HTTP/1.1", &["localhost", "evil.example"], 421),
        ("GET / HTTP/1.1", &[""], 421),
        ("GET / HTTP/1.0", &[], 421),
        ("GET http://evil.example/ HTTP/1.1", &["localhost"], 421),
        ("GET / HTTP/1.1", &["localhost"], 200),
        ("GET / HTTP/1.1", &["LOCALHOST:1"], 200),
        ("GET / HTTP/1.1", &["[::1]:1"], 200),
        ("GET http://127.0.0.1/ HTTP/1.1", &["127.0.0.1"], 200),
        ("POST / HTTP/1.1", &["localhost"], 405),
        ("PUT / HTTP/1.1", &["localhost"], 405),
        ("DELETE / HTTP/1.1", &["localhost"], 405),
        ("OPTIONS / HTTP/1.1", &["localhost"], 405),
        ("BREW / HTTP/1.1", &["localhost"], 405),
    ] {
        let hosts: String = hosts
            .iter()
            .map(|host| format!("Host: {host}\r\n"))
            .collect();
        let answer = server.raw(&format!("{line}\r\n{hosts}Connection: close\r\n\r\n"));
        assert_eq!(answer.status, status, "{line} {hosts:?}");
        assert_eq!(
            answer.text().contains(secret),
            status == 200,
            "{line} {hosts:?}"
        );
        assert_eq!(answer.header("allow").is_some(), status == 405);
    }
    let base = path_of(&run);
    for path in [
        "/",
        "/nothing",
        "/assets/serve.css",
        "/latest",
        &base,
        &format!("{base}/"),
        &format!("{base}/messages"),
        &format!("{base}/report.html"),
        &format!("{base}/files/results.json"),
        &format!("{base}/files/nothing"),
    ] {
        let origin = format!("Origin: http://localhost:{port}\r\n");
        let answer = server.request("GET", path, &origin);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}: {}", answer.head);
        }
        let policy = answer.header("content-security-policy");
        assert!(
            policy.is_some_and(|policy| policy.contains("default-src 'none'")),
            "{path}"
        );
        assert!(
            !answer.head.to_lowercase().contains("access-control"),
            "{path}"
        );
    }
}

/// What a node could write to make a page do something.
const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" onmouseover=\"alert(3)'><svg/onload=alert(4)>\u{202e}\u{1b}[31m\u{7}";

/// Nothing of it is on a page but as text.
fn assert_harmless(path: &str, page: &str) {
    // A form gives back what was typed into it, as it was typed.
    let typed = page.split("value=\"").skip(1);
    let typed: Vec<&str> = typed.filter_map(|rest| rest.split('"').next()).collect();
    let mut page = page.to_owned();
    for text in typed.into_iter().filter(|text| !text.is_empty()) {
        assert!(!text.contains('<'), "{text}");
        page = page.replace(text, "");
    }
    let acts = ["<script>", "<img", "<svg/", "\" onmouseover=\""];
    let marks = ["\u{202e}", "\u{1b}", "\u{7}"];
    for text in acts.into_iter().chain(marks) {
        let at = page.find(text);
        assert!(
            at.is_none(),
            "{path}: {:?}",
            page[at.unwrap_or(0)..].get(..200)
        );
    }
}

#[test]
fn nothing_that_a_node_wrote_acts_on_a_page() {
    let keep = temporary();
    let run = simulate(keep.path(), 3, |options| {
        options.nemesis = vec!["partition".to_owned()];
    });
    let hostile = serde_json::to_string(HOSTILE).expect("text");
    let results = fs::read(run.join("results.json")).expect("read");
    let mut results: serde_json::Value = serde_json::from_slice(&results).expect("JSON");
    assert!(results["anomalies"][0].is_object(), "the run is invalid");
    for field in ["kind", "text", "element", "node"] {
        results["anomalies"][0][field] = HOSTILE.into();
    }
    results["headline"] = HOSTILE.into();
    results["plan"]["nodes"][0] = HOSTILE.into();
    results["plan"]["target"] = HOSTILE.into();
    results["run"]["command"] = HOSTILE.into();
    results["warnings"] = serde_json::json!([HOSTILE]);
    results["faults"][0]["name"] = HOSTILE.into();
    results["faults"][0]["summary"] = HOSTILE.into();
    results["figures"][HOSTILE] = 1.into();
    results["offences"] = serde_json::json!([{"kind": HOSTILE, "node": HOSTILE, "count": 1,
        "first_ns": 1, "story": HOSTILE, "stderr_tail": HOSTILE}]);
    fs::write(run.join("results.json"), results.to_string()).expect("written");
    let lines = format!(
        "{{\"time\":1,\"event\":\"send\",\"id\":1,\"src\":{hostile},\"dest\":{hostile},\"body\":{{\"type\":{hostile},\"x\":{hostile}}}}}\n\
         {{\"time\":2,\"event\":\"drop\",\"id\":1,\"why\":{hostile},\"fault\":{hostile}}}\n"
    );
    fs::write(run.join("messages.jsonl"), lines).expect("written");
    let mut log = HOSTILE.as_bytes().to_vec();
    log.extend(b"\xff\xfe\x00 end");
    fs::write(run.join("nodes/n0.stderr.log"), &log).expect("written");
    fs::create_dir_all(run.join("nodes/n0/data")).expect("made");
    let odd = "<script>alert(5)<&\"'>?#.svg";
    fs::write(
        run.join("nodes/n0/data").join(odd.replace('/', "")),
        HOSTILE,
    )
    .expect("written");
    let server = Server::start(keep.path());
    let base = path_of(&run);
    let query = form_encoded(HOSTILE);
    for path in [
        "/".to_owned(),
        format!("/?text={query}&workload={query}&verdict={query}"),
        format!("/?seed={query}"),
        format!("{base}/"),
        format!("{base}/messages"),
        format!("{base}/messages?id=1"),
        format!("{base}/messages?text={query}&node={query}&fate=dropped"),
        format!("{base}/messages?fate={query}"),
        format!("{base}/messages?from={query}"),
        format!("{base}/stderr/n0"),
        format!("{base}/stderr/{query}"),
        format!("/runs/{query}/{query}/"),
    ] {
        let answer = server.get(&path);
        let page = answer.text();
        assert_harmless(&path, &page);
        let kind = answer.header("content-type");
        assert_eq!(kind, Some("text/html; charset=utf-8"), "{path}");
    }
    assert!(
        server
            .page(&format!("{base}/messages"))
            .contains("&lt;/script&gt;")
    );
    // The link of the oddly named file leads to it, in an origin of its own.
    let page = server.page(&format!("{base}/"));
    let link = page
        .split("href=\"")
        .find(|part| part.contains("alert%285%29"));
    let link = link
        .and_then(|part| part.split('"').next())
        .expect("a link");
    let svg = server.get(&format!("{base}/{link}"));
    assert_eq!(
        (svg.status, svg.header("content-type")),
        (200, Some("image/svg+xml"))
    );
    let policy = svg.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("sandbox;") && !policy.contains("script"),
        "{policy}"
    );
    // Files are text as they are.
    let raw = server.get(&format!("{base}/files/nodes/n0.stderr.log"));
    assert_eq!(
        raw.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(raw.body, log);
}

fn form_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn files_come_whole_in_parts_and_to_be_saved() {
    let keep = temporary();
    let run = simulate(keep.path(), 1, |_| ());
    let server = Server::start(keep.path());
    let base = path_of(&run);
    let bytes = fs::read(run.join("messages.jsonl")).expect("read");
    assert!(bytes.len() > 3000);
    let path = format!("{base}/files/messages.jsonl");
    let whole = server.get(&path);
    assert_eq!((whole.status, whole.body), (200, bytes.clone()));
    let part = server.request("GET", &path, "Range: bytes=1000-1999\r\n");
    assert_eq!((part.status, &*part.body), (206, &bytes[1000..2000]));
    let range = format!("bytes 1000-1999/{}", bytes.len());
    assert_eq!(part.header("content-range"), Some(&*range));
    let beyond = server.request("GET", &path, "Range: bytes=99999999-\r\n");
    assert_eq!((beyond.status, beyond.body.len()), (416, 0));
    let head = server.request("HEAD", &path, "");
    let length = bytes.len().to_string();
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (200, Some(&*length), 0)
    );
    let saved = server.get(&format!("{path}?download"));
    assert_eq!(saved.header("content-type"), Some("application/x-ndjson"));
    let name = saved.header("content-disposition").expect("a name");
    assert!(
        name.starts_with("attachment; filename=\"broadcast-")
            && name.ends_with("-messages.jsonl\"")
    );
    let head = server.request("HEAD", "/", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn a_file_of_any_size_takes_little_memory_and_its_reader_may_leave() {
    let keep = temporary();
    let run = simulate(keep.path(), 1, |_| ());
    let large = fs::File::create(run.join("trace.json")).expect("made");
    large.set_len(4 << 30).expect("a file with a hole");
    let server = Server::start(keep.path());
    server.page("/");
    let before = peak(&server);
    let mut stream = server.connect();
    let request = format!(
        "GET {}/files/trace.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
        path_of(&run)
    );
    std::io::Write::write_all(&mut stream, request.as_bytes()).expect("sent");
    let mut some = vec![0; 64 << 20];
    stream.read_exact(&mut some).expect("read");
    drop(stream);
    server.page("/");
    let more = peak(&server).saturating_sub(before);
    assert!(more < 30_000, "{more} kB more for one reader");
}

/// The most memory that a server had, in kB.
fn peak(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).expect("read");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
    kilobytes.expect("a figure")
}

#[test]
fn a_run_is_followed_while_it_goes_on_and_its_page_changes_when_it_is_over() {
    let keep = temporary();
    let server = Server::start(keep.path());
    let mut child = begin(keep.path(), "3");
    let run = wait_for("a run", || only_run(keep.path(), "broadcast"));
    let base = path_of(&run);
    let page = server.page(&format!("{base}/"));
    assert!(
        page.contains("going on") && page.contains("data-events=\"events\""),
        "{page}"
    );
    assert!(server.page("/?verdict=going+on").contains(&base));
    let mut events = server.events(&format!("{base}/events"));
    let mut last = String::new();
    let mut seen = 0;
    loop {
        let (name, data) = events.next();
        if name == "over" {
            break;
        }
        (last, seen) = (data, seen + 1);
    }
    assert!(seen >= 3, "{seen} events in 3 s");
    for word in [
        "broadcast",
        "n2",
        "pending",
        "sent",
        "The last of the history",
        "nemesis-pause-1",
    ] {
        assert!(last.contains(word), "{word}: {last}");
    }
    child.wait().expect("it ends");
    let page = server.page(&format!("{base}/"));
    assert!(
        !page.contains("going on") && page.contains("Figures"),
        "{page}"
    );
    assert!(
        page.contains("every promise of broadcast was kept"),
        "{page}"
    );
}

#[test]
fn a_run_whose_harness_was_killed_is_said_to_be_cut_short_and_shows_what_it_has() {
    let keep = temporary();
    let mut child = begin(keep.path(), "60");
    let run = wait_for("messages", || {
        let run = only_run(keep.path(), "broadcast")?;
        let length = fs::metadata(run.join("messages.jsonl")).ok()?.len();
        (length > 20_000).then_some(run)
    });
    child.kill().expect("killed");
    child.wait().expect("it ends");
    let server = Server::start(keep.path());
    let base = path_of(&run);
    // The supervisor may hold the lock for a moment longer.
    wait_for("the run's end", || {
        let page = server.page(&format!("{base}/"));
        (page.contains("cut short") && page.contains("Swelkie was killed")).then_some(())
    });
    assert!(server.page("/?verdict=cut+short").contains(&base));
    assert!(
        server
            .page(&format!("{base}/messages?type=broadcast"))
            .contains("n0")
    );
    assert!(
        server
            .page(&format!("{base}/report.html"))
            .contains("Content-Security-Policy")
    );
    let (name, _) = server.events(&format!("{base}/events")).next();
    assert_eq!(name, "over");
}

#[test]
fn a_hundred_thousand_messages_are_searched_and_every_page_of_them_can_be_reached() {
    let keep = temporary();
    let run = simulate(keep.path(), 1, |_| ());
    let mut lines = String::new();
    for id in 0..100_000_u64 {
        let (time, src, dest) = (id * 1000, id % 5, (id + 1) % 5);
        lines += &format!(
            "{{\"time\":{time},\"event\":\"send\",\"id\":{id},\"src\":\"n{src}\",\"dest\":\"n{dest}\",\"body\":{{\"type\":\"gossip\",\"message\":\"value {id}.\"}}}}\n"
        );
        let end = match id % 1000 {
            999 => format!("\"drop\",\"id\":{id},\"why\":\"cut\",\"fault\":\"partition-1\""),
            _ => format!("\"deliver\",\"id\":{id}"),
        };
        lines += &format!("{{\"time\":{},\"event\":{end}}}\n", time + 500);
    }
    fs::write(run.join("messages.jsonl"), &lines).expect("written");
    let server = Server::start(keep.path());
    let base = path_of(&run);
    for (query, expected) in [
        ("", "100 of 100,000 messages"),
        ("?text=value+77777.", "1 message"),
        ("?fate=dropped", "100 messages"),
        (
            "?fate=dropped:cut&src=n4&dest=n0&type=gossip",
            "100 messages",
        ),
        ("?node=n3&type=gossip", "100 of 40,000 messages"),
        ("?from=50ms&to=50.1ms", "100 messages"),
        ("?type=nothing", "0 messages"),
    ] {
        let begin = Instant::now();
        let page = server.page(&format!("{base}/messages{query}"));
        println!("{:>7.1} ms  {query:?}", begin.elapsed().as_secs_f64() * 1e3);
        assert!(page.contains(expected), "{query}: {page}");
    }
    let (mut path, mut seen) = (format!("{base}/messages?src=n1&from=90ms"), 0);
    loop {
        let page = server.page(&path);
        seen += page.matches("value ").count();
        let Some(next) = page.split("rel=\"next\" href=\"").nth(1) else {
            break;
        };
        let next = next
            .split('"')
            .next()
            .expect("an address")
            .replace("&amp;", "&");
        path = format!("{base}/{next}");
    }
    assert_eq!(seen, 2_000);
}

#[test]
fn the_report_of_a_part_is_drawn_and_the_store_is_left_as_it_was() {
    let keep = temporary();
    let run = simulate(keep.path(), 1, |_| ());
    let before = tree(keep.path());
    let server = Server::start(keep.path());
    let base = path_of(&run);
    let whole = server.page(&format!("{base}/report.html"));
    let part = server.page(&format!("{base}/report.html?from=2s&to=2.5s"));
    assert!(part.len() < whole.len(), "{} {}", part.len(), whole.len());
    let odd = server.get(&format!("{base}/report.html?from=3&to=2"));
    assert_eq!(odd.status, 400);
    for path in ["/", "/messages", "/stderr/n0", "/files/results.json"] {
        server.get(&format!("{base}{path}"));
    }
    drop(server);
    assert_eq!(tree(keep.path()), before);
}

/// Every file below a directory, its size and when it was changed.
fn tree(root: &Path) -> Vec<(PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).expect("listed").filter_map(Result::ok) {
        let data = entry.metadata().expect("there");
        found.push((entry.path(), data.len(), data.modified().expect("known")));
        if data.is_dir() {
            found.extend(tree(&entry.path()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_signal_ends_it_at_once_though_somebody_listens() {
    let keep = temporary();
    simulate(keep.path(), 1, |_| ());
    let mut server = Server::start(keep.path());
    let mut events = server.events("/events");
    events.next();
    let pid = rustix::process::Pid::from_child(&server.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("sent");
    let begin = Instant::now();
    server.child.wait().expect("it ends");
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn mistakes_and_dangers_of_listening_are_said_in_plain_words() {
    let keep = temporary();
    let server = Server::start(keep.path());
    let listen = |address: &str| {
        let mut command = Command::new(BINARY);
        command.args(["serve", "--listen", address, "--store"]);
        command.arg(keep.path());
        command
    };
    let taken = listen(&server.address.to_string())
        .output()
        .expect("it ends");
    let text = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert_eq!(taken.status.code(), Some(254), "{text}");
    assert!(text.contains("another program listens there"), "{text}");
    let odd = listen("nowhere").output().expect("it ends");
    assert_eq!(odd.status.code(), Some(254));
    let mut open = listen("0.0.0.0:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut text = String::new();
    let mut line = [0; 1];
    let mut stderr = open.stderr.take().expect("piped");
    while !text.contains("There is no password") {
        assert_eq!(stderr.read(&mut line).expect("read"), 1, "{text}");
        text.push(line[0] as char);
    }
    open.kill().expect("killed");
    open.wait().expect("it ends");
    let file = keep.path().join("file");
    fs::write(&file, "").expect("written");
    let no_store = Command::new(BINARY)
        .args(["serve", "--store"])
        .arg(&file)
        .output()
        .expect("it ends");
    let text = String::from_utf8_lossy(&no_store.stderr).into_owned();
    assert!(
        no_store.status.code() == Some(254) && text.contains("no directory"),
        "{text}"
    );
}
