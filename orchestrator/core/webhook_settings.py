"""Who is told that a run has ended: webhooks, of a request and of the settings. Pure; `webhooks.py` holds to them."""

from __future__ import annotations

import base64
import binascii
import re
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from orchestrator.core.tasks import Model

PREFIX = "whsec_"
SECRET_BYTES = (24, 64)
OWN = "run"
"""The name of the webhook that a request brings; one of the settings never has it."""

End = Literal["succeeded", "failed", "cancelled"]


def _fits(url: str) -> str:
    if re.search(r"[^!-~]|\\", url):
        raise ValueError("has characters that an address does not have")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is not an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("must begin with https:// or http://, and name a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("must have no user, password or fragment")
    return url


Url = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_fits)]


class Webhook(Model):
    """An address that is told when a run ends. Who may see the run sees it too: it should hold no secret.

    `on`: only of runs that end so (default: all). `answer`: with the answer and the error's message; else the body says
    which run ended and how, and nothing of what it was about.
    """

    url: Url
    on: Annotated[tuple[End, ...], Field(max_length=3)] = ()
    answer: bool = False


class Target(Webhook):
    """One that the settings name: it is told of every run."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]

    @field_validator("name")
    @classmethod
    def _not_the_runs_own(cls, value: str) -> str:
        if value == OWN:
            raise ValueError(f"is never {OWN!r}: that is the webhook of a request")
        return value


class WebhookSettings(Model):
    """`secret` signs (`previous_secret` too, while receivers change over); without one nothing is sent.

    `networks` are addresses that may be spoken to although they are private or loopback, and without TLS; link-local
    and cloud metadata addresses never are. A delivery is sent at most `tries` times, first again after `first_delay_s`
    seconds, then after twice as long, up to `longest_delay_s`; `timeout_s` is what one sending may take altogether,
    `parallel` how many run at once to one host.
    """

    secret: SecretStr | None = None
    previous_secret: SecretStr | None = None
    targets: Annotated[tuple[Target, ...], Field(max_length=50)] = ()
    networks: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    tries: Annotated[int, Field(ge=1, le=100)] = 15
    first_delay_s: Annotated[float, Field(gt=0, le=3_600)] = 5.0
    longest_delay_s: Annotated[float, Field(gt=0, le=86_400)] = 14_400.0
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    parallel: Annotated[int, Field(ge=1, le=100)] = 4

    @field_validator("secret", "previous_secret")
    @classmethod
    def _is_one(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            key(value)
        return value

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ip_network(one)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> WebhookSettings:
        if len({target.name for target in self.targets}) != len(self.targets):
            raise ValueError("two targets have one name")
        if self.secret is None and (self.targets or self.previous_secret is not None):
            raise ValueError("webhooks are signed: give a secret, `whsec_` and the Base64 of 24 to 64 random bytes")
        return self


def key(secret: SecretStr) -> bytes:
    """The bytes that sign. Raises ValueError, without the secret."""
    text = secret.get_secret_value()
    try:
        found = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not text.startswith(PREFIX) or not SECRET_BYTES[0] <= len(found) <= SECRET_BYTES[1]:
        raise ValueError(f"must be {PREFIX} and the Base64 of {SECRET_BYTES[0]} to {SECRET_BYTES[1]} random bytes")
    return found
