"""What a chat client's messages mean here: the last of the user is the request, those before it what it may refer to.

Such a client keeps the conversation and knows nothing of runs, so that an earlier message's run is looked up on the
record: the newest of the same words whose answer stands in the reply. A reply's words themselves are never read for
anything else: references are resolved in recorded outputs, as in `asterism chat`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.api.problems import Problem
from orchestrator.core import markdown, tables
from orchestrator.core.application import Application
from orchestrator.core.describe import operation
from orchestrator.core.doubtful import lines
from orchestrator.core.followups import Ask, Earlier, Show, Unclear, understand
from orchestrator.core.requests import REQUEST_LIMIT
from orchestrator.core.sanitize import sanitize
from orchestrator.core.views import ApprovalView, DeviceView, QuestionView, RunItem, RunView

REMEMBERED = 12
RECORDED = 100
"""Newest runs among which those of earlier messages are looked for."""


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: Annotated[str, Field(max_length=100)]
    text: str = ""


class Message(BaseModel):
    """As OpenAI has it; what is not named here is ignored."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | Annotated[list[Part], Field(max_length=1000)] | None = None

    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered at once, without a run."""

    text: str


@dataclass(slots=True)
class _Turn:
    said: str
    replied: str = ""


async def read(app: Application, messages: Sequence[Message]) -> Ask | Reply:
    """What to submit, or what to answer instead. Raises Problem `bad_request`."""
    turns = _turns(messages)
    said = turns.pop().said
    if len(said) > REQUEST_LIMIT:
        raise Problem("bad_request", f"The last message takes at most {REQUEST_LIMIT} characters.")
    if not turns:
        return Ask(said)
    fleet = await app.devices()
    earlier = await _earlier(app, turns[-REMEMBERED:], fleet)
    match understand(said, earlier, fleet):
        case Ask() as ask:
            return ask
        case Unclear(reason=reason):
            return Reply(f"This is not clear, and nothing was done: {reason}")
        case Show(form=form):
            return Reply(_shown(earlier[-1].view, form))


def _turns(messages: Sequence[Message]) -> list[_Turn]:
    """What the user said, each with what was replied; the last is the request."""
    turns: list[_Turn] = []
    last = None
    for message in messages:
        if message.role == "user":
            last = message
            turns.append(_Turn(message.text().strip()))
        elif message.role == "assistant" and turns:
            turns[-1].replied += message.text()
    if last is not None and isinstance(last.content, list) and any(part.type != "text" for part in last.content):
        raise Problem("bad_request", "A message takes text alone: name files by their device and path.")
    if last is None or not turns[-1].said:
        raise Problem("bad_request", "The request is empty: the last message of the user says what should happen.")
    return turns


async def _earlier(app: Application, turns: Sequence[_Turn], fleet: Sequence[DeviceView]) -> list[Earlier]:
    recorded = await app.runs(limit=RECORDED)
    found: list[Earlier] = []
    for turn in turns:
        meaning = understand(turn.said, found, fleet)
        item = _run_of(turn, meaning.text, recorded) if isinstance(meaning, Ask) else None
        if item is not None:
            found.append(Earlier(item.text, await app.run(item.run)))
    return found


def _run_of(turn: _Turn, asked: str, recorded: Sequence[RunItem]) -> RunItem | None:
    replied = turn.replied.strip()
    for item in recorded:
        answer = markdown.block(sanitize(item.answer)).strip()
        if item.text == asked and (item.run in replied or (item.answer.strip() and replied.endswith(answer))):
            return item
    return None


def _shown(view: RunView, form: Literal["table", "json", "csv"]) -> str:
    head, rows = tables.table_of(view)
    if not rows and form != "json":
        return "The last result has nothing that a table could hold."
    if form != "table":
        return markdown.fenced(sanitize(tables.text(view, form)).rstrip("\n"), form)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, cells)) + " |" for cells in lines)


def _cell(text: str) -> str:
    return text if text == "---" else markdown.inline(sanitize(text)).replace("|", "\\|")


def told(view: RunView, said: str) -> str:
    """A run's answer; or what it waits for, and how to give it: words in a chat approve and answer nothing."""
    parts = [f"(understood: {markdown.inline(sanitize(view.text))})"] if view.text != said else []
    if view.answer:
        parts.append(markdown.block(sanitize(view.answer)))
    parts += [_approval_wanted(one) for one in view.approvals]
    parts += [_answer_wanted(one) for one in view.questions]
    return "\n\n".join(parts)


def _approval_wanted(one: ApprovalView) -> str:
    path = f"/v1/runs/{one.run}/approvals/{one.id}"
    return (
        "This waits for an approval, and nothing is done before it: "
        f"{one.skill} on {one.device}\n\n{markdown.block(sanitize(operation(one.arguments)))}\n\n"
        f"To approve it: `asterism approve {one.run} {one.id}` (with `--deny` to deny it), the dashboard, or "
        f'`POST {path}` with `{{"granted": true}}`. A message here does not approve it.'
    )


def _answer_wanted(one: QuestionView) -> str:
    labels = [markdown.inline(sanitize(choice.label)) for choice in one.clarification.choices]
    choices = [f"{number}. {label}" for number, label in enumerate(labels, 1)]
    how = (
        f"To answer: `asterism answer {one.run} ANSWER`, the dashboard, or `POST /v1/runs/{one.run}/answers` with "
        '`{"answer": "..."}`. Or send the request again, and say this in it.'
    )
    steps = [markdown.fenced("\n".join(plan))] if (plan := lines(one.clarification)) else []
    return "\n".join([markdown.block(sanitize(one.clarification.question)), *steps, "", *choices, "", how])
