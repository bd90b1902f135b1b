#!/usr/bin/env python3
"""A broadcast node: floods, in the words that flood.pl uses between nodes."""
import json
import sys

node_id = None
neighbours = []
seen = []


def send(dest, body):
    print(json.dumps({"src": node_id, "dest": dest, "body": body}), flush=True)


for line in sys.stdin:
    msg = json.loads(line)
    src, body = msg["src"], msg["body"]
    kind = body["type"]
    answer = {"type": kind + "_ok"}
    if kind == "init":
        node_id = body["node_id"]
    elif kind == "topology":
        neighbours = body["topology"][node_id]
    elif kind == "read":
        answer["messages"] = seen
    elif kind == "broadcast" and body["message"] not in seen:
        seen.append(body["message"])
        for peer in neighbours:
            if peer != src:
                send(peer, {"type": "broadcast", "message": body["message"]})
    if "msg_id" in body:
        answer["in_reply_to"] = body["msg_id"]
        send(src, answer)
