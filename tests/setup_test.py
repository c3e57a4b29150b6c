"""scripts/setup with stand-ins for dpkg-query, apt-get, id and sudo: nothing is really asked or installed."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


class Machine:
    """A folder of stand-ins in front of the PATH. `missing` are the packages that are not installed."""

    def __init__(self, folder, missing, user=0, has_sudo=False, apt_fails=0):
        self.folder = Path(folder)
        self.log = self.folder / "log"
        self.log.touch()
        self.program("dpkg-query", f'for last; do :; done; case " {missing} " in *" $last "*) exit 1 ;; esac; echo installed')
        self.program("id", f"echo {user}")
        self.program("sleep", "exit 0")
        self.program("apt-get", f'echo "$DEBIAN_FRONTEND apt-get $*" >>"{self.log}"; '
                     f'case "$*" in *install*) [ "$(grep -c " install " "{self.log}")" -gt {apt_fails} ] ;; esac')
        self.program("sudo", f'echo sudo >>"{self.log}"; [ "$1" = --non-interactive ] && shift; "$@"' if has_sudo else "exit 1")

    def program(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def setup(self, *arguments):
        path = f"{self.folder}:{os.environ['PATH']}"
        return subprocess.run([SCRIPTS / "setup", *arguments], env={**os.environ, "PATH": path}, capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, check=False)

    def installs(self):
        return [line for line in self.log.read_text(encoding="utf-8").splitlines() if " install " in line]


class Setup(unittest.TestCase):
    def machine(self, **wishes):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Machine(folder.name, **wishes)

    def test_with_all_packages_it_does_nothing(self):
        machine = self.machine(missing="", user=1000)
        done = machine.setup()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(machine.installs(), [])

    def test_without_rights_it_names_what_is_missing(self):
        machine = self.machine(missing="cmake libpqxx-dev", user=1000)
        done = machine.setup()
        self.assertEqual(done.returncode, 2)
        self.assertIn("missing: cmake libpqxx-dev\n", done.stderr)
        self.assertIn("apt-get install --no-install-recommends cmake libpqxx-dev\n", done.stderr)
        self.assertEqual(machine.installs(), [])

    def test_root_installs_only_what_is_missing(self):
        machine = self.machine(missing="cmake")
        self.assertEqual(machine.setup().returncode, 0)
        self.assertEqual(len(machine.installs()), 1)
        self.assertTrue(machine.installs()[0].startswith("noninteractive apt-get "))
        self.assertTrue(machine.installs()[0].endswith(" --no-install-recommends cmake"))

    def test_sudo_is_used(self):
        machine = self.machine(missing="cmake", user=1000, has_sudo=True)
        self.assertEqual(machine.setup().returncode, 0)
        self.assertEqual(len(machine.installs()), 1)
        self.assertIn("sudo\n", machine.log.read_text(encoding="utf-8"))

    def test_a_failed_installation_is_tried_three_times(self):
        self.assertEqual(self.machine(missing="cmake", apt_fails=2).setup().returncode, 0)
        machine = self.machine(missing="cmake", apt_fails=3)
        done = machine.setup()
        self.assertEqual((done.returncode, len(machine.installs())), (1, 3))
        self.assertIn("could not install: cmake", done.stderr)

    def test_optional_packages_are_never_asked_for(self):
        machine = self.machine(missing="ccache", user=1000)
        self.assertEqual(machine.setup().returncode, 0)

    def test_building_needs_nothing_that_only_tests_need(self):
        machine = self.machine(missing="doctest-dev shellcheck", user=1000)
        self.assertEqual(machine.setup("--build-only").returncode, 0)
        self.assertEqual(machine.setup().returncode, 2)

    def test_an_unknown_option_is_wrong_usage(self):
        self.assertEqual(self.machine(missing="").setup("--chek").returncode, 2)


if __name__ == "__main__":
    unittest.main()
