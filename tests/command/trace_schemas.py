#!/usr/bin/env python3
"""Exported traces as the programs that read them would: by the shapes and types that they publish.

Sources: Zipkin's API v2 (ListOfSpans); the JSON of Jaeger's query service, as its UI uploads it; OpenTelemetry
protocol 1.x, trace.proto and its JSON mapping, in which ids are hexadecimal instead of base64.

Usage: trace_schemas.py zipkin|jaeger|otlp FILE
"""
import base64
import json
import sys
from pathlib import Path

HEX = "^[0-9a-f]{%s}$"


def thing(properties, required):
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def many(items, least=0):
    return {"type": "array", "items": items, "minItems": least}


TEXT = {"type": "string"}
MICROSECONDS = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
POSITIVE = {**MICROSECONDS, "minimum": 1}
ENDPOINT = thing({"serviceName": TEXT, "ipv4": {"type": "string", "format": "ipv4"},
                  "ipv6": {"type": "string", "format": "ipv6"}, "port": {"type": "integer"}}, [])
ZIPKIN = many(thing({
    "traceId": {"type": "string", "pattern": HEX % "16,32"},
    "parentId": {"type": "string", "pattern": HEX % "16"},
    "id": {"type": "string", "pattern": HEX % "16"},
    "kind": {"enum": ["CLIENT", "SERVER", "PRODUCER", "CONSUMER"]},
    "name": TEXT, "timestamp": POSITIVE, "duration": POSITIVE,
    "debug": {"type": "boolean"}, "shared": {"type": "boolean"},
    "localEndpoint": ENDPOINT, "remoteEndpoint": ENDPOINT,
    "annotations": many(thing({"timestamp": POSITIVE, "value": TEXT}, ["timestamp", "value"])),
    "tags": {"type": "object", "additionalProperties": TEXT},
}, ["traceId", "id"]), least=1)

TAGS = many({"oneOf": [thing({"key": TEXT, "type": {"const": name}, "value": value}, ["key", "type", "value"])
                       for name, value in (("string", TEXT), ("bool", {"type": "boolean"}),
                                           ("int64", {"type": "integer"}), ("float64", {"type": "number"}))]})
WARNINGS = {"oneOf": [{"type": "null"}, many(TEXT)]}
TRACE_ID = {"type": "string", "pattern": HEX % "16,32"}
SPAN_ID = {"type": "string", "pattern": HEX % "16"}
JAEGER = thing({
    "data": many(thing({
        "traceID": TRACE_ID,
        "spans": many(thing({
            "traceID": TRACE_ID, "spanID": SPAN_ID, "flags": {"type": "integer"}, "operationName": TEXT,
            "references": many(thing({"refType": {"enum": ["CHILD_OF", "FOLLOWS_FROM"]}, "traceID": TRACE_ID,
                                      "spanID": SPAN_ID}, ["refType", "traceID", "spanID"])),
            "startTime": MICROSECONDS, "duration": MICROSECONDS, "tags": TAGS,
            "logs": many(thing({"timestamp": MICROSECONDS, "fields": TAGS}, ["timestamp", "fields"])),
            "processID": TEXT, "warnings": WARNINGS,
        }, ["traceID", "spanID", "operationName", "references", "startTime", "duration", "tags", "logs",
            "processID"]), least=1),
        "processes": {"type": "object",
                      "additionalProperties": thing({"serviceName": TEXT, "tags": TAGS}, ["serviceName", "tags"])},
        "warnings": WARNINGS,
    }, ["traceID", "spans", "processes"]), least=1),
    "total": {"type": "integer"}, "limit": {"type": "integer"}, "offset": {"type": "integer"},
    "errors": {"oneOf": [{"type": "null"}, {"type": "array"}]},
}, ["data"])

# Field: (number, type, message if it is one); a type in capitals is repeated.
OTLP = {
    "Request": {"resource_spans": (1, "MESSAGE", "ResourceSpans")},
    "ResourceSpans": {"resource": (1, "message", "Resource"), "scope_spans": (2, "MESSAGE", "ScopeSpans"),
                      "schema_url": (3, "string", None)},
    "Resource": {"attributes": (1, "MESSAGE", "KeyValue"), "dropped_attributes_count": (2, "uint32", None)},
    "ScopeSpans": {"scope": (1, "message", "Scope"), "spans": (2, "MESSAGE", "Span"),
                   "schema_url": (3, "string", None)},
    "Scope": {"name": (1, "string", None), "version": (2, "string", None), "attributes": (3, "MESSAGE", "KeyValue"),
              "dropped_attributes_count": (4, "uint32", None)},
    "Span": {"trace_id": (1, "bytes", None), "span_id": (2, "bytes", None), "trace_state": (3, "string", None),
             "parent_span_id": (4, "bytes", None), "name": (5, "string", None), "kind": (6, "int32", None),
             "start_time_unix_nano": (7, "fixed64", None), "end_time_unix_nano": (8, "fixed64", None),
             "attributes": (9, "MESSAGE", "KeyValue"), "dropped_attributes_count": (10, "uint32", None),
             "events": (11, "MESSAGE", "Event"), "dropped_events_count": (12, "uint32", None),
             "status": (15, "message", "Status"), "flags": (16, "fixed32", None)},
    "Event": {"time_unix_nano": (1, "fixed64", None), "name": (2, "string", None),
              "attributes": (3, "MESSAGE", "KeyValue"), "dropped_attributes_count": (4, "uint32", None)},
    "Status": {"message": (2, "string", None), "code": (3, "int32", None)},
    "KeyValue": {"key": (1, "string", None), "value": (2, "message", "AnyValue")},
    "AnyValue": {"string_value": (1, "string", None), "bool_value": (2, "bool", None),
                 "int_value": (3, "int64", None), "double_value": (4, "double", None)},
}
SPAN_KINDS = range(0, 6)
STATUS_CODES = range(0, 3)


def skipped(what, package):
    print(f"SKIPPED: {package} is not installed, so {what} was checked against no schema", file=sys.stderr)


def validate(document, schema, what):
    try:
        import jsonschema
    except ImportError:
        skipped(what, "python3-jsonschema")
        return
    jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)


def expect_whole(spans):
    """(id, parent or None) of one trace: ids are its own, one span has no parent, the others' are there."""
    ids = [span for span, _ in spans]
    assert len(set(ids)) == len(ids), "two spans of a trace have one id"
    assert [parent for _, parent in spans].count(None) == 1, "a trace has one root"
    assert {parent for _, parent in spans if parent} <= set(ids), "a parent is missing"


def check_zipkin(document):
    validate(document, ZIPKIN, "Zipkin's format")
    traces = {}
    for span in document:
        traces.setdefault(span["traceId"], []).append((span["id"], span.get("parentId")))
    for spans in traces.values():
        expect_whole(spans)


def check_jaeger(document):
    validate(document, JAEGER, "Jaeger's format")
    for trace in document["data"]:
        expect_whole([(s["spanID"], s["references"][0]["spanID"] if s["references"] else None)
                      for s in trace["spans"]])
        assert {s["processID"] for s in trace["spans"]} == set(trace["processes"])


def otlp_request():
    """The class of a request with traces; None without the library."""
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError:
        skipped("OpenTelemetry's format", "python3-protobuf")
        return None
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="trace.proto", package="otlp", syntax="proto3")
    for name, fields in OTLP.items():
        message = file.message_type.add(name=name)
        if name == "AnyValue":
            message.oneof_decl.add(name="value")
        for field, (number, kind, of) in fields.items():
            made = message.field.add(name=field, number=number, type=getattr(kinds, "TYPE_" + kind.upper()))
            made.label = kinds.LABEL_REPEATED if kind.isupper() else kinds.LABEL_OPTIONAL
            if of:
                made.type_name = ".otlp." + of
            if name == "AnyValue":
                made.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("otlp.Request"))


def check_otlp(lines):
    """Each line is one request with one trace, and the same once more through the protocol's own bytes."""
    request = otlp_request()
    for line in lines:
        spans = [s for r in line["resourceSpans"] for scope in r["scopeSpans"] for s in scope["spans"]]
        expect_whole([(s["spanId"], s.get("parentSpanId")) for s in spans])
        assert len({s["traceId"] for s in spans}) == 1, "a line is one trace"
        for span in spans:
            for key, size in (("traceId", 16), ("spanId", 8), ("parentSpanId", 8)):
                if key not in span:
                    continue
                raw = bytes.fromhex(span[key])
                assert len(raw) == size and any(raw), f"{key} has {size} bytes, not all of them 0"
                span[key] = base64.b64encode(raw).decode()
            assert span["kind"] in SPAN_KINDS and span["status"]["code"] in STATUS_CODES
            assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
        if request is None:
            continue
        from google.protobuf import json_format
        message = json_format.ParseDict(line, request())  # Names that it does not know are refused.
        again = request.FromString(message.SerializeToString())
        assert json_format.MessageToDict(again) == line, "something is lost in the protocol's bytes"


if __name__ == "__main__":
    text = Path(sys.argv[2]).read_text()
    if sys.argv[1] == "zipkin":
        check_zipkin(json.loads(text))
    elif sys.argv[1] == "jaeger":
        check_jaeger(json.loads(text))
    else:
        check_otlp([json.loads(line) for line in text.splitlines()])
