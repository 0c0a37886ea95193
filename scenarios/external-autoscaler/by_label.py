"""A scheduler plug-in for Orrery: nodes whose label has a value are good, others with it are not,
and nodes without it are none at all.

Use it with "exec": ["python3", "by_label.py", "disk", "ssd"]: the label, and the value.
"""
import json
import sys

LABEL, VALUE = sys.argv[1], sys.argv[2]


def verdict_on(node):
    if LABEL not in node["labels"]:
        return {"reason": f"node(s) without the label {LABEL}"}
    return {"score": 100 if node["labels"][LABEL] == VALUE else 0}


for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "hello":
        answer = {"type": "hello", "protocol": 1}
    else:
        nodes = {node["name"]: verdict_on(node) for node in message["nodes"]}
        answer = {"type": "answer", "id": message["id"], "nodes": nodes}
    print(json.dumps(answer), flush=True)
