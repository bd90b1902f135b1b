#!/usr/bin/env python3
"""An echo node whose author does not know that a pipe is buffered: it never flushes."""
import json
import sys

# As Python does by itself unless PYTHONUNBUFFERED is set.
out = open(1, "w", buffering=8192)
for line in sys.stdin:
    msg = json.loads(line)
    body = msg["body"]
    reply = {**body, "type": body["type"] + "_ok", "in_reply_to": body["msg_id"]}
    print(json.dumps({"src": msg["dest"], "dest": msg["src"], "body": reply}), file=out)
