"""Distributed traces, where they are asked for: the tracer, and the span of each tool's call.

Nothing of OpenTelemetry is imported, nor asked, until `ASTERISM_TRACES` is on.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from devices.errors import ConfigError
from protocol.messages import Dispatch
from protocol.vocabulary import Json
from tools.errors import ToolError

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

VARIABLE = "ASTERISM_TRACES"


def asked() -> bool:
    """Whether the environment asks for traces."""
    return os.environ.get(VARIABLE, "").lower() in ("1", "true", "yes", "on")


def tracer() -> Tracer:
    """Of the provider that the program has set; else of the SDK, that exports over OTLP as the `OTEL_*` variables say.

    Raises ConfigError where the SDK is not installed.
    """
    try:
        from opentelemetry import trace

        if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

            named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "asterism"}
            provider = TracerProvider(resource=Resource.create(named))
            provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
            trace.set_tracer_provider(provider)
    except ModuleNotFoundError as error:
        message = f"Traces are asked for, and {error.name} is missing. Run `pip install 'asterism[otel]'`."
        raise ConfigError(message) from None
    return trace.get_tracer("asterism")


class ToolSpans:
    """A span around each call of a tool, below the span that its dispatch names."""

    def __init__(self, tracer: Tracer, device: str) -> None:
        self._tracer = tracer
        self._device = device

    async def around(self, dispatch: Dispatch, call: Awaitable[Json]) -> Json:
        """What `call` returns. Of a failure only its code is told: messages may hold what is nobody's to know."""
        from opentelemetry.trace import SpanKind, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier = {} if dispatch.trace is None else {"traceparent": dispatch.trace}
        told: dict[str, str | int] = {
            "asterism.run": dispatch.run,
            "asterism.task": dispatch.task,
            "asterism.attempt": dispatch.attempt,
            "asterism.device": self._device,
            "asterism.skill": dispatch.skill,
        }
        with self._tracer.start_as_current_span(
            f"tool {dispatch.skill}",
            context=TraceContextTextMapPropagator().extract(carrier),
            kind=SpanKind.SERVER,
            attributes=told,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                return await call
            except ToolError as error:
                span.set_status(StatusCode.ERROR, error.task_error().code)
                raise
