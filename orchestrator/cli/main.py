"""`asterism`: the console script. Commands are loaded when they are called; help needs none of them."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cyclopts import App

    from orchestrator.cli.exits import CommandError

COMMANDS = {
    "run": ("run:run", "Submit a request in plain language, watch it, print the answer."),
    "chat": ("chat.command:chat", "Talk to your devices: requests as a conversation, approvals inline."),
    "kube": ("kube:kube", "Ask a Kubernetes cluster in plain language, or change it by preview and approval."),
    "up": ("up:up", "Serve an orchestrator: REST, devices, and local devices with --device."),
    "device": ("device:device", "Run a device agent on this machine."),
    "devices": ("look:devices", "List devices, and forget one."),
    "skills": ("look:skills", "List what devices can do."),
    "runs": ("look:listed", "List runs, and show one."),
    "show": ("look:show", "Show a run: state, answer, tasks."),
    "graph": ("look:graph", "Draw a run's task graph."),
    "timeline": ("look:timeline", "Draw when what happened in a run, by device."),
    "events": ("look:events", "Print a run's event log."),
    "logs": ("said:logs", "Print what the tasks of a run said while they ran."),
    "explain": ("look:explain", "Say why a task is where it is."),
    "replay": ("look:replay", "Play a run again from its record, and say where it departs."),
    "cancel": ("steer:cancel", "Cancel a run."),
    "retry": ("steer:retry", "Try again what failed."),
    "approve": ("steer:approve", "Approve or deny an operation that waits for it."),
    "answer": ("steer:answer", "Answer a question that a run waits for."),
    "edit": ("steer:edit", "Apply an edit batch to a run's graph."),
    "undo": ("steer:undo", "Take back an edit."),
    "ladder": ("ladder:ladder", "Show the planner's rungs, and what they cost and saved."),
    "bench": ("bench:bench", "Run suites of requests on real agents, and judge them by their end state."),
    "faults": ("faults:faults", "Make things go wrong on purpose, and show what became of the work."),
    "mcp": ("serve_mcp:mcp", "Serve the orchestrator to other assistants over MCP."),
    "doctor": ("doctor:doctor", "Say what is wrong, and the remedy."),
    "support": ("support:support", "Gather what somebody needs who helps with a run."),
    "config": ("admin:config", "Show the settings."),
    "token": ("admin:token", "Create, list and revoke tokens."),
    "audit": ("audit:audit", "List who did what, and whether that record is whole."),
    "webhooks": ("webhooks:webhooks", "List webhooks, test one, send one again, remove one."),
    "db": ("db:db", "Back up, restore, check and prune the record."),
    "completion": ("completion:completion", "Print the completion script for a shell."),
}

VALUED = ("--url", "--token", "--config")
PLAIN = ("--json", "--debug")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    # Imports make many objects that stay: looking through them again and again took a sixth of the start.
    gc.set_threshold(50_000, 20, 100)
    _leave_quietly_on_interrupt()
    debug = "--debug" in words
    try:
        return _call(words)
    except KeyboardInterrupt:
        return 8
    except BrokenPipeError:
        # Who read our output has enough. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last door: a user sees a sentence and a code, never a traceback
        from orchestrator.cli.exits import CommandError

        if not isinstance(error, CommandError):
            error = unexpected(error)
        if debug:
            import traceback

            traceback.print_exc()
        return _tell(error, words)
    finally:
        if arguments is None:
            # All is said and done: a Ctrl-C while Python winds up must not turn the exit code into a signal's.
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def build() -> App:
    """The parser, with every command by name only."""
    from cyclopts import App, Parameter

    app = App(
        name="asterism",
        help="One sentence, several devices, one answer.",
        version=_version,
        help_format="plaintext",
        default_parameter=Parameter(negative=(), show_default=False),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for name, (place, help) in COMMANDS.items():
        app.command(f"orchestrator.cli.{place}", name=name, help=help)
    return app


def _call(words: list[str]) -> int:
    app = build()
    result = app(_ordered(app, words))
    return result if isinstance(result, int) else 0


def _ordered(app: App, words: list[str]) -> list[str]:
    """What every command takes may stand before it as well: `asterism --url U runs` is `asterism runs --url U`."""
    at = 0
    while at < len(words):
        name, equals, _ = words[at].partition("=")
        if name in VALUED:
            at += 1 if equals else 2
        elif words[at] in PLAIN:
            at += 1
        else:
            break
    if at == 0 or at >= len(words) or words[at].startswith("-"):
        return words
    rest = words[at:]
    chain, _, _ = app.parse_commands(rest)
    return [*rest[: len(chain)], *words[:at], *rest[len(chain) :]]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("asterism")
    except PackageNotFoundError:
        return "unknown"


def _leave_quietly_on_interrupt() -> None:
    """Until a command has its own way to stop, Ctrl-C ends the program: nothing has begun that could be lost."""

    def leave(number: int, frame: FrameType | None) -> None:
        os._exit(8)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, leave)


def unexpected(error: Exception) -> CommandError:
    """What else can end a command, as a sentence."""
    from orchestrator.cli.exits import CommandError

    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] not in ("orchestrator", "devices"):
        message = f"This needs more than the base install: {error.name} is missing."
        return CommandError("missing_extra", f"{message} Run `pip install 'asterism[orchestrator]'`.")
    code = getattr(error, "code", None)
    if type(error).__name__ in ("StoreError", "Refusal", "ServerProblem", "SettingsProblem") and isinstance(code, str):
        return CommandError(code, str(error))
    message = f"{type(error).__name__}: {error}"[:500]
    return CommandError("internal", f"An internal error ({message}). Run it again with --debug, and please report it.")


def _tell(error: CommandError, words: list[str]) -> int:
    from orchestrator.cli.exits import exit_of
    from orchestrator.cli.output import dump, say

    say(f"asterism: {error.message} [{error.code}]")
    if "--json" in words:
        empty: dict[str, object] = {
            "run": None,
            "state": "failed",
            "answer": "",
            "rung": None,
            "tasks": [],
            "usage": None,
        }
        failed: dict[str, object] = {"error": {"code": error.code, "message": error.message, "details": {}}}
        dump({**empty, **failed} if words[:1] in (["run"], ["kube"]) else failed)
    return int(exit_of(error.code))


if __name__ == "__main__":
    sys.exit(main())
