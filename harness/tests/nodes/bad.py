#!/usr/bin/env python3
"""An echo node that misbehaves in one way, named by its first argument.

    bad.py MODE        every mode answers init and echo as far as the mode lets it
"""
import json
import os
import signal
import subprocess
import sys
import time

mode = sys.argv[1]
node_id = "?"
peers = []
echoes = 0
out = sys.stdout.buffer


def raw(data):
    out.write(data)
    out.flush()


def send(dest, body, src=None):
    message = {"src": src or node_id, "dest": dest, "body": body}
    raw(json.dumps(message).encode() + b"\n")


def reply(request, body):
    body["in_reply_to"] = request["body"]["msg_id"]
    send(request["src"], body)


def misbehave(msg):
    """Called at every echo, before the answer; true if the answer shall not follow."""
    global echoes
    echoes += 1
    body = msg["body"]
    first = echoes == 1
    if mode == "crash" and echoes == 2:
        print("Traceback: \x1b[31mboom\x1b[0m", file=sys.stderr, flush=True)
        os._exit(3)
    elif mode == "exit-zero" and echoes == 2:
        os._exit(0)
    elif mode == "segfault" and echoes == 2:
        os.kill(os.getpid(), signal.SIGSEGV)
    elif mode == "text" and first:
        raw(b"debug: got an echo\n")
    elif mode == "blank" and first:
        raw(b"\n")
    elif mode == "half-line" and echoes == 2:
        raw(b'{"src": "n0", "de')
        os._exit(0)
    elif mode == "two-objects":
        one = json.dumps({"src": node_id, "dest": msg["src"], "body": {"type": "x"}})
        raw(one.encode() + one.encode() + b"\n")
    elif mode == "invalid-utf8" and first:
        raw(b'{"src": "n0", "dest": "c1", "body": {"a": "\xff\xfe"}}\n')
    elif mode == "nul" and first:
        raw(b'{"src": "n0\x00", "dest": "c1", "body": {}}\n')
    elif mode == "long-line" and first:
        for _ in range(100):
            raw(b"x" * 1_000_000)
        raw(b"\n")
    elif mode == "deep" and first:
        raw(b'{"src":"n0","dest":"c1","body":{"type":"echo_ok","echo":' + b"[" * 200_000 + b"]" * 200_000
            + b',"in_reply_to":' + str(body["msg_id"]).encode() + b"}}\n")
    elif mode == "unknown-destination" and first:
        send("n99\x1b[31m", {"type": "hello"})
    elif mode == "forged-src" and first:
        send(peers[0], {"type": "hello"}, src=peers[-1])
    elif mode == "twice":
        reply(msg, {"type": "echo_ok", "echo": body["echo"]})
    elif mode == "wrong-client":
        send("c0", {"type": "echo_ok", "echo": body["echo"], "in_reply_to": body["msg_id"]})
        return True
    elif mode == "wrong-type":
        reply(msg, {"type": "ehco_ok", "echo": body["echo"]})
        return True
    elif mode == "missing-field":
        reply(msg, {"type": "echo_ok"})
        return True
    elif mode == "no-reply-to":
        send(msg["src"], {"type": "echo_ok", "echo": body["echo"]})
        return True
    elif mode == "wrong-echo":
        reply(msg, {"type": "echo_ok", "echo": "something else"})
        return True
    elif mode == "close-stdout" and echoes == 2:
        os.close(1)
        time.sleep(3600)
    elif mode == "child-holds-pipe" and echoes == 2:
        subprocess.Popen(["sleep", "3600"])
        os._exit(1)
    elif mode == "setsid-child" and first:
        subprocess.Popen(["sleep", "3600"], start_new_session=True)
    elif mode == "stderr-flood" and first:
        sys.stderr.write("noise " * 1_000_000)
        sys.stderr.flush()
    elif mode == "flood-peers":
        body = {"pad": "x" * 100_000}
        line = json.dumps({"src": node_id, "dest": peers[0], "body": body}).encode() + b"\n"
        while True:
            raw(line)
    elif mode == "slow-reader":
        time.sleep(0.05)
    return False


if mode == "exit-at-once":
    print("no such option: --frobnicate", file=sys.stderr)
    sys.exit(7)
if mode in ("stubborn",):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

for line in sys.stdin.buffer:
    msg = json.loads(line)
    body = msg["body"]
    if body.get("type") == "init":
        node_id = body["node_id"]
        peers = [peer for peer in body["node_ids"] if peer != node_id] or [node_id]
        if mode == "silent":
            print("waiting for nothing", file=sys.stderr, flush=True)
            continue
        if mode == "wrong-init":
            reply(msg, {"type": "hello_ok"})
            continue
        if mode == "error-init":
            reply(msg, {"type": "error", "code": 13, "text": "no disk"})
            continue
        reply(msg, {"type": "init_ok"})
    elif body.get("type") == "echo":
        if not misbehave(msg):
            reply(msg, {"type": "echo_ok", "echo": body["echo"]})

if mode == "stubborn":
    while True:
        time.sleep(3600)
