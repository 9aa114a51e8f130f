"""All frames of the grammar."""

from __future__ import annotations

from typing import Final

from agents.embedded import (
    frames_facts,
    frames_find,
    frames_list,
    frames_processes,
    frames_programs,
    frames_shell,
    frames_system,
    frames_write,
)
from agents.embedded.frames import Frame

FRAMES: Final[tuple[Frame, ...]] = (
    *frames_system.FRAMES,
    *frames_processes.FRAMES,
    *frames_list.FRAMES,
    *frames_find.FRAMES,
    *frames_facts.FRAMES,
    *frames_write.FRAMES,
    *frames_programs.FRAMES,
    *frames_shell.FRAMES,
)
KNOWN: Final = frozenset(frame.skill for frame in FRAMES)
