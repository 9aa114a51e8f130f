"""Lines, from a terminal or a pipe: each is a command, a word about the conversation itself, or a request."""

from __future__ import annotations

import io
import signal
import sys
import traceback
from concurrent.futures import TimeoutError as NotYet

from orchestrator.cli.ask import interactive
from orchestrator.cli.chat import asides, slash
from orchestrator.cli.chat.attachments import attach, read_file
from orchestrator.cli.chat.completion import Catalogue, Editor
from orchestrator.cli.chat.conversation import GLANCE_S, Conversation
from orchestrator.cli.exits import CommandError, Exit
from orchestrator.cli.output import say
from orchestrator.cli.run import TEXT_LIMIT

PROMPT = "asterism> "


class Talk:
    """Reads lines until the person leaves, and has the conversation do them."""

    def __init__(self, chat: Conversation) -> None:
        self._chat = chat
        self._known = Catalogue(commands=tuple(slash.COMMANDS))

    def talk(self) -> int:
        """Until the person leaves, or the input ends; the exit code."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if sys.stdin is not None and interactive() and sys.stdout.isatty():
            self._talk_on_terminal()
            return Exit.OK
        self._talk_in_pipe()
        return self._chat.code

    def _talk_on_terminal(self) -> None:
        editor = Editor(self._chat.sessions.folder / "history", lambda: self._known)
        say("Say what should happen. /help lists the commands, /quit or Ctrl-D leaves.")
        twice = False
        while True:
            try:
                self._learn()
                line = editor.read(PROMPT)
            except EOFError:
                say("")
                return
            except KeyboardInterrupt:
                if twice:
                    say("")
                    return
                twice = True
                say("\n(Ctrl-C again leaves)")
                continue
            twice = False
            if not self.take(line):
                return

    def _talk_in_pipe(self) -> None:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        for line in sys.stdin or ():
            if not self.take(line.rstrip("\r\n")):
                return

    def take(self, line: str) -> bool:
        """One line; whether to go on after it. Whatever goes wrong is told, and does not end the conversation."""
        if not line.strip():
            return True
        try:
            command = slash.parse(line)
            if command is None:
                self._say(line.strip())
            else:
                slash.obey(self._chat, command)
        except slash.Quit:
            return False
        except KeyboardInterrupt:
            turns = self._chat.sessions.now.turns
            unsure = bool(turns) and not turns[-1].run
            say("\n(given up; it may have been sent: /retry makes sure, once)" if unsure else "\n(given up)")
        except BrokenPipeError:
            raise  # nobody reads us any more
        except Exception as error:  # noqa: BLE001 - told as the program's last door would, and the conversation goes on
            from orchestrator.cli.main import unexpected

            if self._chat.loaded.settings.log_level == "debug":
                traceback.print_exc()
            self._chat.failed(error if isinstance(error, CommandError) else unexpected(error))
        return True

    def _learn(self) -> None:
        """What Tab completes with. An orchestrator that is slow, or away, keeps nobody from typing."""

        async def look() -> Catalogue:
            desk = self._chat.engine.desk
            devices, runs = await desk.devices(), await desk.runs(limit=50)
            ids = self._chat.runs()
            waiting = await desk.run(ids[-1]) if ids else None
            return Catalogue(
                commands=tuple(slash.COMMANDS),
                devices=tuple(one.name for one in devices),
                skills=tuple(sorted({skill.name for one in devices for skill in one.skills})),
                runs=tuple(one.run for one in runs),
                approvals=tuple(one.id for one in waiting.approvals) if waiting is not None else (),
            )

        future = self._chat.engine.begin(look())
        try:
            self._known = future.result(GLANCE_S)
        except (NotYet, CommandError):
            future.cancel()
        except Exception as error:
            if getattr(error, "code", None) is None:
                raise
        self._known.sessions = tuple(one.id for one in self._chat.sessions.all()[:50])

    def _say(self, line: str) -> None:
        """A message: about the conversation itself, or a request."""
        if len(line) > TEXT_LIMIT:
            raise CommandError("bad_request", f"A message takes at most {TEXT_LIMIT} characters: attach a file.")
        attached = attach(line, read_file)
        aside = asides.read(attached.text) if not attached.files else None
        if aside is not None:
            asides.obey(self._chat, aside)
            return
        self._chat.send(line, attached)
