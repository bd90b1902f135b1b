#!/usr/bin/env python3
"""Runs the shell steps of the reusable workflow as a runner would: workflow.py SWELKIE

The building of Swelkie itself is replaced by a link to the given binary, the actions by
what they leave behind. Reads the little YAML there is by indentation.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(__file__).resolve().parents[3]
swelkie = Path(sys.argv[1]).resolve()
workflow = (root / ".github/workflows/swelkie.yml").read_text()


def script(name):
    """The `run:` of a step."""
    step = workflow.split(f"- name: {name}\n", 1)[1].split("\n      - name:")[0]
    run = step.split("        run: ", 1)[1]
    if not run.startswith("|\n"):
        return run.splitlines()[0]
    lines = run.splitlines()[1:]
    return "\n".join(line[10:] for line in lines)


def run(name, cwd, **env):
    # What `shell: bash` stands for.
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script(name)]
    return subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True)


with tempfile.TemporaryDirectory() as temporary:
    home, temp, checkout = (Path(temporary) / name for name in ("home", "temp", "checkout"))
    for directory in (home / ".swelkie/bin", temp, checkout / "sub", checkout / ".swelkie-source"):
        directory.mkdir(parents=True)
    (home / ".swelkie/bin/swelkie").symlink_to(swelkie)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", checkout / ".swelkie-source"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "a"], check=True)
    output, summary = temp / "output", temp / "summary"
    env = {
        "HOME": str(home),
        "RUNNER_TEMP": str(temp),
        "GITHUB_WORKSPACE": str(checkout),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_ACTIONS": "true",
        "CI": "true",
    }
    moved = run("Move it out of the way", checkout, **env)
    assert moved.returncode == 0, moved
    assert re.fullmatch(r"commit=[0-9a-f]{40}\n", output.read_text()), output.read_text()
    assert not (checkout / ".swelkie-source").exists()

    build = "printf '#!/bin/sh\\nexec python3 %s/harness/tests/nodes/bad.py \"$@\"' \"$NODES\" > my-node\nchmod +x my-node"
    built = run("Build the nodes", checkout / "sub", BUILD=build, NODES=str(root), **env)
    assert built.returncode == 0, built
    failed = run("Build the nodes", checkout / "sub", BUILD="false\ntrue", **env)
    assert failed.returncode != 0, "the first command that fails ends the step"

    arguments = "test -w echo --bin './my-node' --node-count 2 --time-limit 1 --seed 1"
    valid = run("Test the nodes", checkout / "sub", ARGUMENTS=arguments + " -- good", **env)
    assert valid.returncode == 0, valid
    assert "::error" not in valid.stdout and "✅" in summary.read_text(), valid.stdout
    bad = run("Test the nodes", checkout / "sub", ARGUMENTS=arguments + " --rate 20 -- crash", **env)
    assert bad.returncode == 1, bad
    assert bad.stdout.count("\n::error title=echo.my-node · no faults · seed 1,file=my-node::INVALID") == 1, bad.stdout
    assert "❌" in summary.read_text() and "<details>" in summary.read_text()
    assert (checkout / "swelkie-junit.xml").exists() and (checkout / "swelkie-store/echo").is_dir()
print("the workflow's shell steps do what they say")
