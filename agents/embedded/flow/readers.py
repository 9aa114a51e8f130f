"""The deeds that have modules of their own, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded.flow.acts import Acting
from agents.embedded.flow.backups import backups
from agents.embedded.flow.builds import builds
from agents.embedded.flow.columns import columns
from agents.embedded.flow.conditional import Conditional
from agents.embedded.flow.conversions import conversions
from agents.embedded.flow.databases import databases
from agents.embedded.flow.digests import digests
from agents.embedded.flow.each import for_each
from agents.embedded.flow.facts import facts
from agents.embedded.flow.firmware import firmware
from agents.embedded.flow.given import given
from agents.embedded.flow.hashes import hashes
from agents.embedded.flow.keeping import Keeping
from agents.embedded.flow.loglines import loglines
from agents.embedded.flow.narrowing import narrowing
from agents.embedded.flow.pages import fetches, fields
from agents.embedded.flow.parts import PartReader
from agents.embedded.flow.records import records
from agents.embedded.flow.relating import relating
from agents.embedded.flow.remarks import remark
from agents.embedded.flow.removals import removals
from agents.embedded.flow.reporting import reporting
from agents.embedded.flow.running import running
from agents.embedded.flow.saving import saving
from agents.embedded.flow.screens import screens
from agents.embedded.flow.sensors import definitions, settings
from agents.embedded.flow.sizes import sizes
from agents.embedded.flow.sums import sums
from agents.embedded.flow.tablefacts import tablefacts
from agents.embedded.flow.tables import tabled
from agents.embedded.flow.telling import way_of
from agents.embedded.flow.twins import twins
from agents.embedded.flow.versus import extremes
from agents.embedded.kinds.world import World


def readers(world: World) -> Sequence[PartReader]:
    """Readers for one request. A conditional reads its consequences with all of them."""
    found: list[PartReader] = [builds, databases, hashes, loglines, sums, conversions, definitions, settings, remark]
    found += [for_each, fields, fetches, tabled, way_of]
    found += [screens, sizes, firmware, records, backups, twins, digests]
    found += [tablefacts, relating, reporting, saving, running, extremes, columns]
    found += [given, narrowing, facts, removals]
    acting = Acting(world)
    found += [Conditional(acting, found), Keeping(acting), acting]
    return found
