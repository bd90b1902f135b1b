//! What is exported is what happened, in the form that each reader expects. The readers
//! themselves are tried by `tests/exports/check.py`.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use common::Run;
use regex_lite::Regex;
use serde_json::Value;
use swelkie::archive::{Archive, Fate};
use swelkie::export::csv::{self, Series};
use swelkie::export::{Source, dot, perfetto, shiviz, svg};

const ALL: Range<u64> = 0..u64::MAX;

/// A simulation in which everything happens that exports show.
fn troubled() -> Run {
    let run = Run::sim("broadcast", "flood-retry").with(|options| {
        options.time_limit = Duration::from_secs(20);
        options.latency = swelkie::network::Latency::constant(Duration::from_millis(20));
        options.nemesis = ["partition", "loss", "duplicate", "kill", "pause"]
            .map(str::to_owned)
            .into();
        options.nemesis_interval = Duration::from_secs(2);
        options.seed = swelkie_nodes::Seed(4);
    });
    run.unchecked();
    run
}

fn archive(run: &Run) -> Archive {
    Archive::open(&run.options.store.join("latest")).expect("a run")
}

fn exported(source: &Source, write: impl FnOnce(&Source, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(source, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

fn trace(source: &Source) -> Vec<Value> {
    let json = exported(source, |source, out| perfetto::write(source, out).unwrap());
    let document: Value = serde_json::from_str(&json).expect("one JSON document");
    document["traceEvents"].as_array().expect("a list").clone()
}

/// Nanoseconds of a trace's microseconds.
fn nanos(value: &Value) -> u64 {
    (value.as_f64().expect("a number") * 1e3).round() as u64
}

/// By thread: its slices.
fn slices(events: &[Value]) -> BTreeMap<u64, Vec<(u64, u64, &Value)>> {
    let mut threads: BTreeMap<u64, Vec<(u64, u64, &Value)>> = BTreeMap::new();
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let begin = nanos(&event["ts"]);
        let thread = threads.entry(event["tid"].as_u64().unwrap()).or_default();
        thread.push((begin, begin + nanos(&event["dur"]), event));
    }
    for slices in threads.values_mut() {
        slices.sort_by_key(|slice| slice.0);
    }
    threads
}

#[test]
fn every_message_is_an_arrow_between_two_slices_and_no_slices_touch() {
    let run = troubled();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    let events = trace(&source);
    let threads = slices(&events);
    for (thread, slices) in &threads {
        for pair in slices.windows(2) {
            assert!(pair[0].1 <= pair[1].0, "thread {thread}: {pair:?}");
        }
    }
    let slice_at = |event: &Value| {
        let at = nanos(&event["ts"]);
        let slices = &threads[&event["tid"].as_u64().unwrap()];
        let found = slices
            .iter()
            .find(|(begin, end, _)| (*begin..*end).contains(&at));
        found.unwrap_or_else(|| panic!("no slice around {event}")).2
    };
    let ends = |ph: &str| -> BTreeMap<u64, &Value> {
        let of = events.iter().filter(|event| event["ph"] == ph);
        of.map(|event| (event["id"].as_u64().unwrap(), event))
            .collect()
    };
    let (begins, arrows) = (ends("s"), ends("f"));
    assert!(begins.keys().eq(arrows.keys()), "each arrow has two ends");
    let rows = &source.messages.rows;
    let ended = rows.iter().filter(|row| row.fate != Fate::InFlight).count();
    assert_eq!(arrows.len(), ended);
    for (id, end) in &arrows {
        let (row, begin) = (&rows[*id as usize], begins[id]);
        assert_eq!(end["bp"], "e");
        assert!(nanos(&begin["ts"]) < nanos(&end["ts"]), "{begin} {end}");
        let (sent, came) = (slice_at(begin), slice_at(end));
        assert_eq!(
            (&sent["cat"], &sent["args"]["id"]),
            (&"send".into(), &row.id.into())
        );
        assert_eq!(came["args"]["id"], row.id);
        assert_eq!(came["args"]["at_ns"], row.ended.unwrap());
        let category = if row.fate == Fate::Delivered {
            "receive"
        } else {
            "drop"
        };
        assert_eq!(came["cat"], category);
        assert_eq!(
            came["args"].get("why").is_some(),
            category == "drop",
            "{came}"
        );
    }
}

#[test]
fn a_trace_has_nodes_lives_operations_and_faults_where_they_belong() {
    let run = troubled();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    let events = trace(&source);
    let name = |what: &str, of: &str, number: &Value| {
        let mut labels = events.iter().filter(|event| event["name"] == what);
        let label = labels.find(|event| event[of] == *number).expect("a name");
        label["args"]["name"].as_str().unwrap().to_owned()
    };
    let place = |event: &Value| {
        (
            name("process_name", "pid", &event["pid"]),
            name("thread_name", "tid", &event["tid"]),
        )
    };
    let of = |category: &str| -> Vec<&Value> {
        events
            .iter()
            .filter(|event| event["cat"] == category)
            .collect()
    };
    let operations = of("operation");
    assert_eq!(operations.len(), source.operations.all.len());
    for (event, one) in operations.iter().zip(&source.operations.all) {
        let (process, thread) = place(event);
        assert_eq!(process, "clients");
        assert!(thread.starts_with(&one.client), "{thread}");
        assert_eq!(event["args"]["op"], one.op);
    }
    let mut faults = BTreeSet::new();
    for event in of("fault") {
        let (process, _) = place(event);
        let name = event["name"].as_str().unwrap();
        let fault = archive
            .report
            .faults
            .iter()
            .find(|fault| fault.name == name)
            .unwrap();
        let expected = match fault.scope.nodes.is_empty() {
            true => process == "faults",
            false => fault.scope.nodes.contains(&process),
        };
        assert!(expected, "{name} is on {process}");
        faults.insert(name);
    }
    assert_eq!(
        faults.len(),
        archive
            .report
            .faults
            .iter()
            .filter(|fault| fault.began.is_some())
            .count()
    );
    // A thread per life: as many as a node was started.
    let mut starts: BTreeMap<String, usize> = BTreeMap::new();
    let messages = &source.messages;
    for row in &messages.rows {
        if messages.kinds[row.kind as usize] == "init" && row.fate == Fate::Delivered {
            *starts.entry(messages.end(row.dest).to_owned()).or_default() += 1;
        }
    }
    assert!(
        starts.values().any(|&lives| lives > 1),
        "somebody was killed"
    );
    for (node, lives) in starts {
        let places: BTreeSet<_> = of("receive").into_iter().map(place).collect();
        let threads = places
            .iter()
            .filter(|(process, thread)| *process == node && thread.starts_with("life"));
        assert_eq!(threads.count(), lives, "{node}");
    }
}

/// What a reader of ShiViz's makes of a log: text, host, clock.
fn log(text: &str) -> Vec<(String, String, BTreeMap<String, u64>)> {
    // A brace begins a count for this crate; for JavaScript it does not.
    let regex = Regex::new(&shiviz::REGEX.replace("{.*}", r"\{.*\}")).unwrap();
    let event = |found: regex_lite::Captures| {
        let clock = serde_json::from_str(&found["clock"]).expect("a clock");
        (found["event"].to_owned(), found["host"].to_owned(), clock)
    };
    regex.captures_iter(text).map(event).collect()
}

#[test]
fn clocks_count_each_hosts_events_and_a_receiver_knows_all_that_the_sender_knew() {
    let run = troubled();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    let mut events = 0;
    let text = exported(&source, |source, out| {
        events = shiviz::write(source, out).unwrap()
    });
    assert!(text.starts_with(shiviz::REGEX));
    let log = log(&text);
    assert_eq!(log.len() as u64, events);
    let mut last: BTreeMap<&str, &BTreeMap<String, u64>> = BTreeMap::new();
    let mut sent = BTreeMap::new();
    let (mut received, none) = (0, BTreeMap::new());
    for (event, host, clock) in &log {
        let before = last.insert(host, clock).unwrap_or(&none);
        let own = before.get(host).copied().unwrap_or(0);
        assert_eq!(clock[host], own + 1, "{host}: {event}");
        for (of, count) in before {
            assert!(clock[of] >= *count, "{host} forgot of {of}: {event}");
        }
        let words: Vec<&str> = event.split(' ').collect();
        match words[2] {
            "sends" => {
                sent.insert(words[3], (host, clock));
            }
            "receives" => {
                let (from, letter) = sent[words[3]];
                assert_eq!(words[5].trim_end_matches(':'), from);
                assert!(
                    letter.iter().all(|(of, count)| clock[of] >= *count),
                    "{event}"
                );
                received += 1;
            }
            _ => {}
        }
    }
    let delivered = source
        .messages
        .rows
        .iter()
        .filter(|row| row.fate == Fate::Delivered);
    assert_eq!(received, delivered.count());
    // A node is one host however often it was started.
    let hosts: BTreeSet<&String> = log.iter().map(|event| &event.1).collect();
    assert!(
        hosts.iter().all(|host| host.starts_with(['n', 'c'])),
        "{hosts:?}"
    );
}

#[test]
fn a_graph_and_its_picture_have_every_link_and_all_messages_between_nodes() {
    let run = troubled();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    let dot = exported(&source, |source, out| dot::write(source, out).unwrap());
    assert!(
        dot.starts_with("graph topology {") && dot.contains("topology grid"),
        "{dot}"
    );
    let number = |name: &str| -> u64 {
        let regex = Regex::new(&format!("[ ,]{name}=([0-9]+)")).unwrap();
        let found = regex.captures_iter(&dot);
        found.map(|found| found[1].parse::<u64>().unwrap()).sum()
    };
    let figure = |name: &str| archive.report.figures.get(name).unwrap().as_f64() as u64;
    assert_eq!(number("messages"), figure("net.servers.msgs"));
    assert_eq!(number("dropped"), figure("net.dropped"));
    let svg = exported(&source, |source, out| svg::write(source, out).unwrap());
    let document = roxmltree::Document::parse(&svg).expect("XML");
    let count = |name: &str| {
        document
            .descendants()
            .filter(|node| node.has_tag_name(name))
            .count()
    };
    assert_eq!(count("circle"), 5);
    assert_eq!(count("line"), dot.matches(" -- ").count());
}

#[test]
fn a_run_without_messages_has_the_links_of_its_report() {
    let run = Run::sim("broadcast", "flood").with(|options| options.journal_messages = false);
    run.unchecked();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    assert!(!source.has_messages());
    let dot = exported(&source, |source, out| dot::write(source, out).unwrap());
    assert!(
        dot.contains("links that carried messages") && dot.contains(" -- "),
        "{dot}"
    );
    let events = trace(&source);
    let operations = events.iter().filter(|event| event["cat"] == "operation");
    assert_eq!(operations.count(), source.operations.all.len());
    let mut log = Vec::new();
    assert!(shiviz::write(&source, &mut log).unwrap() > 0);
    for series in Series::ALL {
        csv::write(&source, series, Duration::from_secs(1), Vec::new()).unwrap();
    }
}

fn table(source: &Source, series: Series) -> Vec<BTreeMap<String, String>> {
    let bin = Duration::from_millis(500);
    let text = exported(source, |source, out| {
        csv::write(source, series, bin, out).unwrap();
    });
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    reader
        .deserialize()
        .map(|row| row.expect("a row as wide as the first"))
        .collect()
}

fn sum(rows: &[BTreeMap<String, String>], column: &str) -> u64 {
    rows.iter()
        .map(|row| row[column].parse::<u64>().expect("a number"))
        .sum()
}

#[test]
fn tables_agree_with_each_other_and_with_the_report() {
    let run = troubled();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    let figure = |name: &str| archive.report.figures.get(name).unwrap().as_f64() as u64;
    let messages = table(&source, Series::Messages);
    assert_eq!(messages.len(), source.messages.rows.len());
    let with = |column: &str, value: &str| {
        messages.iter().filter(|row| row[column] == value).count() as u64
    };
    assert_eq!(with("fate", "dropped"), figure("net.dropped"));
    assert_eq!(with("copy", "true"), figure("net.duplicates"));
    let network = table(&source, Series::Network);
    assert_eq!(sum(&network, "sent"), with("copy", "false"));
    assert_eq!(sum(&network, "dropped"), with("fate", "dropped"));
    assert_eq!(sum(&network, "delivered"), with("fate", "delivered"));
    let left = network.last().unwrap()["in_flight"].parse::<u64>().unwrap();
    assert_eq!(left, with("fate", "in-flight"));
    let reasons = source.messages.reasons.iter();
    let by_reason: u64 = reasons
        .map(|why| sum(&network, &format!("dropped_{why}")))
        .sum();
    assert_eq!(by_reason, with("fate", "dropped"));
    let links = table(&source, Series::Links);
    assert_eq!(sum(&links, "messages"), with("copy", "false"));
    let rate = table(&source, Series::Rate);
    let operations = table(&source, Series::Operations);
    assert_eq!(sum(&rate, "invoked") as usize, operations.len());
    let ok = operations
        .iter()
        .filter(|row| row["completion"] == "ok")
        .count();
    assert_eq!(sum(&rate, "ok") as usize, ok);
    let figures = table(&source, Series::Figures);
    assert_eq!(figures.len(), archive.report.figures.0.len());
    assert_eq!(
        table(&source, Series::Faults).len(),
        archive.report.faults.len()
    );
}

#[test]
fn every_arrival_of_an_element_was_brought_by_the_message_it_names() {
    let run = troubled();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    let arrivals = table(&source, Series::Propagation);
    let elements = table(&source, Series::Elements);
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arrival in &arrivals {
        let id: u64 = arrival["message"].parse().unwrap();
        let at: u64 = arrival["time_ns"].parse().unwrap();
        let messages = &source.messages;
        let mut rows = messages.rows.iter().filter(|row| row.id == id);
        let row = rows
            .find(|row| row.ended == Some(at))
            .expect("it came then");
        assert_eq!(messages.end(row.src), arrival["src"]);
        assert_eq!(messages.end(row.dest), arrival["node"]);
        assert_eq!(
            arrival["hops"] == "0",
            arrival["src"].starts_with('c'),
            "{arrival:?}"
        );
        let body = messages.body(row).unwrap().unwrap();
        assert!(body.contains(&arrival["element"]), "{body}");
        reached
            .entry(&arrival["element"])
            .or_default()
            .insert(&arrival["node"]);
    }
    assert!(
        arrivals.iter().any(|arrival| arrival["life"] != "1"),
        "some were told again"
    );
    for element in &elements {
        let nodes = reached.get(&*element["element"]).map_or(0, BTreeSet::len);
        assert_eq!(element["reached"], nodes.to_string(), "{element:?}");
        assert_eq!(element["to_all_ms"].is_empty(), nodes < 5);
    }
}

#[test]
fn a_window_has_what_was_sent_in_it_with_how_that_ended_and_lives_keep_their_numbers() {
    let run = troubled();
    let archive = archive(&run);
    let second = 1_000_000_000;
    let source = Source::read(&archive, 10 * second..12 * second).unwrap();
    let events = trace(&source);
    let of = |category: &str| {
        events
            .iter()
            .filter(|event| event["cat"] == category)
            .count()
    };
    let rows: Vec<_> = source.rows().collect();
    assert!(!rows.is_empty() && rows.len() < source.messages.rows.len());
    assert_eq!(of("send"), rows.iter().filter(|row| !row.copy).count());
    let begins = events.iter().filter(|event| event["ph"] == "s").count();
    assert_eq!(
        begins,
        rows.iter().filter(|row| row.fate != Fate::InFlight).count()
    );
    let log = log(&exported(&source, |source, out| {
        shiviz::write(source, out).unwrap();
    }));
    let mut own: BTreeMap<&str, u64> = BTreeMap::new();
    for (event, host, clock) in &log {
        let count = own.entry(host).or_default();
        *count += 1;
        // ShiViz refuses a log whose clocks do not begin at 1.
        assert_eq!(clock[host], *count, "{event}");
    }
    assert_eq!(table(&source, Series::Messages).len(), rows.len());
}

#[test]
fn text_that_breaks_parsers_breaks_none_of_ours() {
    let run = Run::script("broadcast", "ugly.py", &[]);
    run.unchecked();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    let ugly = |text: &&String| text.contains("</script>") || text.contains('\u{202e}');
    assert!(
        source.messages.kinds.iter().filter(ugly).count() > 1,
        "{:?}",
        source.messages.kinds
    );
    let rows = source.messages.rows.len();
    assert_eq!(table(&source, Series::Messages).len(), rows);
    for row in table(&source, Series::Messages) {
        for (column, cell) in &row {
            let acts = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!acts || cell.parse::<f64>().is_ok(), "{column}: {cell}");
        }
    }
    let events = trace(&source);
    let longest = events.iter().map(|event| event.to_string().len()).max();
    assert!(longest < Some(20_000), "bodies are bounded");
    let mut count = 0;
    let text = exported(&source, |source, out| {
        count = shiviz::write(source, out).unwrap()
    });
    let log = log(&text);
    assert_eq!(log.len() as u64, count);
    assert!(
        log.iter()
            .all(|event| event.1 != "n9" && !event.2.contains_key("n9"))
    );
    assert!(!text.contains(['\u{2028}', '\u{202e}', '\u{0}', '\u{1b}']));
    let svg = exported(&source, |source, out| svg::write(source, out).unwrap());
    roxmltree::Document::parse(&svg).expect("XML");
}

#[test]
fn hostile_elements_and_names_in_the_files_of_a_run_are_text_everywhere() {
    let run = Run::sim("broadcast", "flood").with(|options| {
        options.time_limit = Duration::from_secs(3);
    });
    run.unchecked();
    let ugly = "</script>\"];n0 -- n9 [label=\"\\n\u{202e}<&>\u{2028}{\u{7}";
    let element = serde_json::to_string(ugly).unwrap();
    let history = String::from_utf8(run.bytes("history.jsonl")).unwrap();
    let torn =
        history.replacen("\"value\":0", &format!("\"value\":{element}"), 2) + "{\"time\":12,\"pro";
    std::fs::write(run.file("history.jsonl"), torn).unwrap();
    let results: Value = serde_json::from_slice(&run.bytes("results.json")).unwrap();
    let mut results = results;
    results["plan"]["nodes"][0] = ugly.into();
    std::fs::write(run.file("results.json"), results.to_string()).unwrap();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    assert_eq!(source.operations.unread, 1, "the torn line");
    let elements = table(&source, Series::Elements);
    assert!(
        elements.iter().any(|row| row["element"] == element),
        "{elements:?}"
    );
    let dot = exported(&source, |source, out| dot::write(source, out).unwrap());
    assert!(
        !dot.contains("\n  n0 --") && !dot.contains('\u{202e}'),
        "{dot}"
    );
    let svg = exported(&source, |source, out| svg::write(source, out).unwrap());
    let document = roxmltree::Document::parse(&svg).expect("XML");
    assert!(
        document
            .descendants()
            .all(|node| !node.has_tag_name("script"))
    );
    trace(&source);
    let count = log(&exported(&source, |source, out| {
        shiviz::write(source, out).unwrap();
    }));
    assert!(!count.is_empty());
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_has_the_rows_typed_and_text_to_the_letter() {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::{Field, Row};
    use swelkie::export::parquet as exports;

    let run = Run::script("broadcast", "ugly.py", &[]);
    run.unchecked();
    let archive = archive(&run);
    let source = Source::read(&archive, ALL).unwrap();
    let rows = |write: &dyn Fn(&mut Vec<u8>) -> u64| -> Vec<Row> {
        let mut file = Vec::new();
        let written = write(&mut file);
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).expect("Parquet");
        assert_eq!(reader.metadata().file_metadata().num_rows() as u64, written);
        reader
            .get_row_iter(None)
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    let field = |row: &Row, name: &str| {
        let mut columns = row.get_column_iter();
        columns
            .find(|column| column.0 == name)
            .expect("the column")
            .1
            .clone()
    };
    let messages = rows(&|out| exports::messages(&source, out).unwrap());
    assert_eq!(messages.len(), source.messages.rows.len());
    for (found, row) in messages.iter().zip(&source.messages.rows) {
        assert_eq!(field(found, "sent_ns"), Field::Long(row.sent as i64));
        let kind = &source.messages.kinds[row.kind as usize];
        assert_eq!(field(found, "type"), Field::Str(kind.clone()));
        let body = source.messages.body(row).unwrap().unwrap();
        assert_eq!(field(found, "body"), Field::Str(body));
        assert_eq!(
            field(found, "why") == Field::Null,
            row.fate == Fate::Delivered
        );
    }
    let history = rows(&|out| exports::history(&source, out).unwrap());
    assert_eq!(history.len(), source.operations.all.len());
    assert_eq!(field(&history[0], "input"), Field::Str("0".to_owned()));
}
