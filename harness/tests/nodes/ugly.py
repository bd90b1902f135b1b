#!/usr/bin/env python3
"""A broadcast node that floods, and whose messages are made of what breaks parsers."""
import json
import sys

UGLY = [
    '</script><script>alert(1)</script>',
    '=cmd|\' /C calc\'!A0',
    '+1+1',
    '@SUM(A1:A9)',
    '-2+3',
    '\t=1',
    'a,b;c"d\'e\\f',
    'line one\nline two\r\nn9 {"n9":1}',
    'n9 {"n9":1}',
    '{"n9":1}',
    '\u202egnp.exe\u202c \u2066x\u2069',
    '\u2028n9 {"n9":99}\u2029',
    '\x00\x01\x1b[31mred\x07\x7f',
    ']]>&amp;<!--',
    '\ufffe\uffff\ufeff',
    '"];n0 -- n9 [label="',
    '#,}]',
    'x' * 200_000,
    '',
    ' ',
    '🙂 ünïcödé',
]

node_id, neighbours, seen, turn = None, [], [], 0


def send(dest, body):
    # Not ASCII: what JSON may leave as it is, this does.
    print(json.dumps({"src": node_id, "dest": dest, "body": body}, ensure_ascii=False), flush=True)


def ugly():
    global turn
    turn += 1
    return UGLY[turn % len(UGLY)]


sys.stdin.reconfigure(encoding="utf-8")
sys.stdout.reconfigure(encoding="utf-8")
for line in sys.stdin:
    message = json.loads(line)
    body, src = message["body"], message["src"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body.get("msg_id"), "note": ugly()}
    if body["type"] == "init":
        node_id = body["node_id"]
    elif body["type"] == "topology":
        neighbours = body["topology"][node_id]
        for text in UGLY:
            send(neighbours[0], {"type": text, "text": text})
    elif body["type"] == "read":
        reply["messages"] = seen
    elif "message" in body and body["message"] not in seen:
        seen.append(body["message"])
        for neighbour in neighbours:
            send(neighbour, {"type": ugly(), "message": body["message"], "text": ugly()})
        # Somebody whom nobody knows.
        send(ugly()[:500], {"type": "hello", "text": ugly()})
    if "msg_id" in body:
        send(src, reply)
