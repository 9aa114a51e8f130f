"""Ctrl-C while a run is shown, at the worst moments."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.cli.chat.conversation import Conversation
from orchestrator.cli.chat.engine import Engine
from orchestrator.cli.run import Wish
from orchestrator.settings import load


class Left(BaseException):
    """What leaving is here: the process of the tests stays."""


class Hanging:
    """An engine whose work never ends. The second Ctrl-C comes while the first is still passed on."""

    embedded = False
    stops = 0

    def begin(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        work.close()
        os.kill(os.getpid(), signal.SIGINT)
        return Future()

    def soon(self, work: Callable[[], None]) -> None:
        self.stops += 1
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass  # the handler runs between two instructions
        work()

    def abandon(self) -> None:
        raise Left


@pytest.fixture
def conversation(tmp_path: Path) -> tuple[Conversation, Hanging]:
    loaded = load(None, {"data_dir": tmp_path})
    engine = Hanging()
    return Conversation(
        loaded, cast(Engine, engine), Wish("", None, None, "ask", None, (), False, False, False)
    ), engine


def test_a_second_interrupt_leaves_while_the_first_is_passed_on(
    conversation: tuple[Conversation, Hanging], capsys: pytest.CaptureFixture[str]
) -> None:
    talk, engine = conversation
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Left):
        talk.attend("r1")
    assert engine.stops == 1
    assert "left; run r1 goes on" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before
