"""The HTML report opens in a browser without a network: all charts are drawn, no request leaves.

Usage: report_page_test.py TOLLGATE_SIM. Exit code 77 (skipped) where there is no chromium.
"""

import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

SIM = sys.argv[1]
CHROMIUM = shutil.which("chromium")
CHARTS = ["Rates", "Answer times", "Share of messages answered within a time", "Answers by code", "Slip of the generator"]
# Lines and areas of page.js: offered and sent lie on each other, and so on; these are always to be seen.
COLOURS = {"green": (0x1A, 0x7F, 0x37), "blue": (0x1F, 0x6F, 0xEB), "orange": (0xD4, 0x73, 0x0B), "red": (0xCF, 0x22, 0x2E),
           "violet": (0x82, 0x50, 0xDF)}
BROWSERS_OWN = ("clients2.google.com", "update.googleapis.com")  # asks for its updates, whatever the page
EVIL = "</script><script>document.title='broken'</script><!--"
RUN = {
    "schema": "tollgate/run/1", "seed": "7", "passed": 1, "failed": 1,
    "scenarios": [
        {"scenario": "10-happy-sale", "title": "A sale", "network": "net-a", "verdict": "passed", "took_ms": 12},
        {"scenario": "11-odd", "title": EVIL, "network": "net-a", "verdict": "failed", "took_ms": 3, "step": 2,
         "place": "11-odd.toml:7", "problem": "DE39 is 51, not 00", "ladder": "  0200 ->\n  <- 0210 51\n"},
    ],
}


def real_load(folder):
    """A report of a short load against an answerer that refuses some."""
    echo = subprocess.Popen([SIM, "echo", "--refuse-every", "10"], stdout=subprocess.PIPE, text=True)
    try:
        address = echo.stdout.readline().split()[-1]
        report = folder / "load.json"
        done = subprocess.run(
            [SIM, "load", "--rate", "400/s", "--for", "3s", "--target", address, "--seed", "7", "--progress", "none",
             "--threshold", "declined<50%", "--threshold", "p50<0.001ms", "-o", report],
            stdout=subprocess.DEVNULL, check=False)
        assert done.returncode in (1, 4), done.returncode  # a threshold that nobody holds; a busy machine: INVALID
        return report
    finally:
        echo.kill()
        echo.wait()
        echo.stdout.close()


def pixels(png):
    """Rows of (red, green, blue) of a PNG of 8 bits without interlace (PNG specification, sections 5 and 9)."""
    data, at, packed = png.read_bytes(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", body[:10])
        packed += body if kind == b"IDAT" else b""
        at += size + 12
    step = {2: 3, 6: 4}[colour]
    raw, before, rows = zlib.decompress(packed), bytearray(width * step), []
    for y in range(height):
        start = y * (width * step + 1)
        filter_type, row = raw[start], bytearray(raw[start + 1:start + 1 + width * step])
        for x in range(len(row)):
            left = row[x - step] if x >= step else 0
            corner = before[x - step] if x >= step else 0
            if filter_type == 1:
                row[x] = (row[x] + left) & 255
            elif filter_type == 2:
                row[x] = (row[x] + before[x]) & 255
            elif filter_type == 3:
                row[x] = (row[x] + (left + before[x]) // 2) & 255
            elif filter_type == 4:
                guess = left + before[x] - corner
                nearest = min((abs(guess - left), 0, left), (abs(guess - before[x]), 1, before[x]), (abs(guess - corner), 2, corner))
                row[x] = (row[x] + nearest[2]) & 255
        rows.append(row)
        before = row
    return [tuple(row[x:x + 3]) for row in rows for x in range(0, len(row), step)]


class Browser:
    def __init__(self, folder):
        self.folder = folder
        may_cut = subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True, check=False)
        self.no_network = ["unshare", "--map-root-user", "--net"] if may_cut.returncode == 0 else []

    def open(self, page, *options):
        command = [*self.no_network, CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1200,2600",
                   f"--user-data-dir={self.folder}/profile", f"--log-net-log={self.folder}/net.json", *options, page.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    def asked_for(self):
        """What the last page wanted from a network."""
        text = (self.folder / "net.json").read_text(encoding="utf-8")
        asked = re.findall(r'"url":"((?:https?|wss?)://([^/"]*)[^"]*)', text)
        return sorted({url for url, host in asked if host not in BROWSERS_OWN})


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.scratch.name)
        run = cls.folder / "run.json"
        run.write_text(json.dumps(RUN), encoding="utf-8")
        cls.page = cls.folder / "report.html"
        subprocess.run([SIM, "report", real_load(cls.folder), run, "-o", cls.page], check=True)
        cls.browser = Browser(cls.folder)
        cls.dom = cls.browser.open(cls.page, "--dump-dom")
        cls.wanted = cls.browser.asked_for()

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_no_request_leaves(self):
        self.assertEqual(self.wanted, [])

    def test_a_request_would_have_been_seen(self):
        page = self.folder / "asks.html"
        page.write_text("<img src='http://127.0.0.1:9/picture'>", encoding="utf-8")
        self.browser.open(page, "--dump-dom")
        self.assertEqual(self.browser.asked_for(), ["http://127.0.0.1:9/picture"])

    def test_the_script_runs_to_its_end_under_its_own_policy(self):
        self.assertIn('data-shown="all"', self.dom)
        self.assertIn("default-src 'none'", self.dom)

    def test_every_chart_is_there(self):
        shown = re.findall(r'<canvas[^>]*aria-label="([^"]*)"', self.dom)
        self.assertEqual(shown, CHARTS)
        sizes = re.findall(r'<canvas[^>]*\bheight="(\d+)"', self.dom)
        self.assertTrue(all(int(size) > 100 for size in sizes), sizes)

    def test_charts_have_lines_and_areas(self):
        picture = self.folder / "report.png"
        self.browser.open(self.page, f"--screenshot={picture}")
        seen = pixels(picture)
        for name, colour in COLOURS.items():
            with self.subTest(name):
                self.assertGreater(seen.count(colour), 200)

    def test_thresholds_clocks_and_codes_are_told(self):
        text = re.sub(r"<[^>]*>", " ", self.dom.split("</script>")[-1] + self.dom[:self.dom.find("<script")])
        for words in ("response time", "service time", "slip", "p50&lt;0.001ms", "FAILED", "05"):
            self.assertIn(words, text)

    def test_a_failed_scenario_shows_its_ladder(self):
        self.assertIn("DE39 is 51, not 00", self.dom)
        self.assertIn("0210 51", self.dom)

    def test_no_text_of_a_report_becomes_markup(self):
        self.assertNotIn("<title>broken", self.dom)
        self.assertIn("&lt;/script&gt;&lt;script&gt;", self.dom)


class Search(unittest.TestCase):
    """A search for the highest rate: what was found, its steps, and each of them as a load."""

    def test_a_search_shows_its_rates_and_every_step(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            load = json.loads(real_load(folder).read_text(encoding="utf-8"))
            search = folder / "search.json"
            search.write_text(json.dumps({
                "schema": "tollgate/load-search/1", "name": EVIL, "threshold": "p99<50ms", "best_per_second": 400.0,
                "limit": "server", "was_stopped": False,
                "steps": [{"rate": 400.0, "outcome": "passed", "load": load}, {"rate": 800.0, "outcome": "failed", "load": load}],
            }), encoding="utf-8")
            page = folder / "search.html"
            subprocess.run([SIM, "report", search, "-o", page], check=True)
            dom = Browser(folder).open(page, "--dump-dom")
        self.assertIn('data-shown="all"', dom)
        self.assertIn("the highest rate that meets p99&lt;50ms. A higher rate does not meet it.", dom)
        for cell in ("400.0/s", "800.0/s"):
            self.assertIn(f"<td>{cell}</td>", dom)
        self.assertEqual(re.findall(r'<canvas[^>]*aria-label="([^"]*)"', dom), 2 * CHARTS)


class Refusals(unittest.TestCase):
    def test_what_is_no_report_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            for text, words in (("{", "is no JSON"), ("[]", "is no report"), ('{"schema": "tollgate/fire/1"}', "tollgate/fire/1")):
                with self.subTest(text):
                    file = Path(folder) / "odd.json"
                    file.write_text(text, encoding="utf-8")
                    done = subprocess.run([SIM, "report", file], capture_output=True, text=True, check=False)
                    self.assertEqual((done.returncode, done.stdout), (2, ""))
                    self.assertIn("odd.json", done.stderr)
                    self.assertIn(words, done.stderr)


if __name__ == "__main__":
    if CHROMIUM is None:
        print("skipped: no chromium here")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
