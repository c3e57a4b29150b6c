#!/usr/bin/env python3
"""Usage: scripts/check_layers.py [ROOT]

Reads every #include of the C++ files under ROOT (default: this repository) and fails on one that its folder may not
have. The table below is the one of the style guide; whoever changes it changes the architecture.
Also: includes of our own are written from the root, a .cpp includes its own header first, a header has #pragma once.

Prints `file:line: what is wrong (the rule)`. Exit codes: 0 nothing found, 1 something found, 2 wrong usage.
"""

import re
import sys
from pathlib import Path

# A system header is known by the first part of its name that is listed here.
LIBRARIES = {
    "boost/system": "boost.system",
    "boost/throw_exception.hpp": "boost.system",
    "boost/assert": "boost.system",
    "boost/container": "boost.container",
    "boost/unordered": "boost.container",
    "boost/asio": "asio",
    "boost/beast": "beast",
    "boost/json": "json",
    "toml++": "toml++",
    "CLI": "cli11",
    "fmt": "fmt",
    "spdlog": "spdlog",
    "prometheus": "prometheus-cpp",
    "pugixml.hpp": "pugixml",
    "pcap": "pcap",
    "openssl": "openssl",
    "pqxx": "pqxx",
    "libpq-fe.h": "pqxx",
    "doctest": "doctest",
    "rapidcheck": "rapidcheck",
    "rapidcheck.h": "rapidcheck",
    "benchmark": "benchmark",
    "sys": "posix",
    "netinet": "posix",
    "arpa": "posix",
    "unistd.h": "posix",
    "fcntl.h": "posix",
    "signal.h": "posix",
    "poll.h": "posix",
    "termios.h": "posix",
    "spawn.h": "posix",
    "pwd.h": "posix",
    "sched.h": "posix",
    "malloc.h": "posix",
}

OURS = ("codec", "authz", "store", "net", "sim", "tests")

# Folder -> what it may include, beside itself and the standard library.
MAY_KNOW = {
    "codec": {"boost.system", "openssl"},
    "authz": set(),
    "store": {"authz", "pqxx", "openssl", "cli11", "posix"},
    "net": {"codec", "authz", "boost.system", "boost.container", "asio", "beast", "openssl", "spdlog", "fmt", "prometheus-cpp", "posix"},
    "sim": {"codec", "net", "boost.system", "asio", "json", "cli11", "fmt", "pugixml", "openssl", "pcap", "posix"},
    "tests": {"codec", "authz", "store", "net", "sim", *LIBRARIES.values()},
}

# Single files that may know more, and why.
ALSO = {
    "codec/toml.hpp": {"toml++"},  # the one place that tells toml++ what to do with a failed condition
    "authz/test_build.cpp": {"posix"},  # in the test build only: it ends the process and maps a file of counters
    "net/control.cpp": {"json"},  # what tollgatectl asks a running server, and
    "store/ctl_record.cpp": {"json"},  # what it hears: a line each way
    "net/tollgated_main.cpp": {"store", "cli11"},  # the one place that wires every layer
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD = re.compile(r"^[a-z0-9_]+$")


def library_of(name):
    """The key of LIBRARIES' value for a system header, "std", or None when nobody may have it."""
    if STANDARD.match(name):
        return "std"
    longest = max((p for p in LIBRARIES if name == p or name.startswith((p + "/", p + "."))), key=len, default=None)
    return LIBRARIES.get(longest)


def includes_of(path):
    """(line number, bracket, name) of each #include, those inside comments of whole lines left out."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if match := INCLUDE.match(line):
            yield number, match[1], match[2]


def check_include(root, relative, bracket, name):
    """What is wrong with one include, or None."""
    folder = relative.parts[0]
    allowed = MAY_KNOW[folder] | ALSO.get(relative.as_posix(), set())
    if bracket == '"':
        first = name.split("/")[0]
        if "/" not in name or first not in OURS:
            return f'"{name}" is not written from the root (like "codec/decode.hpp")'
        if ".." in name.split("/") or not (root / name).is_file():
            return f'"{name}" does not exist'
        known = first
    elif name.split("/")[0] in OURS:
        return f'<{name}> is ours: write "{name}"'
    else:
        known = library_of(name)
        if known is None:
            return f"<{name}> belongs to no library of scripts/check_layers.py"
    if known in ("std", folder) or known in allowed:
        return None
    return f"{name}: {folder} may not know {known} (it may know: {', '.join(sorted(allowed)) or 'only std'})"


def check_file(root, path):
    """Yields (line, what is wrong) of one file."""
    relative = path.relative_to(root)
    includes = list(includes_of(path))
    for number, bracket, name in includes:
        if wrong := check_include(root, relative, bracket, name):
            yield number, wrong
    if path.suffix == ".hpp":
        if "#pragma once" not in path.read_text(encoding="utf-8"):
            yield 1, "a header begins with #pragma once"
    else:
        own = relative.with_suffix(".hpp").as_posix()
        if (root / own).is_file() and (not includes or includes[0][2] != own):
            yield (includes[0][0] if includes else 1), f'its own header "{own}" comes first'


def main(arguments):
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        print(__doc__.strip())
        return 0 if arguments == ["--help"] else 2
    root = Path(arguments[0] if arguments else Path(__file__).resolve().parent.parent).resolve()
    files = sorted(p for folder in OURS for p in (root / folder).rglob("*") if p.suffix in (".hpp", ".cpp", ".h"))
    if not files:
        print(f"check_layers: no C++ file under {root}", file=sys.stderr)
        return 2
    found = 0
    for path in files:
        for number, wrong in check_file(root, path):
            print(f"{path.relative_to(root)}:{number}: {wrong}")
            found += 1
    if found:
        print(f"check_layers: {found} of the includes and headers above break a rule", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
