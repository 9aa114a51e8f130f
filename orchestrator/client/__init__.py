"""The Python client: an orchestrator over REST, typed, for programs with an event loop and without one.

`Client` and `AsyncClient` have the same methods; what they return are the core's own views. docs/client.md shows them.
"""

from orchestrator.client.asynchronous import AsyncClient
from orchestrator.client.errors import (
    BadAddress,
    BadArgument,
    BadToken,
    Busy,
    ClientError,
    Conflict,
    Denied,
    Invalid,
    NotAsterism,
    NotFound,
    Refused,
    ServerFault,
    Unreachable,
    Untrusted,
)
from orchestrator.client.synchronous import Client
from orchestrator.core.edits import EditBatch
from orchestrator.core.events import Event, RunStatus
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.views import DeviceView, EditResult, GraphView, RunItem, RunView, TaskView

__all__ = [
    "AsyncClient",
    "BadAddress",
    "BadArgument",
    "BadToken",
    "Busy",
    "Client",
    "ClientError",
    "Conflict",
    "Denied",
    "DeviceView",
    "EditBatch",
    "EditResult",
    "Event",
    "GraphView",
    "Invalid",
    "NotAsterism",
    "NotFound",
    "Refused",
    "Request",
    "RunItem",
    "RunPolicy",
    "RunStatus",
    "RunView",
    "ServerFault",
    "TaskView",
    "Unreachable",
    "Untrusted",
]
