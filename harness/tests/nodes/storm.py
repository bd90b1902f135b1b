#!/usr/bin/env python3
"""Tells every neighbour everything it hears, whether it knew it or not, for ever."""
import json
import sys

me, neighbours, seen = None, [], []


def send(dest, body):
    sys.stdout.write(json.dumps({"src": me, "dest": dest, "body": body}) + "\n")


for line in sys.stdin:
    message = json.loads(line)
    src, body = message["src"], message["body"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body.get("msg_id")}
    match body["type"]:
        case "init":
            me = body["node_id"]
        case "topology":
            neighbours = body["topology"][me]
        case "broadcast":
            if body["message"] not in seen:
                seen.append(body["message"])
            for neighbour in neighbours:
                send(neighbour, {"type": "broadcast", "message": body["message"]})
        case "read":
            reply["messages"] = seen
    if "msg_id" in body:
        send(src, reply)
    sys.stdout.flush()
