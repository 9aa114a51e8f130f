"""The deeds that have modules of their own, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded.flow.acts import Acting
from agents.embedded.flow.conditional import Conditional
from agents.embedded.flow.conversions import conversions
from agents.embedded.flow.parts import PartReader
from agents.embedded.flow.remarks import remark
from agents.embedded.flow.sensors import definitions, settings
from agents.embedded.flow.sums import sums
from agents.embedded.kinds.world import World


def readers(world: World) -> Sequence[PartReader]:
    """Readers for one request. A conditional reads its consequences with all of them."""
    found: list[PartReader] = [sums, conversions, definitions, settings, remark]
    acting = Acting(world)
    found += [Conditional(acting, found), acting]
    return found
