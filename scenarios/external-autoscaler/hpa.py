"""An autoscaler for Orrery: the formula of the HorizontalPodAutoscaler of Kubernetes.

One JSON line in, one out (docs/external-controllers.md). To try an idea of your own, change
`replicas_for`; what is remembered between two lines may stand in global variables.
"""
import json
import math
import sys

CPU_INITIALIZATION = 300  # --horizontal-pod-autoscaler-cpu-initialization-period [s]
INITIAL_READINESS = 30  # --horizontal-pod-autoscaler-initial-readiness-delay [s]


class NoAnswer(Exception):
    """Why there is no number; the size then stays as it is."""


def amounts_of(metric, pod):
    """What the pod uses of it: None if that is not known."""
    sample = pod["metrics"]
    if sample is None:
        return None
    if metric["source"] == "Pods":
        return sample["customMilli"].get(metric["name"])
    unit = 1000 if metric["target"] == "AverageValue" and metric["name"] == "memory" else 1
    key = "cpuMilli" if metric["name"] == "cpu" else "memoryBytes"
    used = [c[key] * unit for c in sample["containers"] if metric.get("container", c["name"]) == c["name"]]
    return sum(used) if used else None


def request_of(metric, pod):
    key = "cpuMilli" if metric["name"] == "cpu" else "memoryBytes"
    total = 0
    for container in pod["requests"]:
        if metric.get("container", container["name"]) != container["name"]:
            continue
        if key not in container:
            raise NoAnswer(f"missing request for {metric['name']} of {pod['name']}")
        total += container[key]
    return total


def is_starting(pod, now):
    """Whether its CPU tells of its start more than of its work."""
    if pod["readyChanged"] is None or pod["started"] is None:
        return True
    if pod["started"] + CPU_INITIALIZATION > now:
        sample = pod["metrics"]
        return not pod["ready"] or sample["time"] < pod["readyChanged"] + sample["window"]
    return not pod["ready"] and pod["started"] + INITIAL_READINESS > pod["readyChanged"]


def replicas_for(metric, question):
    """What one metric asks for."""
    current = question["target"]["replicas"]
    about = question["autoscaler"]
    amounts, requests = {}, {}
    ready = 0
    unready, missing = set(), set()
    for pod in question["pods"]:
        name = pod["name"]
        amount = amounts_of(metric, pod)
        if metric["target"] == "Utilization":
            requests[name] = request_of(metric, pod)
        if pod["terminating"] or pod["phase"] == "Failed":
            continue
        if pod["phase"] == "Pending":
            unready.add(name)
        elif amount is None:
            missing.add(name)
        elif metric["name"] == "cpu" and metric["source"] != "Pods" and is_starting(pod, question["time"]):
            unready.add(name)
        else:
            ready += 1
            amounts[name] = amount
    if not amounts:
        raise NoAnswer("no metrics of pods that are ready")

    def ratio():
        if metric["target"] == "Utilization":
            requested = sum(requests[name] for name in amounts)
            if requested == 0:
                raise NoAnswer("nothing is requested")
            return (sum(amounts.values()) * 100 // requested) / metric["percent"]
        return (sum(amounts.values()) // len(amounts)) / metric["milli"]

    def fallback(name):
        if metric["target"] == "Utilization":
            return requests[name] * max(100, metric["percent"]) // 100
        return metric["milli"]

    def is_within(value):
        return abs(1.0 - value) <= about["toleranceDown" if value < 1.0 else "toleranceUp"]

    first = ratio()
    if not missing and not (unready and first > 1.0):
        return current if is_within(first) else math.ceil(first * ready)
    # Who is not known is taken to be what holds the change back.
    if first < 1.0:
        amounts.update((name, fallback(name)) for name in missing)
    elif first > 1.0:
        amounts.update((name, 0) for name in missing | unready)
    again = ratio()
    if is_within(again) or (first < 1.0 < again) or (again < 1.0 < first):
        return current
    count = math.ceil(again * len(amounts))
    return current if (again < 1.0 and count > current) or (again > 1.0 and count < current) else count


def answer_to(question):
    """The most that any metric asks for; one without an answer keeps the others from shrinking."""
    counts, why = [], None
    for metric in question["autoscaler"]["metrics"]:
        try:
            if metric["source"] in ("Object", "External"):
                raise NoAnswer(f"{metric['source']} metrics are left as an exercise")
            counts.append(replicas_for(metric, question))
        except NoAnswer as no:
            why = why or str(no)
    if not counts or (why and max(counts) < question["target"]["replicas"]):
        return {"error": why}
    return {"replicas": max(counts)}


for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "hello":
        answer = {"type": "hello", "protocol": 1}
    else:
        answer = {"type": "answer", "id": message["id"], **answer_to(message)}
    print(json.dumps(answer), flush=True)
