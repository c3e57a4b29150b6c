"""scripts/tollgated.service and .socket: systemd's own checks where it is installed, and what must stand there."""

import configparser
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
UNITS = ("tollgated.service", "tollgated.socket")
EXPOSURE_MAX = 20  # tenths, of systemd-analyze security; 12 when this was written

MUST_SAY = {
    ("Service", "Type"): "notify",
    ("Service", "WatchdogSec"): "15",
    ("Service", "ExecReload"): "/bin/kill -HUP $MAINPID",
    ("Service", "NoNewPrivileges"): "yes",
    ("Service", "ProtectSystem"): "strict",
    ("Service", "MemoryDenyWriteExecute"): "yes",
    ("Service", "CapabilityBoundingSet"): "",
    ("Service", "RestrictAddressFamilies"): "AF_INET AF_INET6 AF_UNIX",
    ("Service", "LimitCORE"): "0",
    ("Service", "LimitNOFILE"): "65536",
}


def read(name):
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read_string((SCRIPTS / name).read_text(encoding="utf-8"))
    return parser


class Units(unittest.TestCase):
    def test_the_service_says_what_protects_it(self):
        service = read("tollgated.service")
        for (section, key), value in MUST_SAY.items():
            self.assertEqual(service[section].get(key), value, key)

    def test_a_wrong_configuration_is_not_tried_again(self):
        self.assertEqual(read("tollgated.service")["Service"]["RestartPreventExitStatus"], "2")

    def test_the_sockets_belong_to_the_service(self):
        self.assertEqual(read("tollgated.socket")["Socket"]["Service"], "tollgated.service")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_finds_no_mistake_and_little_exposure(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in UNITS:
                text = (SCRIPTS / name).read_text(encoding="utf-8")
                Path(folder, name).write_text(text.replace("/usr/bin/tollgated", "/bin/true"), encoding="utf-8")
            paths = [str(Path(folder, name)) for name in UNITS]
            verified = subprocess.run(["systemd-analyze", "verify", "--man=no", *paths], capture_output=True,
                                      text=True, check=False)
            self.assertEqual((verified.returncode, verified.stderr), (0, ""))
            rated = subprocess.run(["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE_MAX}",
                                    paths[0]], capture_output=True, text=True, check=False)
            self.assertEqual(rated.returncode, 0, rated.stdout[-300:])


if __name__ == "__main__":
    unittest.main()
