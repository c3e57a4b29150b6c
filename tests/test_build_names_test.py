"""Crash points and planted bugs stand in the sources as their tables say, and only a test build contains them.

Usage: test_build_names_test.py present|absent ARCHIVE...: whether their names are in these libraries.
"""

import fnmatch
import re
import sys
import tomllib
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPECTED, ARCHIVES = sys.argv[1], [Path(name) for name in sys.argv[2:]]
SOURCES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for folder in ("authz", "store", "net")
    for path in sorted((ROOT / folder).rglob("*.?pp"))
    if path.stem != "test_build"
}
MUTANTS = tomllib.loads((ROOT / "tests" / "mutants" / "catalogue.toml").read_text(encoding="utf-8"))["mutant"]
HEADER = (ROOT / "authz" / "test_build.hpp").read_text(encoding="utf-8")
CRASH_POINTS = re.findall(r'"(\w+)"', HEADER.split("crash_points[] = {")[1].split("};")[0])


def places_of(macro):
    """(name, file) of each use."""
    found = []
    for file, text in SOURCES.items():
        found += [(name, file) for name in re.findall(rf'\b{macro}\(\s*"([^"]*)"', text)]
    return found


def test_cases_of(program):
    text = (ROOT / "tests" / f"{program}.cpp").read_text(encoding="utf-8")
    literals = re.findall(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)', text)
    return ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal)) for literal in literals]


class Names(unittest.TestCase):
    def test_each_crash_point_of_the_table_stands_once_in_the_sources(self):
        self.assertEqual(sorted(name for name, _ in places_of("TOLLGATE_CRASH_POINT")), sorted(CRASH_POINTS))
        self.assertGreaterEqual(len(CRASH_POINTS), 24)

    def test_a_crash_point_is_named_by_its_area_and_moment_and_fits_its_line(self):
        for name in CRASH_POINTS:
            self.assertRegex(name, r"^(connection|link|outbox|queue|server|store|worker)(_[a-z]+)+$")
            self.assertLessEqual(len(name), 43)

    def test_each_planted_bug_has_a_row_with_its_place_and_each_row_its_bug(self):
        rows = {(m["name"], m["place"]) for m in MUTANTS if "sql" not in m}
        self.assertEqual(set(places_of("TOLLGATE_PLANTED")), rows)

    def test_a_name_stands_for_one_bug(self):
        names = [m["name"] for m in MUTANTS]
        self.assertEqual(len(names), len(set(names)))

    def test_there_are_enough_bugs(self):
        in_sql = sum("sql" in m for m in MUTANTS)
        self.assertGreaterEqual(in_sql, 4)
        self.assertGreaterEqual(len(MUTANTS) - in_sql, 25)

    def test_each_row_says_what_is_wrong_and_names_test_cases_that_exist(self):
        for mutant in MUTANTS:
            with self.subTest(mutant["name"]):
                self.assertTrue((ROOT / mutant["place"]).is_file())
                self.assertTrue(mutant["wrong"].endswith("."))
                cases = mutant["case"] if isinstance(mutant["case"], list) else [mutant["case"]]
                for case in cases:
                    self.assertTrue(fnmatch.filter(test_cases_of(mutant["test"]), case), case)

    def test_only_a_test_build_contains_them(self):
        self.assertTrue(ARCHIVES)
        names = CRASH_POINTS + [m["name"] for m in MUTANTS if "sql" not in m] + ["TOLLGATE_CRASH_POINT"]
        words = {word for path in ARCHIVES for word in re.findall(rb"[\w-]+", path.read_bytes())}
        found = {name for name in names if name.encode() in words}
        self.assertEqual(found, set(names) if EXPECTED == "present" else set())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
