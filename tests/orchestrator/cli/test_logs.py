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


def test_a_log_line_is_clean() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == ""
    assert "device said" in done.stderr
    assert "ssssssss" not in done.stderr
    assert "\x1b" not in done.stderr
