"""Distributed traces of runs: a span a run, below it one for each rung asked and each task, below that its attempts.

They follow decisions, not the record: a decision that was never recorded leaves spans that end with their run. After a
restart a run's spans begin anew: in the trace of before, where an attempt was under way whose dispatch names it. Only
the engine's own loop may call this.
"""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from orchestrator.core.events import (
    AttemptEnded,
    AttemptOutcome,
    Event,
    RunEnded,
    RungTried,
    RunStatus,
    RunSubmitted,
    TaskDispatched,
    TaskFailed,
    TaskSkipped,
)
from orchestrator.runtime.tally import verdict

Told = dict[str, str | int]


class Tracing:
    """Spans of runs that are open. Unix times of events become the spans' own."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._runs: dict[str, Span] = {}
        self._tasks: dict[str, dict[str, Span]] = {}
        self._attempts: dict[tuple[str, str], Span] = {}
        self._earlier: dict[str, Context] = {}

    def take(self, event: Event) -> None:
        """One event, as it is decided."""
        run, at, body = event.run, _nanoseconds(event.at), event.body
        match body:
            case RunSubmitted():
                self._run(run, at)
            case RungTried():
                self._rung(run, body, at)
            case TaskDispatched():
                self._attempt(run, body.task, body.device, body.attempt, at)
            case AttemptEnded():
                self._ended(run, body, at)
            case TaskFailed():
                self._task_over(run, body.task, at, body.error.code)
            case TaskSkipped():
                self._task_over(run, body.task, at, "")
            case RunEnded():
                self._run_over(run, body, at)
            case _:
                pass

    def remember(self, run: str, traceparent: str) -> None:
        """What was dispatched before a restart: the run's spans go on in that trace, and are sampled as it was."""
        self._earlier.setdefault(run, TraceContextTextMapPropagator().extract({"traceparent": traceparent}))

    def sent_again(self, run: str, task: str, device: str, attempt: int, at: float) -> None:
        """A dispatch that its device never got is sent again; after a restart its spans are not there any more."""
        if (run, task) not in self._attempts:
            self._attempt(run, task, device, attempt, _nanoseconds(at))

    def context(self, run: str, task: str) -> str | None:
        """The `traceparent` of a task's live attempt; None where there is none, or nobody samples it."""
        span = self._attempts.get((run, task))
        if span is None:
            return None
        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier, set_span_in_context(span))
        return carrier.get("traceparent")

    def _run(self, run: str, at: int) -> Span:
        span = self._runs.get(run)
        if span is None:
            told = {"asterism.run": run}
            span = self._tracer.start_span("run", self._earlier.get(run), start_time=at, attributes=told)
            self._runs[run] = span
        return span

    def _below(self, parent: Span, name: str, at: int, told: Told, kind: SpanKind = SpanKind.INTERNAL) -> Span:
        context = set_span_in_context(parent)
        return self._tracer.start_span(name, context=context, kind=kind, start_time=at, attributes=told)

    def _rung(self, run: str, body: RungTried, at: int) -> None:
        usage = body.proposal.usage
        told: Told = {
            "asterism.run": run,
            "asterism.rung": body.proposal.rung,
            "asterism.tier": body.proposal.tier,
            "asterism.verdict": verdict(body),
            "asterism.input_tokens": usage.input_tokens,
            "asterism.output_tokens": usage.output_tokens,
        }
        began = at - _nanoseconds(usage.seconds)
        self._below(self._run(run, began), f"plan {body.proposal.tier}", began, told).end(at)

    def _attempt(self, run: str, id: str, device: str, attempt: int, at: int) -> None:
        tasks = self._tasks.setdefault(run, {})
        told: Told = {"asterism.run": run, "asterism.task": id}
        task = tasks.get(id)
        if task is None:
            task = tasks[id] = self._below(self._run(run, at), f"task {id}", at, told)
        told |= {"asterism.device": device, "asterism.attempt": attempt}
        self._attempts[run, id] = self._below(task, f"device {device}", at, told, SpanKind.CLIENT)

    def _ended(self, run: str, body: AttemptEnded, at: int) -> None:
        code = body.error.code if body.error is not None else ""
        span = self._attempts.pop((run, body.task), None)
        if span is not None:
            span.set_attribute("asterism.outcome", body.outcome.value)
            _close(span, at, code)
        succeeded = body.outcome is AttemptOutcome.SUCCEEDED
        if succeeded or (body.retry_at is None and body.outcome is AttemptOutcome.FAILED):
            self._task_over(run, body.task, at, code)

    def _task_over(self, run: str, task: str, at: int, code: str) -> None:
        span = self._tasks.get(run, {}).pop(task, None)
        if span is not None:
            _close(span, at, code)

    def _run_over(self, run: str, body: RunEnded, at: int) -> None:
        for task, span in self._tasks.pop(run, {}).items():
            attempt = self._attempts.pop((run, task), None)
            if attempt is not None:
                attempt.end(at)
            span.end(at)
        span = self._run(run, at)
        del self._runs[run]
        self._earlier.pop(run, None)
        span.set_attribute("asterism.status", body.status.value)
        failed = body.status is RunStatus.FAILED
        _close(span, at, body.error.code if body.error is not None else "failed" if failed else "")


def _close(span: Span, at: int, code: str) -> None:
    """End a span; `code` says what went wrong, and nothing else does: messages may hold what is nobody's to know."""
    if code:
        span.set_status(StatusCode.ERROR, str(code))
    span.end(at)


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1_000_000_000)
