"""The metrics and their names: all of them, in this one place. None has labels of unbounded cardinality."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from orchestrator.core.application import Statistics

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

GAUGES = {
    "runs_open": ("asterism_runs_open", "Runs that have not ended."),
    "tasks_waiting": ("asterism_tasks_waiting", "Ready tasks that wait for a device."),
    "attempts_live": ("asterism_attempts_live", "Attempts at work on devices."),
    "devices_online": ("asterism_devices_online", "Devices with a live session."),
    "devices_known": ("asterism_devices_known", "Devices that ever registered."),
}
COUNTERS = {
    "runs_started": ("asterism_runs_started", "Runs submitted since the start of the process."),
    "tasks_dispatched": ("asterism_tasks_dispatched", "Attempts sent to devices."),
    "attempts_succeeded": ("asterism_attempts_succeeded", "Attempts that ended well."),
    "attempts_failed": ("asterism_attempts_failed", "Attempts that failed."),
    "attempts_lost": ("asterism_attempts_lost", "Attempts whose device went away."),
    "commits": ("asterism_store_commits", "Transactions made durable."),
    "sessions_faulted": ("asterism_sessions_faulted", "Device sessions ended by a fault."),
}


def exposition(statistics: Statistics) -> bytes:
    """The numbers as Prometheus text."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(statistics))
    return generate_latest(registry)


class _Snapshot:
    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def collect(self) -> Iterator[Metric]:
        for field, (name, help) in GAUGES.items():
            yield GaugeMetricFamily(name, help, value=getattr(self._statistics, field))
        for field, (name, help) in COUNTERS.items():
            yield CounterMetricFamily(name, help, value=getattr(self._statistics, field))
