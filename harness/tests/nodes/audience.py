#!/usr/bin/env python3
"""A broadcast node that knows nothing of teams: it tells whoever the message says may know."""
import json
import sys

node_id = None
node_ids = []
seen = []


def send(dest, body):
    print(json.dumps({"src": node_id, "dest": dest, "body": body}), flush=True)


def reply(request, body):
    body["in_reply_to"] = request["body"]["msg_id"]
    send(request["src"], body)


for line in sys.stdin:
    msg = json.loads(line)
    body = msg["body"]
    kind = body["type"]
    if kind == "init":
        node_id = body["node_id"]
        node_ids = body["node_ids"]
        reply(msg, {"type": "init_ok"})
    elif kind == "topology":
        reply(msg, {"type": "topology_ok"})
    elif kind == "broadcast":
        message = body["message"]
        seen.append(message)
        for node in message.get("audience", node_ids):
            if node != node_id:
                send(node, {"type": "tell", "message": message})
        reply(msg, {"type": "broadcast_ok"})
    elif kind == "read":
        reply(msg, {"type": "read_ok", "messages": seen})
    elif kind == "tell":
        seen.append(body["message"])
