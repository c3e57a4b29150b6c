"""Every command of tollgate-sim shows an example in its --help, and every example runs as it stands there.

Usage: help_examples_test.py FOLDER_OF_PROGRAMS, with TOLLGATE_DATABASE_URL of an empty database. Addresses are those of an
answerer of our own, durations are cut short, and limits on times are those of a busy machine; the rest of an example is
not changed. Its exit code must be the right one: 0, or what RIGHT_CODES says.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.argv[1]).resolve()
SIM = BIN / "tollgate-sim"
SERVES = re.compile(r"tollgate-sim (echo|chaos|record)\b")
# What an example begins with -> its exit code, where that is not 0.
RIGHT_CODES = {
    "tollgate-sim echo": -signal.SIGTERM,  # has nothing to finish: the signal ends it
    "tollgate-sim msg diff": 1,  # they differ
}


def right_code(example):
    codes = [code for begin, code in RIGHT_CODES.items() if example.startswith(begin)]
    return codes[0] if codes else 0


def help_of(*command):
    return subprocess.run([SIM, *command, "--help"], capture_output=True, text=True, check=True).stdout


def commands(*path):
    """The command and all below it, as words."""
    text = help_of(*path)
    below = re.findall(r"^  ([a-z]+)(?: |$)", text.split("Subcommands:\n")[1], re.M) if "Subcommands:\n" in text else []
    return [path] + [one for word in below for one in commands(*path, word)]


def examples_of(path):
    """Lines that begin with the program; one that ends with a backslash goes on."""
    text = help_of(*path).replace("\\\n", " ")
    found = re.findall(r"^ +((?:scripts/with_postgres )?tollgate-sim .*)$", text, re.M)
    return [" ".join(line.split()) for line in found]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.scratch.name)
        for name in ("docs", "sim"):
            (cls.folder / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "docs/examples/evening-peak.toml", cls.folder)
        peak = cls.folder / "evening-peak.toml"
        peak.write_text(re.sub(r'"\d+(s|m)"', '"1s"', peak.read_text(encoding="utf-8")), encoding="utf-8")
        shutil.copy(ROOT / "tests/data/import/jpos-fields.xml", cls.folder / "packager.xml")
        (cls.folder / "cards.csv").write_text("pan,expiry,currency,balance\n4000000000000002,2030-12,EUR,1000.00\n", encoding="utf-8")
        (cls.folder / "captures.key").write_text("5A" * 32, encoding="utf-8")
        (cls.folder / "captures.key").chmod(0o600)
        (cls.folder / "settlement").mkdir()
        (cls.folder / ".local/share/bash-completion/completions").mkdir(parents=True)
        cls.answerer = subprocess.Popen([SIM, "echo"], stdout=subprocess.PIPE, text=True)
        cls.port = cls.answerer.stdout.readline().split(":")[-1].strip()
        cls.make_capture()

    @classmethod
    def tearDownClass(cls):
        cls.answerer.kill()
        cls.answerer.wait()
        cls.answerer.stdout.close()
        cls.scratch.cleanup()

    @classmethod
    def make_capture(cls):
        """captured.jsonl as `record` writes it while a load passes; shop.pcap without any packet."""
        door = free_port()
        record = subprocess.Popen(
            [SIM, "record", "--listen", f"127.0.0.1:{door}", "--connect", f"127.0.0.1:{cls.port}", "--dialect", "iso87-ascii",
             "--key-file", "captures.key", "--out", "captured.jsonl"], cwd=cls.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", door)) == 0:
                    break
        subprocess.run([SIM, "load", "--rate", "50/s", "--for", "1s", "--target", f"127.0.0.1:{door}", "--progress", "none"],
                       stdout=subprocess.DEVNULL, check=False)
        record.send_signal(signal.SIGTERM)
        record.wait()
        record.stdout.close()
        # Nanosecond pcap, link type Ethernet, no packets (pcap-savefile(5)).
        (cls.folder / "shop.pcap").write_bytes(bytes.fromhex("4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000"))

    def as_run(self, example):
        line = example.removeprefix("scripts/with_postgres ")
        line = re.sub(r"--port 8583|:8600|:8584", lambda m: re.sub(r"\d+", str(free_port()), m.group()), line)
        line = re.sub(r":8583\b", f":{self.port}", line)
        line = re.sub(r"--for \d+s", "--for 1s", line)
        limit = "500ms" if "--find-max" in line else "5s"  # a search goes on until it is above it
        line = line.replace("p99<50ms", f"p99<{limit}")
        if re.search(r"tollgate-sim (load|replay .*--target)", line):
            line += f" --slip-limit {limit}"
        line = re.sub(r"--count 1000|--order-check 1000", lambda m: m.group().replace("1000", "20"), line)
        return line.replace("tollgate-sim", str(SIM), 1)

    def run_example(self, example):
        line = self.as_run(example)
        shutil.copy(self.folder / "captured.jsonl", self.folder / "shop.jsonl")  # some examples write it anew
        process = subprocess.Popen(["bash", "-c", "exec " + line], cwd=self.folder, env={**os.environ, "HOME": str(self.folder)},
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        if SERVES.search(example):
            said = process.stdout.readline()  # it serves
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=60)
            return process.returncode, said + rest
        said, _ = process.communicate(timeout=240)
        return process.returncode, said

    def test_every_command_has_one_that_begins_with_it(self):
        for path in commands():
            words = " ".join(["tollgate-sim", *path])
            with self.subTest(words):
                self.assertTrue(any(words in example for example in examples_of(path)) or "Subcommands:" in help_of(*path))

    def test_every_example_runs(self):
        seen = {example for path in commands() for example in examples_of(path)}
        seen = {example for example in seen if not example.endswith(" demo")}  # scripts/demo is a stage of its own
        self.assertGreater(len(seen), 20)
        for example in sorted(seen, key=lambda one: (" report " in one, one)):  # a report needs its load
            with self.subTest(example):
                code, said = self.run_example(example)
                self.assertEqual(code, right_code(example), said[-2000:])

    def test_every_exception_is_of_an_example(self):
        seen = {example for path in commands() for example in examples_of(path)}
        for begin in RIGHT_CODES:
            self.assertTrue(any(example.startswith(begin) for example in seen), begin)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
