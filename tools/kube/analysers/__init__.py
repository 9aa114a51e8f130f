"""Diagnosis without a model: what is wrong in a cluster, why, and the smallest fix. Pure but for `loading`.

    snapshot    the objects of a moment, with indexes   findings    what an analyser finds
    loading     reads a snapshot from a server          telling     what lines of a log mean
    relations   what belongs to a named object          hints       near misses of names
    folding     root causes first, consequences below   words       the answer for people

Every other module holds analysers of one area: functions from a snapshot to findings.
"""

from __future__ import annotations

from tools.kube.analysers.analysis import analyse
from tools.kube.analysers.relations import Scope

__all__ = ["Scope", "analyse"]
