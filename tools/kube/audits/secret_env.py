"""Audits of secrets in environments: written there in plain text, or taken from a Secret. No value is told. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tools.errors import printable
from tools.kube.analysers.findings import ref
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.audits.hits import Hit, Scope
from tools.kube.audits.workloads import Container, containers, described
from tools.kube.objects import Manifest, at
from tools.kube.secrecy import hidden

# What the name of a secret ends with; a number may follow (TOKEN_2). `tokens` are counted, `pass` is no part of a word.
SECRET_NAME: Final = re.compile(
    r"(?i:passwords?|passwd|passphrase|pwd|(?:^|[_.-])pass|(?:^|[_.-])pw|secret|secret[_.-]?value|token|credentials?|creds"
    r"|api[_.-]?key|(?:access|private|secret|encryption|signing|master|auth|session|jwt|hmac|license|ssh)[_.-]?key)"
    r"[_.-]?\d*$|[a-z]Pass$|SSHPASS$"
)
# What says of itself that it is none, whatever its name.
PLAIN_VALUE: Final = re.compile(r"(?i)(true|false|yes|no|on|off|none|null|enabled|disabled|)")
EXPANDED: Final = re.compile(r"\$\([A-Za-z_][A-Za-z0-9_.-]*\)")


def secrets_in_env(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Environment variables: `plain` that hold a secret themselves, `reference` that take one from a Secret."""
    for one in described(snapshot):
        for each in containers(one):
            for found in each.manifest.get("env") or ():
                yield from _variable(one, each, found)
            for source in each.manifest.get("envFrom") or ():
                if name := at(source, "secretRef.name"):
                    why = f"{each.called} takes all keys of Secret {name} into its environment"
                    yield Hit(ref(one), f"{each.path}.envFrom", why, "reference")


def _variable(one: Manifest, each: Container, found: Manifest) -> Iterator[Hit]:
    name = printable(str(found.get("name", "")))[:200]
    if (source := at(found, "valueFrom.secretKeyRef")) is not None:
        why = f"{each.called} takes {name} from key {source.get('key')} of Secret {source.get('name')}"
        yield Hit(ref(one), f"{each.path}.env[{name}].valueFrom.secretKeyRef", why, "reference")
    elif plain(name, str(found.get("value") or "")):
        why = f"{each.called} has {name} in plain text"
        yield Hit(ref(one), f"{each.path}.env[{name}].value", why, "plain")


def plain(name: str, value: str) -> bool:
    """Whether a variable's value is a secret: its name says so, or it reads like a credential. Pure."""
    rest = EXPANDED.sub("", value)
    if not rest.strip() or PLAIN_VALUE.fullmatch(rest.strip()):
        return False
    if hidden(value) != value and not EXPANDED.search(value):
        return True
    if not SECRET_NAME.search(name):
        return False
    # A file or an address where the secret is: not the secret.
    return not re.match(r"(/|\./|https?://[^@]*$|file:)", rest)
