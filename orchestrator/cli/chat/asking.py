"""Approvals and questions inline: the exact operation or its diff, and what a person may say to it."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Literal

from pydantic import JsonValue

from orchestrator.cli import ask
from orchestrator.cli.chat.engine import Desk
from orchestrator.cli.exits import CommandError
from orchestrator.cli.lead import Later
from orchestrator.cli.output import line, say
from orchestrator.cli.steer import chosen
from orchestrator.core.application import Refusal
from orchestrator.core.changing import changed_arguments
from orchestrator.core.doubtful import lines
from orchestrator.core.events import ApprovalRequested
from orchestrator.core.plan import Choice, Clarification
from orchestrator.core.previews import ARGUMENT
from protocol.vocabulary import JsonObject

Word = Literal["yes", "no", "edit", "always", "later", ""]
_WORDS: dict[str, Word] = {
    "y": "yes",
    "yes": "yes",
    "n": "no",
    "no": "no",
    "deny": "no",
    "e": "edit",
    "edit": "edit",
    "always": "always",
    "l": "later",
    "later": "later",
}


def word(said: str) -> Word:
    """What a person's line says to an approval; empty where it is not one of the words, alone. Nothing is a guess."""
    return _WORDS.get(said.strip().casefold().rstrip("."), "")


def changed(arguments: JsonObject, said: str) -> JsonObject:
    """The arguments with a person's changes: `name=value ...`, or all of them as one JSON object.

    A value is JSON where it reads as JSON, else text; it ends where ` name=` of another argument begins. Raises
    ValueError with a sentence.
    """
    text = said.strip()
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise ValueError(f"That is not JSON: {error}.") from None
        if not isinstance(found, dict):
            raise ValueError("Give one JSON object.")
        return found
    made: dict[str, JsonValue] = dict(arguments)
    pairs: list[tuple[str, str]] = []
    for part in text.split(" "):
        name, sign, value = part.partition("=")
        if sign and name.isidentifier():
            pairs.append((name, value))
        elif pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {part}")
        else:
            raise ValueError("Say name=value, or give all arguments as one JSON object.")
    for name, value in pairs:
        made[name] = _value(value.strip(), arguments.get(name))
    return made


def _value(text: str, before: JsonValue) -> JsonValue:
    if isinstance(before, str) and not text.startswith('"'):
        return text  # what was a text stays one, though it may look like a number
    try:
        found: JsonValue = json.loads(text)
    except ValueError:
        return text
    return found


class ChatAsker(ask.Asker):
    """Asks in the conversation. `always` holds what is allowed for the rest of it: (skill, device)."""

    def __init__(self, desk: Desk, always: dict[tuple[str, str], None]) -> None:
        self._desk = desk
        self._always = always

    async def approval(self, run: str, asked: ApprovalRequested) -> ask.Verdict:
        """Raises Later."""
        operation = ask.operation(asked)
        if (asked.skill, asked.device) in self._always:
            say("\n".join([*operation, f"allowed: {line(asked.skill)} on {asked.device} always is, in this session"]))
            return "yes"
        editable = ARGUMENT not in asked.arguments
        say("\n".join(["", *operation]))
        # An impatient line of before the question is no answer to it.
        flush()
        while True:
            edit = " / edit" if editable else ""
            said = await ask.prompt(f"Allow it? yes / no{edit} / always (this skill on {asked.device}) / later: ")
            if not said:
                raise Later
            match word(said):
                case "yes":
                    return "yes"
                case "no":
                    return "no"
                case "always":
                    self._always[(asked.skill, asked.device)] = None
                    return "yes"
                case "later":
                    raise Later
                case "edit" if editable:
                    if await self._edit(run, asked):
                        return "moved"
                case "edit":
                    say("This was previewed: deny it, and ask for what you want instead.")
                case _:
                    say(f"Answer yes, no{', edit' if editable else ''}, always or later.")

    async def _edit(self, run: str, asked: ApprovalRequested) -> bool:
        """Change the task's arguments; it then asks again, for what it has become. Whether it was changed."""
        said = (await ask.prompt("Arguments (name=value ..., or JSON; empty leaves them): ")).strip()
        if not said:
            return False
        try:
            made = changed(asked.arguments, said)
        except ValueError as error:
            say(str(error))
            return False
        try:
            graph = await self._desk.graph(run)
            task = next(one for one in graph.tasks if one.id == asked.task)
            if task.verify is not None or task.confirm is not None:
                say("What it does then is not read back: the check was for the arguments of before.")
            batch = changed_arguments(graph, asked.task, made)
            if batch is None:
                say("This was previewed: deny it, and ask for what you want instead.")
                return False
            result = await self._desk.edit(run, batch)
        except (CommandError, Refusal) as error:
            say(f"It was not changed: {error.message} [{error.code}]")
            return False
        if not result.accepted:
            say(f"It was not changed: {result.reason} [{result.code}]")
        return result.accepted

    async def question(self, asked: Clarification) -> str:
        """Raises Later where nothing, or `later`, is said."""
        say(f"\n{line(asked.question)}")
        for step in lines(asked):
            say(f"    {step}")
        for number, choice in enumerate(asked.choices, 1):
            say(f"  {number}. {line(choice.label)}")
        flush()
        while True:
            said = await ask.prompt("Number, name, or your own words (later leaves it open): ")
            if not said or said.strip().casefold() == "later":
                raise Later
            words = chosen(asked, said)
            if asked.choices and words.isdecimal() and not any(_numbered(choice) for choice in asked.choices):
                say(f"Answer a number from 1 to {len(asked.choices)}, a name, or words.")
            elif words:
                return words


def _numbered(choice: Choice) -> bool:
    """Whether a number may be meant as such, where it is none of the list's."""
    return any(sign.isdecimal() for sign in choice.label + choice.value)


def flush() -> None:
    """Forget what was typed and not read yet."""
    import termios

    with contextlib.suppress(termios.error, OSError, ValueError):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
