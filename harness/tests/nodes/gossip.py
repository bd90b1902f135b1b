#!/usr/bin/env python3
"""A broadcast node as somebody might write it: gossips what it has every 100 ms."""
import json
import sys
import threading
import time

lock = threading.Lock()
node_id = None
neighbours = []
seen = []
next_id = 0


def send(dest, body):
    with lock:
        print(json.dumps({"src": node_id, "dest": dest, "body": body}), flush=True)


def reply(request, body):
    global next_id
    next_id += 1
    body["msg_id"] = next_id
    body["in_reply_to"] = request["body"]["msg_id"]
    send(request["src"], body)


def gossip():
    while True:
        time.sleep(0.1)
        for peer in list(neighbours):
            send(peer, {"type": "gossip", "messages": list(seen)})


for line in sys.stdin:
    msg = json.loads(line)
    body = msg["body"]
    kind = body["type"]
    if kind == "init":
        node_id = body["node_id"]
        reply(msg, {"type": "init_ok"})
    elif kind == "topology":
        neighbours = body["topology"][node_id]
        reply(msg, {"type": "topology_ok"})
        threading.Thread(target=gossip, daemon=True).start()
    elif kind == "broadcast":
        if body["message"] not in seen:
            seen.append(body["message"])
        reply(msg, {"type": "broadcast_ok"})
    elif kind == "read":
        reply(msg, {"type": "read_ok", "messages": list(seen)})
    elif kind == "gossip":
        for message in body["messages"]:
            if message not in seen:
                seen.append(message)
