#!/usr/bin/env python3
"""Writes the table of a profile's values: one row per field of every configuration struct that
`Profile` holds, with the comment of the field as its source.

Usage: make_table.py OUTPUT.cpp       (from the root of the repository)
"""
import re
import sys
from pathlib import Path

STRUCT = re.compile(r"^struct (\w+)(?: final)? \{$", re.M)


def structs(text):
    """Name -> body of every struct at the top level of a namespace."""
    found = {}
    for start in STRUCT.finditer(text):
        end = text.index("\n};", start.end())
        found[start.group(1)] = text[start.end():end]
    return found


def fields(body):
    """(type, name, comment) of every data member. A comment before a field holds for those that
    follow it without a blank line, unless they have their own."""
    comment, fresh, pending = "", [], ""
    for line in body.splitlines():
        text = line.strip()
        if not text:
            comment, fresh, pending = "", [], ""
            continue
        if not pending and text.startswith("///") and not text.startswith("///<"):
            fresh.append(text.lstrip("/ "))
            continue
        if not pending and text.startswith("//"):
            continue
        pending = f"{pending} {text}".strip()
        code, _, trailing = pending.partition("///<")
        if not code.rstrip().endswith(";"):
            continue
        # A trailing comment may go on in the next lines; those start with ///< again.
        if fresh:
            comment, fresh = " ".join(fresh), []
        declaration = code.strip().rstrip(";")
        pending = ""
        if "(" in declaration.split("=")[0].split("{")[0] or declaration.startswith(("friend", "using", "static", "enum")):
            continue
        match = re.match(r"(.+?)\s+(\w+)\s*(?:=.*|\{.*\})?$", declaration)
        if match:
            yield match.group(1), match.group(2), trailing.replace("///<", "").strip() or comment


def rows(known, where, struct, path):
    for kind, name, comment in fields(known[struct]):
        inner = kind.split("::")[-1]
        if inner.endswith("Config") and inner in known:
            yield from rows(known, where, inner, f"{path}.{name}")
        elif kind not in ("std::string_view", "std::string"):  # Names tell one process from another.
            yield f"{path}.{name}", comment or where[struct]


def main():
    known, where = {}, {}
    for header in sorted(Path("models").glob("*/*.h")):
        for name, body in structs(header.read_text()).items():
            known[name], where[name] = body, f"see {header}"
    out = ['// Made by models/profile/make_table.py.', '#include "models/profile/profile_table.h"', "",
           "namespace orrery::profile {", "", "const std::vector<Row>& table() {",
           "  static const std::vector<Row> kRows = {"]
    for kind, part, _ in fields(known["Profile"]):
        struct = kind.split("::")[-1]
        if struct not in known:
            continue
        for path, source in rows(known, where, struct, part):
            text = re.sub(r"\s+", " ", source).replace("\\", "\\\\").replace('"', '\\"')
            out.append(f'      {{"{path}", [](const Profile& p) {{ return text_of(p.{path}); }},')
            out.append(f'       "{text}"}},')
    out += ["  };", "  return kRows;", "}", "", "}  // namespace orrery::profile", ""]
    Path(sys.argv[1]).write_text("\n".join(out))


main()
