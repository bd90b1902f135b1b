#!/usr/bin/env python3
"""A broadcast node that acknowledges everything and tells nobody: somebody's first try."""
import json
import sys

messages = []
for line in sys.stdin:
    msg = json.loads(line)
    body = msg["body"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body["msg_id"]}
    if body["type"] == "broadcast":
        messages.append(body["message"])
    elif body["type"] == "read":
        reply["messages"] = messages
    print(json.dumps({"src": msg["dest"], "dest": msg["src"], "body": reply}), flush=True)
