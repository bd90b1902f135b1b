"""Reads the JUnit XML that check.sh made with junitparser: read.py DIRECTORY"""
import sys
from pathlib import Path

from junitparser import Error, Failure, JUnitXml

directory = Path(sys.argv[1])
# File: cases, and what junitparser takes the last one for.
EXPECTED = {
    "valid": (1, None),
    "series": (20, None),
    "stopped": (1, Failure),
    "hostile": (1, Failure),
    "bad": (1, Failure),
    "gossip": (1, None),
    "unknown": (1, Error),
    "not-run": (1, Error),
}


def read(path):
    xml = JUnitXml.fromfile(str(path))
    cases = [case for suite in xml for case in suite]
    assert xml.tests == len(cases), f"{path}: {xml.tests} tests, {len(cases)} cases"
    names = {(case.classname, case.name) for case in cases}
    assert len(names) == len(cases), f"{path}: two cases have one name"
    return xml, cases


for name, (count, kind) in EXPECTED.items():
    path = directory / f"{name}.xml"
    xml, cases = read(path)
    assert len(cases) == count, f"{path}: {len(cases)} cases, expected {count}"
    result = cases[-1].result
    if kind is None:
        assert result == [], f"{path}: {result}"
        continue
    (judged,) = result
    assert type(judged) is kind, f"{path}: {judged}"
    assert judged.text.splitlines()[0] == judged.message, f"{path}: {judged.message}"

for path in directory.glob("store/*/*/junit.xml"):
    assert len(read(path)[1]) == 1, path

bad = read(directory / "bad.xml")[1][0]
assert bad.result[0].type == "crashed" and "again: " in bad.result[0].text, bad.result[0].text
assert "Traceback: \\u{1b}[31mboom" in bad.system_err, bad.system_err
hostile = read(directory / "hostile.xml")[1][0]
for part in ["</failure></system-err><script>", "\\u{0}\\u{1}\\u{8}\\u{b}", "\\u{fffe}\\u{ffff}"]:
    assert part in hostile.system_err, part
# What it wrote attaches nothing; its report is attached by us.
attached = (hostile.system_err + hostile.system_out + hostile.result[0].text).split("[[ATTACHMENT|")[1:]
assert [path.split("]]")[0].split("/")[-1] for path in attached] == ["report.html"], attached
print(f"junitparser reads {len(EXPECTED)} files and those in the store")
