"""A scenario of Online Boutique out of what was measured while nothing was wrong.

Read are the published manifests, which have the limits, and one minute of traces without a fault, which
has everything else: which page calls what, how often and in which order, how long each operation works
by itself, and how many users there were. Nothing is set by hand for a service.

- Own time of an operation: its span less the calls it makes. A lognormal by the median and the 90th
  percentile: what lies beyond is mostly waiting for the next period of the CPU quota, which is for the
  simulation to find.
- A call takes longer for its caller than the span of its server. The least of these differences, over
  all operations, is the way there and back. What an operation has above that is core time of the server
  outside of its span, as its caller waits for it.
"""
import csv
import gzip
import math
import statistics
from collections import defaultdict

FAULT_FREE = "fault-free_2022-08-23_17-00_trace.csv.gz"
NORMAL_90, NORMAL_99 = 1.2816, 2.3263
CORES = 16  # Of a node: assumed.
NODES = 16  # More than pods, so that each pod is alone and what it says to itself goes no way.
THINK_SECONDS = 1, 10  # Of the published load generator.
UNHINDERED = 0.1  # The share of calls that surely met nobody else at their server.
TRACED_LEAST = 10  # Of operations seen less often nothing is known of.


class Unseen:
    """The server's side of a call that left no span there."""

    def __init__(self, service, operation):
        self.service, self.operation = service, operation


class Span:
    def __init__(self, row):
        self.id, self.parent = row["SpanID"], row["ParentID"]
        self.service = row["PodName"].rsplit("-", 2)[0]
        self.operation = row["OperationName"].rsplit("/", 1)[-1]
        self.start = int(row["StartTimeUnixNano"])
        self.ms = int(row["Duration"]) / 1000
        self.children = []
        self.unseen = None

    def below(self):
        for child in self.children:
            yield child
            yield from child.below()


def read_requests(folder, file):
    """The root span of each request, with its children, by time."""
    with open(folder / "dependency.csv") as text:
        dependencies = {(row["Source"], row["Target"]) for row in csv.DictReader(text)}
    with gzip.open(folder / file, "rt") as text:
        traces = defaultdict(list)
        for row in csv.DictReader(text):
            traces[row["TraceID"]].append(Span(row))
    roots = []
    for spans in traces.values():
        by_id = {span.id: span for span in spans}
        for span in sorted(spans, key=lambda span: span.start):
            if span.parent in by_id:
                by_id[span.parent].children.append(span)
            elif span.parent == "root":
                roots.append(span)
    name_unseen_calls(roots, dependencies)
    return sorted(roots, key=lambda span: span.start)


def calls_of(span):
    """What a span calls in other services: the caller's span, and the server's."""
    for child in span.children:
        server = next((s for s in child.children if s.service != span.service), None)
        if child.service != span.service:
            yield child, child  # Only the server's span was kept.
        elif server is not None:
            yield child, server
        elif child.unseen:
            yield child, child.unseen
        else:
            yield from calls_of(child)


def name_unseen_calls(roots, dependencies):
    """Some calls have no span of their server: leaves that are named after an operation of a service
    that theirs is known to call."""
    spans = [span for root in roots for span in (root, *root.below())]
    served = {(server.service, server.operation) for span in spans for _, server in calls_of(span)}
    for span in spans:
        for service, operation in sorted(served):
            if span.children or (span.service, service) not in dependencies:
                continue
            if operation in span.operation and span.operation != operation:
                span.unseen = Unseen(service, operation)


def own_ms(span):
    """Of the span less the calls it makes; calls do not overlap in these traces."""
    return max(0.0, span.ms - sum(caller.ms for caller, _ in calls_of(span)))


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def milliseconds(value):
    return f"{max(value, 0.001):.3f}ms"


def work(values, share):
    """A distribution of so large a share of own times."""
    median = max(quantile(values, 0.5), 0.001)
    spread = max(quantile(values, 0.9), median) / median
    p99 = median * spread ** (NORMAL_99 / NORMAL_90)
    return {"lognormal": {"median": milliseconds(median * share), "p99": milliseconds(p99 * share)}}


class Measured:
    """What the requests of one file say."""

    def __init__(self, roots):
        self.pages = defaultdict(list)
        self.own = defaultdict(list)  # (service, operation) -> [ms]
        self.way = defaultdict(list)  # Likewise: the caller's span less the server's.
        self.calls = defaultdict(lambda: defaultdict(list))  # ... -> callee -> [places in the order]
        self.times = defaultdict(int)
        for root in roots:
            page = self.page(root)
            self.pages[page].append(root)
            self.take(root, page)
        seconds = (roots[-1].start - roots[0].start) / 1e9
        self.rate = len(roots) / seconds
        self.mean_seconds = statistics.mean(root.ms for root in roots) / 1000

    @staticmethod
    def page(root):
        """Pages are told apart by the kinds of calls they make."""
        return "+".join(sorted({server.operation for _, server in calls_of(root)})) or "nothing"

    def take(self, span, operation):
        key = span.service, operation
        self.own[key].append(own_ms(span))
        self.times[key] += 1
        for place, (caller, server) in enumerate(calls_of(span)):
            callee = server.service, server.operation
            self.calls[key][callee].append(place)
            if isinstance(server, Unseen):
                continue
            if caller is not server:
                self.way[callee].append(caller.ms - server.ms)
            self.take(server, server.operation)

    def operations(self):
        return sorted(key for key, count in self.times.items() if count >= TRACED_LEAST)

    def way_ms(self):
        """There and back."""
        return min(quantile(self.way[key], UNHINDERED) for key in self.operations() if key in self.way)

    def outside_ms(self, key):
        return quantile(self.way[key], UNHINDERED) - self.way_ms() if key in self.way else 0.0

    def calls_from(self, key):
        """Pairs of a callee and a probability, in the order in which they are mostly made; 2.3 calls are
        two, and one more at times."""
        known = set(self.operations())
        listed = []
        for callee, places in sorted(self.calls[key].items(), key=lambda entry: statistics.mean(entry[1])):
            whole, part = divmod(len(places) / self.times[key], 1)
            if callee in known:
                listed += [(callee, 1.0)] * int(whole) + [(callee, part)] * (part > 0.005)
        return listed


def inner(operation):
    """What the span of the operation is about; a call to itself, so that it begins when its process has
    been given the core time to read the request."""
    return f"{operation} in its span"


def part(operation):
    return f"{operation} after a call"


def services(measured):
    """A caller works before its first call and after each: what comes later is a call to itself."""
    found = defaultdict(dict)
    for key in measured.operations():
        service, operation = key
        calls = measured.calls_from(key)
        cpu = work(measured.own[key], 1 / (1 + sum(probability for _, probability in calls)))
        listed = []
        for callee, probability in calls:
            share = {} if probability == 1 else {"probability": f"{100 * probability:.1f}%"}
            listed.append({"to": callee[0], "operation": callee[1], **share})
            listed.append({"to": service, "operation": part(operation), **share})
        reading = milliseconds(measured.outside_ms(key))
        found[service][operation] = {"cpu": reading, "calls": [f"{service}:{inner(operation)}"]}
        found[service][inner(operation)] = {"cpu": cpu, "calls": listed}
        if calls:
            found[service][part(operation)] = {"cpu": cpu}
    return {name: {"operations": operations} for name, operations in found.items()}


def scenario(measured, manifests, name, minutes, timeline=(), expect=()):
    way = milliseconds(measured.way_ms() / 2)
    known = set(measured.operations())
    pages = {page: len(roots) for page, roots in measured.pages.items() if ("frontend", page) in known}
    users = round(measured.rate * (statistics.mean(THINK_SECONDS) + measured.mean_seconds))
    low, high = THINK_SECONDS
    return {
        "format": 1,
        "name": name,
        "duration": f"{minutes}min",
        "warmup": "1min",
        "manifests": [str(file) for file in manifests],
        "cluster": {
            "nodes": NODES,
            "node": {"cpu": str(CORES), "memory": "32Gi"},
            "network": {"sameNode": {"latency": "0us"}, "inZone": {"latency": way}, "betweenZones": {"latency": way}},
        },
        "services": services(measured),
        "journeys": {page: [f"frontend:{page}"] for page in pages},
        "load": [{
            "users": users,
            "think": {"uniform": [f"{low}s", f"{high}s"]},
            "mix": pages,
            "from": "30s",
        }],
        "timeline": list(timeline),
        "expect": list(expect),
    }


def rank(values):
    """1 for the least; the mean place for ties."""
    ordered = sorted(values)
    return [statistics.mean(i + 1 for i, other in enumerate(ordered) if other == value) for value in values]


def spearman(first, second):
    a, b = rank(first), rank(second)
    mean_a, mean_b = statistics.mean(a), statistics.mean(b)
    over = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    return over / math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
