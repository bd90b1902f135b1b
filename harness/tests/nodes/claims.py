#!/usr/bin/env python3
"""A unique-ids node that claims a block of ids in lin-kv before it answers init.

It writes its name to seq-kv and reads it back, too, and asks lin-tso for a timestamp:
services must answer while the node is still starting, and nobody else may speak.
"""
import itertools
import json
import sys

node_id = None
requests = itertools.count(1)


def send(dest, body):
    print(json.dumps({"src": node_id, "dest": dest, "body": body}), flush=True)


def ask(service, body):
    number = next(requests)
    send(service, {**body, "msg_id": number})
    msg = json.loads(sys.stdin.readline())
    if msg["src"] != service or msg["body"]["in_reply_to"] != number:
        sys.exit("expected an answer of %s to %d, got %s" % (service, number, msg))
    return msg["body"]


def claim():
    """The number of a block that nobody else has."""
    while True:
        found = ask("lin-kv", {"type": "read", "key": "blocks"})
        blocks = found["value"] if found["type"] == "read_ok" else 0
        swap = {"type": "cas", "key": "blocks", "from": blocks, "to": blocks + 1, "create_if_not_exists": True}
        if ask("lin-kv", swap)["type"] == "cas_ok":
            return blocks


init = json.loads(sys.stdin.readline())
node_id = init["body"]["node_id"]
ids = itertools.count(claim() * 1_000_000)
ask("seq-kv", {"type": "write", "key": node_id, "value": "here"})
mine = ask("seq-kv", {"type": "read", "key": node_id})
if mine.get("value") != "here":
    sys.exit("seq-kv does not show a node its own write: %s" % mine)
ask("lin-tso", {"type": "ts"})
send(init["src"], {"type": "init_ok", "in_reply_to": init["body"]["msg_id"]})

for line in sys.stdin:
    msg = json.loads(line)
    send(msg["src"], {"type": "generate_ok", "id": next(ids), "in_reply_to": msg["body"]["msg_id"]})
