"""Traces of a real run over real sockets: one tree from the run to the tool, and nothing where they are off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from devices.tracing import VARIABLE, asked
from orchestrator.core import stimuli
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from orchestrator.runtime.tracing import Tracing
from storage.memory import MemoryStore
from tests.support.engine import Bench
from tests.support.system import System

pytestmark = pytest.mark.slow
SECRET = "hunter2-hunter2"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What ends while the test runs. A process has one provider for good: it stays, and nothing asks for it."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


async def ran(system: System, device: str) -> str:
    steps = [
        {"id": "good", "skill": "test.noop", "devices": {"names": [device]}, "arguments": {"value": SECRET}},
        {"id": "bad", "skill": "test.fail", "devices": {"names": [device]}},
    ]
    run, _ = await system.app.submit(Request(plan=Plan.model_validate({"steps": steps})))
    await system.app.wait(run, 30)
    return run


def tree(found: Sequence[ReadableSpan]) -> dict[str, str]:
    """The name of each span's parent, by its own name."""
    names = {span.context.span_id: span.name for span in found if span.context is not None}
    return {span.name: names.get(span.parent.span_id, "?") if span.parent else "" for span in found}


async def test_one_tree_from_the_run_to_the_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    system = System(tmp_path)
    await system.start()
    try:
        await system.device("alpha", test_only=True)
        monkeypatch.delenv(VARIABLE)
        await system.device("beta", test_only=True)  # knows nothing of traces, and goes on
        await ran(system, "alpha")
        found = spans.get_finished_spans()
        assert len({span.context.trace_id for span in found if span.context is not None}) == 1
        assert tree([span for span in found if "good" in span.name or "noop" in span.name or span.name == "run"]) == {
            "run": "",
            "task good": "run",
            "tool test.noop": "?",
        }
        named = tree(found)
        assert named["tool test.noop"] == named["tool test.fail"] == "device alpha"
        assert {named["task good"], named["task bad"]} == {"run"}
        failed = next(span for span in found if span.name == "tool test.fail")
        assert not failed.status.is_ok
        assert not failed.events
        assert SECRET not in str([span.to_json() for span in found])
        spans.clear()
        await ran(system, "beta")
        names = {span.name for span in spans.get_finished_spans()}
        assert {"run", "task good", "device beta"} <= names
        assert not [name for name in names if name.startswith("tool ")]
        spans.clear()
        text, _ = await system.app.submit(Request(text="please frobnicate the gizmo"))
        await system.app.wait(text, 30)
        assert tree(spans.get_finished_spans()) == {"plan embedded": "run", "run": ""}
    finally:
        await system.stop()


async def test_what_is_sent_again_stays_in_its_trace(spans: InMemorySpanExporter) -> None:
    first = Bench()
    first.engine.tracing = Tracing(trace.get_tracer("test"))
    await first.start()
    await first.join("alpha", traces=True)
    await first.submit("r1", {"steps": [{"id": "a", "skill": "work.read"}]})
    (sent,) = first.gateway.dispatches()
    first.engine.left("alpha", "cut", goodbye=False)
    await first.join("alpha", traces=True)
    again = first.gateway.dispatches()[-1]
    assert (again.trace, again.epoch > sent.epoch) == (sent.trace, True)
    second = Bench(MemoryStore(first.store.crash()))
    second.engine.tracing = Tracing(trace.get_tracer("test"))
    await second.start()
    await second.join("alpha", traces=True)
    (resent,) = second.gateway.dispatches()
    assert sent.trace is not None
    assert resent.trace is not None
    assert resent.trace.split("-")[1] == sent.trace.split("-")[1]
    await second.reply("alpha", resent)
    second.engine.handle("r1", stimuli.AnswerWritten("done", None))
    found = spans.get_finished_spans()
    assert tree(found) == {"device alpha": "task a", "task a": "run", "run": "?"}
    assert {f"{span.context.trace_id:032x}" for span in found if span.context} == {sent.trace.split("-")[1]}


async def test_off_by_default(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    assert not asked()
    system = System(tmp_path)
    await system.start()
    try:
        agent = await system.device("alpha", test_only=True)
        assert agent is not None
        await ran(system, "alpha")
        assert system.app.engine.tracing is None
        assert spans.get_finished_spans() == ()
    finally:
        await system.stop()
