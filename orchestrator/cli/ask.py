"""Prompts of a run on a terminal: approvals with the exact operation, questions as numbered choices."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Literal

from orchestrator.cli.output import line, say
from orchestrator.cli.steer import chosen
from orchestrator.core.doubtful import lines
from orchestrator.core.events import ApprovalRequested
from orchestrator.core.plan import Clarification
from orchestrator.core.previews import shown
from protocol.vocabulary import Risk

Verdict = Literal["yes", "no", "all", "moved"]
"""`all`: this and what the run asks from here on. `moved`: it is no longer what was asked for; nothing to say."""


class Asker:
    """Asks on the terminal. Others may ask otherwise."""

    async def approval(self, run: str, asked: ApprovalRequested) -> Verdict:
        """A person's word on one operation of a run."""
        return await approval(asked)

    async def question(self, asked: Clarification) -> str:
        """The answer to a question; empty where there is none."""
        return await question(asked)


def interactive() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()


async def approval(asked: ApprovalRequested) -> Verdict:
    """A person's word on one operation. Only a clear yes is a yes; the end of input is a no."""
    say("\n".join(["", *operation(asked)]))
    while True:
        words = (await prompt("Allow it? yes / no / all (of this run): ")).strip().casefold()
        if words in ("y", "yes"):
            return "yes"
        if words in ("a", "all"):
            return "all"
        if words in ("n", "no", ""):
            return "no"
        say("Answer yes, no or all.")


def operation(asked: ApprovalRequested) -> list[str]:
    """The exact operation, or its preview's diff, in clean lines."""
    would = shown(asked.arguments)
    parts = would or json.dumps(asked.arguments, ensure_ascii=False, indent=2).splitlines()
    what = "which would change" if would else "with"
    wants = "destroy" if asked.risk is Risk.DESTRUCTIVE else asked.risk.value
    head = f"{asked.task} wants to {wants}: {line(asked.skill)} on {asked.device}, {what}"
    return [head, *(f"  {part}" for part in parts)]


async def question(asked: Clarification) -> str:
    """The answer to a question, as the value of a choice where one was named. Empty at the end of input."""
    say(f"\n{line(asked.question)}")
    for step in lines(asked):
        say(f"    {step}")
    for number, choice in enumerate(asked.choices, 1):
        say(f"  {number}. {line(choice.label)}")
    return chosen(asked, await prompt("> "))


async def prompt(text: str) -> str:
    """One line from the terminal. On the event loop, not in a thread: a thread that reads could not be stopped."""
    sys.stderr.write(text)
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(0, ready.set)
    try:
        await ready.wait()
        return os.read(0, 4096).decode("utf-8", "replace")
    finally:
        loop.remove_reader(0)
