"""All frames of the grammar."""

from __future__ import annotations

from typing import Final

from agents.embedded import (
    frames_accounts,
    frames_facts,
    frames_find,
    frames_hosts,
    frames_list,
    frames_processes,
    frames_programs,
    frames_records,
    frames_shell,
    frames_system,
    frames_write,
)
from agents.embedded.frames import Frame

_MACHINES: Final[tuple[Frame, ...]] = (
    *frames_system.FRAMES,
    *frames_processes.FRAMES,
    *frames_list.FRAMES,
    *frames_find.FRAMES,
    *frames_facts.FRAMES,
    *frames_write.FRAMES,
    *frames_programs.FRAMES,
    *frames_shell.FRAMES,
)
_SERVERS: Final[tuple[Frame, ...]] = (*frames_hosts.FRAMES, *frames_accounts.FRAMES, *frames_records.FRAMES)
FRAMES: Final[tuple[Frame, ...]] = (*_MACHINES, *_SERVERS)
KNOWN: Final = frozenset(frame.skill for frame in _MACHINES)
"""Skills of any machine. What servers have beside them is HOSTED: other grammars read that, too."""
HOSTED: Final = frozenset(frame.skill for frame in _SERVERS)
