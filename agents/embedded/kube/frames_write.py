"""Changes of objects that exist: the frames of all themes."""

from __future__ import annotations

from agents.embedded.kube.frames import Frame
from agents.embedded.kube.frames_delete import DELETE
from agents.embedded.kube.frames_jobs import JOBS
from agents.embedded.kube.frames_marks import MARKS
from agents.embedded.kube.frames_nodes import NODES
from agents.embedded.kube.frames_rollout import ROLLOUT
from agents.embedded.kube.frames_settings import SETTINGS
from agents.embedded.kube.frames_template import TEMPLATE

WRITE: tuple[Frame, ...] = tuple(
    frame for table in (ROLLOUT, TEMPLATE, MARKS, NODES, DELETE, JOBS, SETTINGS) for frame in table.frames
)
