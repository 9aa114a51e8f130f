"""What reaches the log: no secret, and nothing that acts on a terminal."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import structlog
from orchestrator.cli.logs import configure
configure("info")
structlog.get_logger("x").warning("device said", reason="token=ast_0a1b2c3d_" + "s" * 43, name="al\\x1b[31mpha")
"""


STANDARD = """
import logging, structlog
from orchestrator.cli.logs import configure
configure("info")
structlog.contextvars.bind_contextvars(run="r1", task="a", cause="r1/7")
logging.getLogger("agents.x").warning("said %s", "token=ast_0a1b2c3d_" + "s" * 43)
structlog.get_logger("y").warning("said too")
"""


def test_both_ways_of_logging_say_what_a_line_is_about() -> None:
    done = subprocess.run([sys.executable, "-c", STANDARD], capture_output=True, text=True, check=True, timeout=60)
    first, second = done.stderr.splitlines()
    assert all(part in line for line in (first, second) for part in ("run=r1", "task=a", "cause=r1/7"))
    assert "ssssssss" not in done.stderr


def test_a_log_line_is_clean() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == ""
    assert "device said" in done.stderr
    assert "ssssssss" not in done.stderr
    assert "\x1b" not in done.stderr
