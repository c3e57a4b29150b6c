"""check_layers.py finds what it is there to find: each case plants one violation in a small tree of its own."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "check_layers.py"

GOOD = {
    "codec/decode.hpp": "#pragma once\n\n#include <boost/system/result.hpp>\n\n#include <vector>\n",
    "codec/decode.cpp": '#include "codec/decode.hpp"\n\n#include <string>\n',
    "authz/decide.hpp": "#pragma once\n\n#include <map>\n",
    "store/ledger.cpp": '#include "authz/decide.hpp"\n\n#include <pqxx/pqxx>\n',
    "net/tollgated_main.cpp": '#include "store/key.hpp"\n\n#include <CLI/CLI.hpp>\n#include <boost/asio.hpp>\n',
    "store/key.hpp": "#pragma once\n",
    "sim/player.cpp": '#include "codec/decode.hpp"\n\n#include <CLI/CLI.hpp>\n',
    "tests/codec_decode_test.cpp": '#include "codec/decode.hpp"\n\n#include <doctest/doctest.h>\n',
}

# name, file, its text, the line that must be named, words that the complaint must hold
BROKEN = [
    ("authz knows only std", "authz/decide.cpp", '#include "authz/decide.hpp"\n#include <pqxx/pqxx>\n', 2, "pqxx"),
    ("codec knows no account", "codec/a.cpp", '#include "authz/decide.hpp"\n', 1, "codec may not know authz"),
    ("store knows no wire format", "store/a.cpp", '\n#include "codec/decode.hpp"\n', 2, "store may not know codec"),
    ("net meets store in main only", "net/link.cpp", '#include "store/key.hpp"\n', 1, "net may not know store"),
    ("net reads options in main only", "net/link.cpp", "#include <CLI/CLI.hpp>\n", 1, "net may not know cli11"),
    ("sim knows no decision", "sim/a.cpp", '#include "authz/decide.hpp"\n', 1, "sim may not know authz"),
    ("sim knows no books", "sim/a.cpp", '#include "store/key.hpp"\n', 1, "sim may not know store"),
    ("nobody includes an unknown library", "net/a.cpp", "#include <curl/curl.h>\n", 1, "belongs to no library"),
    ("asio is no part of codec", "codec/a.cpp", "#include <boost/asio/buffer.hpp>\n", 1, "codec may not know asio"),
    ("toml++ comes through one header", "sim/a.cpp", "#include <toml++/toml.h>\n", 1, "sim may not know toml++"),
    ("posix is no part of authz", "authz/a.cpp", "#include <unistd.h>\n", 1, "authz may not know posix"),
    ("spaces do not hide an include", "authz/a.cpp", "  #  include  <fmt/core.h>\n", 1, "authz may not know fmt"),
    ("includes are from the root", "codec/a.cpp", '#include "decode.hpp"\n', 1, "from the root"),
    ("includes do not climb", "codec/a.cpp", '#include "codec/../authz/decide.hpp"\n', 1, "does not exist"),
    ("ours is not in angle brackets", "codec/a.cpp", "#include <codec/decode.hpp>\n", 1, "is ours"),
    ("what is included exists", "codec/a.cpp", '#include "codec/gone.hpp"\n', 1, "does not exist"),
    ("own header first", "codec/decode.cpp", '#include <string>\n#include "codec/decode.hpp"\n', 1, "comes first"),
    ("own header at all", "codec/decode.cpp", "int x;\n", 1, "comes first"),
    ("pragma once", "codec/a.hpp", "#include <string>\n", 1, "#pragma once"),
]


def run(files):
    """Exit code and output of the script over a tree made of `files`."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckLayers(unittest.TestCase):
    def test_a_tree_that_keeps_the_rules_passes(self):
        self.assertEqual(run(GOOD), (0, ""))

    def test_each_planted_violation_is_found_with_its_place(self):
        for name, file, text, line, words in BROKEN:
            with self.subTest(name):
                code, output = run(GOOD | {file: text})
                self.assertEqual(code, 1)
                self.assertEqual(len(output.splitlines()), 1, output)
                self.assertTrue(output.startswith(f"{file}:{line}: "), output)
                self.assertIn(words, output)

    def test_an_empty_tree_is_no_success(self):
        self.assertEqual(run({})[0], 2)


if __name__ == "__main__":
    unittest.main()
