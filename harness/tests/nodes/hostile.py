#!/usr/bin/env python3
"""A broadcast node that puts what acts on terminals, XML, Markdown, HTML and CI systems
wherever a node's text may be shown: reads, stdout, stderr, names of destinations.

    hostile.py          crashes at its third broadcast
    hostile.py stay     does not
"""
import json
import os
import sys

TEXTS = [
    "::error title=forged::forged",
    "  ::stop-commands::forged",
    "x ##[add-mask]forged",
    "##[group]forged",
    "##vso[task.setvariable variable=a]forged",
    "]]></failure></system-err><script>alert(1)</script>&amp;&#0;",
    "</pre></details><img src=x onerror=alert(1)> | `a` | **b** [c](javascript:d) @user",
    "[[ATTACHMENT|/etc/passwd]]",
    "section_start:1:forged\r\x1b[0Kforged",
    "\x00\x01\x08\x0b\x1b[31m\x7f\x85\u202e\u2066\ufeff\ufffe\uffff\u2028",
    "line\nbreak\r\n::warning::forged",
]


def send(dest, body):
    message = {"src": me, "dest": dest, "body": body}
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def shout():
    for text in TEXTS:
        sys.stderr.buffer.write(text.encode() + b"\n")
        sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stderr.buffer.write(b"not UTF-8: \xff\xfe\xc3\x28\n")
    sys.stderr.buffer.flush()
    sys.stdout.buffer.flush()


me, seen, broadcasts = "?", [], 0
for line in sys.stdin:
    message = json.loads(line)
    body = message["body"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body.get("msg_id")}
    if body["type"] == "init":
        me = body["node_id"]
        shout()
    elif body["type"] == "broadcast":
        broadcasts += 1
        seen.append(body["message"])
        for text in TEXTS:
            send("n1" if me == "n0" else "n0", {"type": "gossip", "text": text})
        send(TEXTS[3], {"type": "gossip"})
        if broadcasts == 3 and sys.argv[1:] != ["stay"]:
            shout()
            os._exit(3)
    elif body["type"] == "read":
        # Nobody sent these: each is told as evidence.
        reply["messages"] = seen + TEXTS
    elif body["type"] == "gossip":
        continue
    send(message["src"], reply)
