"""The tables of all themes, in the order in which their patterns are tried."""

from __future__ import annotations

from agents.embedded.kube.deeds.exposing import EXPOSING
from agents.embedded.kube.deeds.files import FILES
from agents.embedded.kube.deeds.grammar import Deed
from agents.embedded.kube.deeds.jobs import JOBS
from agents.embedded.kube.deeds.marks import MARKS
from agents.embedded.kube.deeds.nodes import NODES
from agents.embedded.kube.deeds.probes import PROBES
from agents.embedded.kube.deeds.removal import REMOVAL
from agents.embedded.kube.deeds.rollouts import ROLLOUTS
from agents.embedded.kube.deeds.scaling import SCALING
from agents.embedded.kube.deeds.settings import SETTINGS
from agents.embedded.kube.deeds.template import TEMPLATE

DEEDS: tuple[Deed, ...] = tuple(
    one
    for table in (ROLLOUTS, SCALING, TEMPLATE, SETTINGS, MARKS, NODES, JOBS, REMOVAL, EXPOSING, PROBES, FILES)
    for one in table.all
)
