"""What is made: the frames of all themes."""

from __future__ import annotations

from agents.embedded.kube.frames import Frame
from agents.embedded.kube.frames_config import CONFIG
from agents.embedded.kube.frames_files import FILES
from agents.embedded.kube.frames_grant import GRANT
from agents.embedded.kube.frames_limits import LIMITS
from agents.embedded.kube.frames_network import NETWORK
from agents.embedded.kube.frames_workloads import WORKLOADS

MAKE: tuple[Frame, ...] = tuple(
    frame for table in (WORKLOADS, CONFIG, LIMITS, NETWORK, FILES, GRANT) for frame in table.frames
)
