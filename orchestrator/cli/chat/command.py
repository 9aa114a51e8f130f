"""`asterism chat`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError
from orchestrator.cli.options import Common


def chat(
    *,
    resume: Annotated[bool, Parameter(help="Go on with the latest session, or with the one of --session.")] = False,
    session: Annotated[str | None, Parameter(help="The session to go on with, by the beginning of its id.")] = None,
    approve: Annotated[
        Literal["ask", "all", "none"] | None,
        Parameter(help="Operations that write or destroy: ask here, allow all, or deny (default: ask)."),
    ] = None,
    timeout: Annotated[float | None, Parameter(help="Seconds after which a run is ended.")] = None,
    device: Annotated[tuple[str, ...], Parameter(help="Use only this device; may be repeated.")] = (),
    local_only: Annotated[bool, Parameter(help="Ask no model in the cloud.")] = False,
    budget_usd: Annotated[float | None, Parameter(help="US dollars that planning of a run may cost at most.")] = None,
    parallel: Annotated[
        int | None, Parameter(help="At most so many tasks at once; 1 is one after another (default: no bound).")
    ] = None,
    common: Common | None = None,
) -> int:
    """Talk to your devices: requests, approvals and questions as a conversation.

    Starts an orchestrator of its own, with this machine as its device, where none is reachable. Of what is piped in,
    each line is a message.
    """
    common = common or Common()
    if common.json:
        raise CommandError("usage", "A conversation is for people: `asterism run --json` prints one object.")
    from orchestrator.cli.ask import interactive
    from orchestrator.cli.chat.conversation import Conversation
    from orchestrator.cli.chat.engine import Engine
    from orchestrator.cli.chat.talk import Talk
    from orchestrator.cli.output import say
    from orchestrator.cli.run import Wish, limited

    loaded = common.load()
    settings = loaded.settings
    deadline = timeout if timeout is not None else settings.policy.deadline_s
    wish = Wish("-", None, None, approve or settings.policy.approve, deadline, device, False, False, False)
    wish = replace(limited(wish, settings, budget_usd, local_only=local_only, parallel=parallel), confirm=interactive())
    wish.request(None)  # flags that do not fit are told before anything starts
    engine = Engine(settings)
    try:
        engine.start()
        if engine.embedded:
            say(f"no orchestrator at {settings.url}: an embedded one, with this machine as {engine.here}")
        conversation = Conversation(loaded, engine, wish)
        if resume or session:
            conversation.resume(session or "")
        else:
            conversation.sessions.begin()
        return Talk(conversation).talk()
    finally:
        engine.close()
