"""Which orchestrator, shown which token, and with how much patience."""

from __future__ import annotations

import os
import random
import re
import ssl
from dataclasses import dataclass
from typing import TypeVar

import httpx2

from orchestrator.client import errors
from orchestrator.client.calls import Call
from orchestrator.client.retrying import Retrying
from orchestrator.core.redact import redact
from orchestrator.settings import DEFAULT_URL
from protocol.addresses import check_base_url

CONNECT_S = 2.0
READ_S = 60.0
"""Above the time between two signs of life of a stream, and above the longest poll."""

T = TypeVar("T")
_UNFIT = re.compile(r"[^!-~]")


@dataclass(frozen=True, slots=True)
class Target:
    url: str
    headers: dict[str, str]
    verify: ssl.SSLContext | bool
    retrying: Retrying

    @classmethod
    def of(cls, url: str | None, token: str | None, verify: ssl.SSLContext | bool, retries: int) -> Target:
        """What is None comes from ASTERISM_URL and ASTERISM_TOKEN; an empty token is none.

        The machine's own certificates (SSL_CERT_FILE) count, though nothing else of the environment does. Raises
        BadAddress and BadToken.
        """
        given = url or os.environ.get("ASTERISM_URL") or DEFAULT_URL
        try:
            base = check_base_url(given)
        except ValueError as error:
            raise errors.BadAddress(f"{redact(given)!r} cannot be used as a base URL: {error}.") from None
        # A token that was read from a file brings the line's end along.
        shown = ((os.environ.get("ASTERISM_TOKEN") if token is None else token) or "").strip()
        unfit = _UNFIT.search(shown)
        if unfit is not None:
            raise errors.BadToken(f"the character {unfit[0]!r}")
        headers = {"User-Agent": "asterism"} | ({"Authorization": f"Bearer {shown}"} if shown else {})
        if verify is True and base.startswith("https:"):
            verify = httpx2.create_ssl_context(trust_env=True)
        return cls(base, headers, verify, Retrying(retries))

    @property
    def timeout(self) -> httpx2.Timeout:
        return httpx2.Timeout(READ_S, connect=CONNECT_S)

    def pause(self, error: errors.ClientError, call: Call[T], tried: int) -> float:
        """Seconds until `call` is made again after this error. Raises the error where it is not."""
        # Spreads clients; nothing secret hangs on it.
        wait = self.retrying.wait(error, tried=tried, repeatable=call.repeatable, chance=random.random())
        if wait is None:
            raise error
        return wait

    def read(self, call: Call[T], response: httpx2.Response) -> T:
        """The call's result. Raises ClientError."""
        if response.status_code >= 400 and response.status_code not in call.accepted:
            raise self.refusal(response)
        try:
            return call.read(response.content)
        except ValueError:
            raise errors.NotAsterism(self.url) from None

    def refusal(self, response: httpx2.Response) -> errors.ClientError:
        return errors.of_answer(response.status_code, response.headers, response.content, self.url)
