#!/usr/bin/env python3
"""The repository's own rules, as a test: who may include whom, where clocks, third-party libraries
and random generators may appear, that every header compiles alone, and that docs/ARCHITECTURE.md
names what exists.

Usage: check.py edges | headers | docs        (from the root of the repository)
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LAYERS = ["models", "sim", "real-backend", "runner", "gui", "tests", "bench"]

# Folder -> folders it may include. The longest matching prefix decides.
ALLOWED = {
    "models/base": ["models/base"],
    "models/api": ["models/base", "models/api"],
    "models/ports": ["models/base", "models/api", "models/ports"],
    "models/resilience": ["models/base", "models/resilience"],
    "models": ["models"],
    "sim/kernel": ["models/base", "sim/kernel"],
    "sim": ["models", "sim"],
    "real-backend": ["models", "real-backend"],
    "runner/scenario": ["models/api", "models/base", "models/resilience", "runner/scenario"],
    "runner": ["models", "sim", "real-backend", "runner"],
    "gui/theme": ["gui/theme"],
    "gui/draw": ["gui/theme", "gui/draw"],
    "gui/layout": ["models/base", "gui/layout"],
    "gui/model": ["models", "runner/why", "gui/theme", "gui/model"],
    "gui": ["models", "runner/scenario", "runner/why", "gui"],
}

# What includes of a library look like -> where they may stand.
LIBRARIES = {
    r"simgrid/": ["sim/fabric"],
    r"boost/graph/": ["models/graph"],
    r"boost/(asio|beast)": ["real-backend"],
    r"(grpc|grpcpp|google/protobuf)/": ["real-backend"],
    r"sqlite3\.h": ["real-backend", "runner/export", "runner/sweep"],
    r"nlohmann/": ["models/api", "models/recording", "runner"],
    r"yaml-cpp/": ["models/api", "runner"],
    r"(Q[A-Z]\w+|Qt\w+/)": ["gui"],
    r"gvc\.h": ["gui/layout"],
    r"CLI/": ["runner/command"],
    r"xxhash\.h": ["models/recording", "models/resilience"],
    r"zstd\.h": ["models/recording"],
}

# Text that must not stand outside these folders.
TEXT = {
    r"\b(system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday)\b":
        ["real-backend", "runner/command", "runner/control", "runner/external", "runner/session"],
    r"\bstd::(mt19937\w*|random_device|\w+_distribution|rand)\b": [],
    r"\bstd::unordered_(map|set|multimap|multiset)\b": ["real-backend/cri"],
    r"\bthrow\b(?!\s*\()": [],
}


def sources():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.h", "*.cpp"],
                            check=True, capture_output=True, text=True).stdout.split()
    return [Path(name) for name in listed if Path(name).exists()]


def under(path, folders):
    return any(str(path).startswith(folder + "/") for folder in folders)


def code_of(text):
    """The text without comments and string literals."""
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


def edges():
    problems = []
    for path in sources():
        if under(path, ["tests", "bench"]):
            continue
        text = path.read_text()
        prefix = max((p for p in ALLOWED if under(path, [p])), key=len, default=None)
        if prefix is None:
            problems.append(f"{path}: stands in no folder of the map")
            continue
        for number, line in enumerate(text.splitlines(), 1):
            included = re.match(r'\s*#include\s+[<"]([^>"]+)[>"]', line)
            if not included:
                continue
            name = included.group(1)
            if any(name.startswith(layer + "/") for layer in LAYERS):
                if not any(name.startswith(allowed + "/") for allowed in ALLOWED[prefix]):
                    problems.append(f"{path}:{number}: {prefix} may not include {name}")
            for pattern, folders in LIBRARIES.items():
                if re.match(pattern, name) and not under(path, folders):
                    problems.append(f"{path}:{number}: {name} belongs to {', '.join(folders)} alone")
        code = code_of(text)
        for pattern, folders in TEXT.items():
            found = re.search(pattern, code)
            if found and not under(path, folders):
                problems.append(f"{path}: '{found.group(0)}' must not stand here")
    return problems


def headers():
    flags = ["-std=c++20", "-I.", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++", "-"]
    # Without Qt the window is not built, and its headers are left out.
    qt = subprocess.run(["pkg-config", "--cflags", "Qt6Widgets", "Qt6Network"], capture_output=True, text=True)
    if qt.returncode == 0:
        flags = [*(["-fPIC"] + qt.stdout.replace("-I", "-isystem ").split()), *flags]

    def compile_alone(path):
        run = subprocess.run(["g++", *flags], input=f'#include "{path}"\n', capture_output=True, text=True)
        return f"{path}: does not compile alone\n{run.stderr[:800]}" if run.returncode else None

    # Headers of the live world's adapters need generated protocol code; their own build covers them.
    left_out = ["real-backend", "tests", "bench"] + (["gui"] if qt.returncode else [])
    own = [p for p in sources() if p.suffix == ".h" and not under(p, left_out)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [problem for problem in pool.map(compile_alone, own) if problem]


def docs():
    problems = []
    page = Path("docs/ARCHITECTURE.md").read_text()
    folders = {str(p) for p in Path(".").glob("*/*") if p.is_dir() and p.parts[0] in LAYERS[:5]
               and any(s for s in p.rglob("*") if s.is_file())}
    for folder in sorted(folders):
        if f"`{folder}`" not in page:
            problems.append(f"docs/ARCHITECTURE.md does not name {folder}")
    for name in re.findall(r"`([\w./-]+)`", page):
        if "/" in name and not name.startswith(("/", "out/", "build/")) and not Path(name).exists():
            problems.append(f"docs/ARCHITECTURE.md names {name}, which does not exist")
    return problems


def main():
    found = {"edges": edges, "headers": headers, "docs": docs}[sys.argv[1]]()
    print("\n".join(found))
    print(f"{len(found)} problems")
    sys.exit(1 if found else 0)


main()
