"""`make run`: a whole Asterism on this machine, for one request.

An orchestrator and four device agents, each a process of its own with a workspace of sample data, on a free loopback
port; the request; the answer; and a clean end. Nothing outside a temporary folder is written.

    python -m orchestrator.cli.demo ["TEXT"]
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from orchestrator.cli.samples import SERVERS, WORKSTATION, populate

TEXT = (
    "collect the ERROR lines from the logs of every server, count them by service, and save a report on my workstation"
)
PATIENCE_S = 60.0


class Demonstration:
    """The processes, and the folder they live in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        # What this machine's own Asterism is told must not reach the demonstration, nor the other way round.
        own = {name: value for name, value in os.environ.items() if not name.startswith("ASTERISM_")}
        config = folder / "config.toml"
        config.touch()
        self.environment = {
            **own,
            "ASTERISM_DATA_DIR": str(folder / "data"),
            "ASTERISM_CONFIG": str(config),
            "XDG_STATE_HOME": str(folder / "state"),
        }

    def start(self) -> str:
        """Start everything; the base URL once all devices are there."""
        ready = self.folder / "ready"
        self._spawn("up", "--port", "0", "--ready-file", str(ready))
        url = self._await(ready)
        for name in (*SERVERS, WORKSTATION):
            kind = "desktop" if name == WORKSTATION else "server"
            workspace = self.folder / name
            populate(workspace, name)
            label = ["--label", f"role={name if name == WORKSTATION else 'shop'}"]
            self._spawn("device", kind, "--name", name, "--url", url, "--workspace", str(workspace), *label)
        return url

    def ask(self, url: str, text: str) -> int:
        """Put the request, wait for the devices first; its exit code."""
        self.await_devices(url)
        command = [*self._program(), "run", "--url", url, "--approve", "all", "--", text]
        return subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, check=False).returncode

    def show_reports(self) -> None:
        """Show what the run left on the workstation."""
        folder = self.folder / WORKSTATION / "reports"
        for report in sorted(folder.glob("*")):
            if not report.is_file():
                continue
            sys.stderr.write(f"\n{WORKSTATION}:reports/{report.name}\n")
            for line in report.read_text(errors="replace").splitlines()[:20]:
                sys.stderr.write(f"  | {line}\n")

    def stop(self) -> None:
        """End every process: devices first, so that they can say goodbye."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()
                process.wait()

    def _program(self) -> list[str]:
        return [sys.executable, "-m", "orchestrator.cli.main"]

    def _spawn(self, *arguments: str) -> None:
        log = (self.folder / f"{len(self.processes)}-{arguments[0]}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [*self._program(), *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)

    def _await(self, ready: Path) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if ready.exists() and (url := ready.read_text().strip()):
                return url
            self._check()
            time.sleep(0.02)
        raise SystemExit("the orchestrator did not start in time")

    def await_devices(self, url: str) -> None:
        """Wait until all devices are there."""
        import json
        from urllib.request import ProxyHandler, build_opener

        loopback = build_opener(ProxyHandler({}))
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with loopback.open(f"{url}/v1/devices", timeout=10) as answer:
                devices = json.load(answer)["devices"]
            if sum(device["online"] for device in devices) > len(SERVERS):
                return
            self._check()
            time.sleep(0.05)
        raise SystemExit("the devices did not come in time")

    def _check(self) -> None:
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                for log in self.folder.glob(f"{number}-*.log"):
                    sys.stderr.write(log.read_text(errors="replace"))
                raise SystemExit(f"a process of the demonstration ended with {process.returncode}")


def main() -> int:
    """Run the demonstration; the exit code of its request."""
    text = " ".join(sys.argv[1:]).strip() or TEXT
    with tempfile.TemporaryDirectory(prefix="asterism-demo-") as folder:
        demonstration = Demonstration(Path(folder))
        try:
            url = demonstration.start()
            sys.stderr.write(f"asterism at {url}: {', '.join(SERVERS)} and {WORKSTATION}, with sample data\n> {text}\n")
            code = demonstration.ask(url, text)
            demonstration.show_reports()
        except KeyboardInterrupt:
            code = 8
        finally:
            demonstration.stop()
    return code


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(8))
    sys.exit(main())
