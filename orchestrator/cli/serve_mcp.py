"""`asterism mcp`: this orchestrator as an MCP server over standard streams, for other assistants.

By default what it submits may only read: every write of such a run is denied. With `--write` it may plan writes, which
then wait for a person to approve them in Asterism; nothing is ever approved over MCP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal, ParamSpec, TypeVar

from cyclopts import Parameter
from pydantic import BaseModel, Field

from orchestrator.cli.exits import CommandError
from orchestrator.cli.mounts import require_mcp
from orchestrator.cli.options import Common
from orchestrator.core.requests import REQUEST_LIMIT, Request, RunPolicy

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from orchestrator.cli.client import Client
    from orchestrator.core.events import RunError
    from orchestrator.core.views import RunView

P = ParamSpec("P")
R = TypeVar("R")
WAIT_S = 300.0
ABOUT = """Asterism runs requests in plain language on a person's devices.
Submit one with submit_request, and follow it with show_run. """
READS = ABOUT + "What you submit may only read: anything that would change a device is denied."
WRITES = ABOUT + "What would change a device waits until a person approves it in Asterism; you cannot approve it."

Wait = Annotated[float, Field(ge=0, le=WAIT_S, description="Seconds to wait for its end; it goes on without you.")]


class Device(BaseModel):
    name: str
    kind: str
    online: bool
    unavailable_because: str = ""
    skills: list[str]


class Task(BaseModel):
    title: str
    device: str | None
    status: str
    waiting_for: str = ""
    error: str = ""


class Question(BaseModel):
    id: str
    question: str
    choices: list[str]


class Run(BaseModel):
    """`approvals`: operations that a person is to approve or deny. `questions`: answer them with answer_question."""

    run: str
    state: str
    text: str
    answer: str = ""
    error: str = ""
    tasks: list[Task] = []
    approvals: list[str] = []
    questions: list[Question] = []


def mcp(
    *,
    write: Annotated[
        bool, Parameter(help="Let requests plan writes; a person approves each in Asterism.", negative=())
    ] = False,
    common: Common | None = None,
) -> int:
    """Serve the orchestrator at --url to other assistants, as an MCP server over standard input and output.

    They can list devices and runs, submit a request, answer what it asks, and follow it.
    """
    from orchestrator.cli.logs import configure

    settings = (common or Common()).load().settings
    configure(settings.log_level)
    require_mcp()

    from orchestrator.cli.client import Client

    async def serve() -> None:
        async with Client(settings) as client:
            await server(client, approve="ask" if write else "none").run_stdio_async()

    with suppress(asyncio.CancelledError):
        asyncio.run(serve())
    return 0


def server(client: Client, *, approve: Literal["ask", "none"]) -> MCPServer:
    """The server whose tools speak to an orchestrator; `approve` is the policy of what it submits."""
    from mcp.server.mcpserver import MCPServer
    from mcp_types import ToolAnnotations

    found = MCPServer("asterism", instructions=READS if approve == "none" else WRITES, log_level="ERROR")
    reads = ToolAnnotations(read_only_hint=True)

    @found.tool(annotations=reads)
    @_told
    async def list_devices() -> list[Device]:
        """The devices, whether they are there, and what they can do."""
        return [
            Device(
                name=one.name,
                kind=one.kind.value,
                online=one.online,
                unavailable_because=one.unavailable_because,
                skills=[skill.name for skill in one.skills],
            )
            for one in await client.devices()
        ]

    @found.tool(annotations=reads)
    @_told
    async def list_runs(limit: Annotated[int, Field(ge=1, le=200)] = 20) -> list[Run]:
        """The newest runs, without their tasks."""
        return [
            Run(run=one.run, state=one.state.value, text=one.text, answer=one.answer, error=_error(one.error))
            for one in await client.runs(limit=limit)
        ]

    @found.tool(annotations=reads)
    @_told
    async def show_run(run: str, wait_s: Wait = 0.0) -> Run:
        """A run as it stands: its state, tasks, what it waits for, and its answer once it has ended."""
        return _run(await _ended(client, run, wait_s))

    @found.tool(annotations=ToolAnnotations(read_only_hint=approve == "none", destructive_hint=False))
    @_told
    async def submit_request(
        text: Annotated[str, Field(min_length=1, max_length=REQUEST_LIMIT)], wait_s: Wait = 60.0
    ) -> Run:
        """Submit a request in plain language, such as "which log files on web-1 have errors since Monday?"."""
        run = (await client.submit(Request(text=text, policy=RunPolicy(approve=approve)))).run
        return _run(await _ended(client, run, wait_s))

    @found.tool(annotations=ToolAnnotations(read_only_hint=approve == "none", destructive_hint=False))
    @_told
    async def answer_question(run: str, question: str, answer: str, wait_s: Wait = 60.0) -> Run:
        """Answer what a run asks, by the question's id: one of its choices, or words of your own."""
        await client.answer(run, question, answer)
        return _run(await _ended(client, run, wait_s))

    return found


def _told(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """What fails says why, with its code."""
    from functools import wraps

    from mcp.server.mcpserver.exceptions import ToolError

    @wraps(function)
    async def tell(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await function(*args, **kwargs)
        except CommandError as error:
            raise ToolError(f"{error.code}: {error}") from None

    return tell


async def _ended(client: Client, run: str, wait_s: float) -> RunView:
    """The run, once it has ended or waits for somebody, or after so many seconds."""
    from orchestrator.core.events import ApprovalRequested, QuestionAsked

    view = await client.run(run)
    if wait_s <= 0 or view.state.terminal or view.approvals or view.questions:
        return view
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            async for event in client.follow(run):
                # Every other event is one of many, and the stream ends with the run. What is told here may be past.
                if isinstance(event.body, (ApprovalRequested, QuestionAsked)):
                    view = await client.run(run)
                    if view.approvals or view.questions:
                        return view
    return await client.run(run)


def _run(view: RunView) -> Run:
    return Run(
        run=view.run,
        state=view.state.value,
        text=view.text,
        answer=view.answer,
        error=_error(view.error),
        tasks=[
            Task(
                title=one.title,
                device=one.device,
                status=one.status.value,
                waiting_for=one.waiting_for,
                error="" if one.error is None else f"{one.error.code.value}: {one.error.message}",
            )
            for one in view.tasks
        ],
        approvals=[f"{one.skill} on {one.device}: `asterism approve {view.run} {one.id}`" for one in view.approvals],
        questions=[
            Question(
                id=one.id,
                question=one.clarification.question,
                choices=[choice.label for choice in one.clarification.choices],
            )
            for one in view.questions
        ],
    )


def _error(error: RunError | None) -> str:
    return "" if error is None else f"{error.code}: {error.message}"
