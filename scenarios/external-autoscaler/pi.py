"""An autoscaler for Orrery: a PI controller that keeps CPU at the target of the first metric.

The integral is kept between two lines; it stops at the bounds, so that it does not wind up.
Use it with "exec": ["python3", "pi.py", "0.5", "0.1"]: the two gains.
"""
import json
import sys

KP, KI = float(sys.argv[1]), float(sys.argv[2])
size = None  # What the integral has come to, in pods.


def answer_to(question):
    global size
    about, current = question["autoscaler"], question["target"]["replicas"]
    used = requested = 0
    for pod in question["pods"]:
        if not pod["ready"] or pod["metrics"] is None:
            continue
        used += sum(container["cpuMilli"] for container in pod["metrics"]["containers"])
        requested += sum(container.get("cpuMilli", 0) for container in pod["requests"])
    if requested == 0:
        return {"error": "no pod that is ready has metrics"}
    error = used / requested * 100 / about["metrics"][0]["percent"] - 1
    size = current if size is None else size
    size = min(max(size + KI * error * current, about["minReplicas"]), about["maxReplicas"])
    wanted = round(size + KP * error * current)
    return {"replicas": min(max(wanted, about["minReplicas"]), about["maxReplicas"])}


for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "hello":
        answer = {"type": "hello", "protocol": 1}
    else:
        answer = {"type": "answer", "id": message["id"], **answer_to(message)}
    print(json.dumps(answer), flush=True)
