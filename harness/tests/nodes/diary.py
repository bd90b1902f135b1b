#!/usr/bin/env python3
"""A broadcast node for a cluster of one that keeps a diary in its working directory.

Each life tells stderr where it is and what it was given.
"""
import json
import os
import sys

DIARY = "diary.jsonl"
messages = []
if os.path.exists(DIARY):
    with open(DIARY) as diary:
        messages = [json.loads(line) for line in diary]
names = ["SWELKIE_DATA", "SWELKIE_SEED", "HOME", "COLOUR"]
life = {"cwd": os.getcwd(), "found": len(messages), "args": sys.argv[1:]}
life.update((name, os.environ.get(name)) for name in names)
print(json.dumps(life), file=sys.stderr, flush=True)

for line in sys.stdin:
    msg = json.loads(line)
    body = msg["body"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body["msg_id"]}
    if body["type"] == "broadcast":
        messages.append(body["message"])
        with open(DIARY, "a") as diary:
            print(json.dumps(body["message"]), file=diary)
    elif body["type"] == "read":
        reply["messages"] = messages
    print(json.dumps({"src": msg["dest"], "dest": msg["src"], "body": reply}), flush=True)
