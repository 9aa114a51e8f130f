"""What the owner of a system says about privacy, in settings. Plain values: `privacy.py` holds to them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from orchestrator.core.tasks import Model

Glob = Annotated[str, Field(min_length=1, max_length=500)]
Term = Annotated[str, Field(min_length=2, max_length=200)]


class LocalOnly(Model):
    """What stays on its device: devices by name, paths and skills, as globs (`diary-*`, `/home/anna/tax/*`, `*.kdbx`).

    A path's glob holds for all that lies below it.
    """

    devices: tuple[Glob, ...] = ()
    paths: tuple[Glob, ...] = ()
    skills: tuple[Glob, ...] = ()


class PrivacySettings(Model):
    """`cloud`: `on` asks the cloud rungs that are configured, `ask` puts a question to the person before, `off` never.

    `terms` are personal, `secret_terms` secret, wherever they stand as words, in capitals or not. `trusted` are hosts
    of local rungs beside loopback that may be told personal data.
    """

    cloud: Literal["off", "ask", "on"] = "on"
    terms: Annotated[tuple[Term, ...], Field(max_length=500)] = ()
    secret_terms: Annotated[tuple[SecretStr, ...], Field(max_length=500)] = ()
    local_only: LocalOnly = LocalOnly()
    trusted: Annotated[tuple[str, ...], Field(max_length=100)] = ()
