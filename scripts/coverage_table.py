#!/usr/bin/env python3
"""Usage: scripts/coverage_table.py [--lines] BUILD FOLDER

Adds up what gcov knows of a build with preset coverage (all *.gcda files under BUILD) and prints how many lines of each
source under FOLDER were run. A line is run when any test ran it in any of its copies (templates, inline functions).
    --lines   also name the lines that were not run

Exit codes: 0 done, 1 nothing was run, 2 wrong usage.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path


def counts_of(build, root):
    """{source file, from the root: {line number: how often it was run}}"""
    counts = defaultdict(lambda: defaultdict(int))
    data_files = sorted(str(path.resolve()) for path in Path(build).rglob("*.gcda"))
    for first in range(0, len(data_files), 20):
        gcov = subprocess.run(["gcov", "--json-format", "--stdout", *data_files[first:first + 20]], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=build)
        for document in gcov.stdout.splitlines():
            for file in json.loads(document)["files"]:
                path = Path(build, file["file"]).resolve()
                if root not in path.parents:
                    continue
                for line in file["lines"]:
                    counts[path.relative_to(root)][line["line_number"]] += line["count"]
    return counts


def spans(numbers):
    """[1, 2, 3, 7] -> 1-3, 7"""
    groups = []
    for number in sorted(numbers):
        if groups and groups[-1][1] == number - 1:
            groups[-1][1] = number
        else:
            groups.append([number, number])
    return ", ".join(f"{a}-{b}" if a != b else str(a) for a, b in groups)


def print_row(name, lines, missed, more=""):
    print(f"{name:<36} {lines:>6} {missed:>8} {100 * (lines - missed) / lines:>7.2f} %{more}")


def main(arguments):
    names = [argument for argument in arguments if not argument.startswith("-")]
    if len(names) != 2 or set(arguments) - set(names) - {"--lines"}:
        print(__doc__.strip())
        return 0 if arguments == ["--help"] else 2
    build, folder = names
    root = Path(__file__).resolve().parent.parent
    counts = {path: lines for path, lines in counts_of(build, root).items() if Path(folder) in path.parents}
    if not counts:
        print(f"coverage_table: nothing of {folder} was run in {build}", file=sys.stderr)
        return 1
    print(f"{'file':<36} {'lines':>6} {'not run':>8} {'run':>9}")
    all_lines = all_missed = 0
    for path, lines in sorted(counts.items()):
        missed = [number for number, count in lines.items() if count == 0]
        print_row(str(path), len(lines), len(missed), "  " + spans(missed) if "--lines" in arguments else "")
        all_lines += len(lines)
        all_missed += len(missed)
    print_row("all", all_lines, all_missed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
