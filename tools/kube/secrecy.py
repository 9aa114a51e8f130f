"""Keeps secret values inside: what leaves this package passes `masked` or `hidden`.

Secret are: the data of Secrets; what `kubectl apply` keeps of them in an annotation; values of environment variables
whose names say so; and anything that reads like a credential, wherever it stands. Helm's releases are Secrets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tools.kube.objects import Manifest

HIDDEN: Final = "(hidden)"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
NAMES: Final = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret|token|api[-_]?key|credential|private[-_]?key|access[-_]?key|dsn)"
)
_REFERENCES: Final = frozenset(
    {"secretName", "secretKeyRef", "secretRef", "imagePullSecrets", "secrets", "secret", "serviceAccountToken"}
    | {"tokenExpirationSeconds", "automountServiceAccountToken", "tokenRequests", "expirationSeconds"}
)
_DATA: Final = ("data", "stringData")
_TEXT: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bxox[abpr]-[A-Za-z0-9-]{10,}\b|\bsk-[A-Za-z0-9_-]{20,}\b"
    r"|(?<=://)[^\s/:@]{1,100}:[^\s/@]{1,200}(?=@)",
    re.DOTALL,
)
_ASSIGNED: Final = re.compile(
    r"(?i)\b([\w.-]*(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|credential|private[-_]?key|access[-_]?key)[\w.-]*)"
    # "is not set" and "is forbidden" say what is the matter, and no secret.
    r"(\"?\s*[:=]\s*\"?|\s+is\s+(?!(?:not|missing|required|empty|unset|undefined|invalid|expired|forbidden)(?:[\s:,;)]|$)))"
    r"([^\s\"',;]{3,})"
)

_FLAG: Final = re.compile(r"--?[A-Za-z][\w.-]*")
_FLAGGED: Final = re.compile(
    r"(?i)(?<![\w-])(--?[\w.-]*(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|credential|private[-_]?key|access[-_]?key)"
    r"[\w.-]*)(\s+[\"']?)([^\s\"'$-][^\s\"',;]{2,})"
)
_CLIENT: Final = re.compile(r"(?i)\b(?:mysql|mariadb)")
"""Programs that take a password right behind -p."""
_BEHIND_P: Final = re.compile(r"(?i)(\b(?:mysql|mariadb)[\w-]*\b[^\n|;&]*?\s-p)([^\s\"'$][^\s\"']*)")


def masked(obj: Manifest) -> Manifest:
    """A copy without secret values: each becomes `(hidden)`; keys and everything else stay. Of lists, too."""
    if obj.get("kind") == "SecretList":
        obj = {**obj, "items": [{**one, "kind": "Secret"} for one in obj.get("items") or ()]}
    found = _walk(obj, "")
    assert isinstance(found, dict)
    return found


def hidden(text: str) -> str:
    """A text from the cluster (a log line, an event) without what reads like a credential."""
    text = _ASSIGNED.sub(rf"\1\2{HIDDEN}", _TEXT.sub(HIDDEN, text))
    return _BEHIND_P.sub(rf"\1{HIDDEN}", _FLAGGED.sub(_unflagged, text))


def arguments(words: Sequence[object], *, client: bool = False) -> list[object]:
    """A command line's words without the values of flags that are called secret: each such value is the next word.

    `client`: it is one of a program that takes its password right behind -p, as it is anyway where a word says so.
    """
    client = client or takes_p(words)
    found: list[object] = []
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        if not isinstance(word, str):
            found.append(word)
        elif isinstance(before, str) and _secret_flag(before) and not word.startswith(("-", "$")):
            found.append(HIDDEN)
        elif client and len(word) > 2 and word.startswith("-p") and word[2] != "$":
            found.append(f"-p{HIDDEN}")
        else:
            found.append(hidden(word))
    return found


def takes_p(value: object) -> bool:
    """Whether a program is named that takes a password right behind -p."""
    return _CLIENT.search(str(value)) is not None


def _unflagged(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{HIDDEN}" if _secret_flag(match[1]) else match[0]


def _secret_flag(word: str) -> bool:
    """`--password`, `-api-key`; not `--password-file`, which names a place."""
    if not _FLAG.fullmatch(word) or not NAMES.search(word):
        return False
    return not word.lower().endswith(("name", "names", "ref", "class", "path", "file", "files", "dir", "url", "ttl"))


def _walk(value: object, key: str) -> object:
    if isinstance(value, dict):
        if value.get("kind") == "Secret":
            value = {**value, **{k: dict.fromkeys(value[k], HIDDEN) for k in _DATA if isinstance(value.get(k), dict)}}
        if key == "annotations":
            return {k: HIDDEN if k == LAST_APPLIED else _walk(v, k) for k, v in value.items()}
        if isinstance(value.get("name"), str) and isinstance(value.get("value"), str) and NAMES.search(value["name"]):
            return {**value, "value": HIDDEN}
        return {k: _walk(v, k) for k, v in _commanded(value).items()}
    if isinstance(value, list):
        if value and all(isinstance(item, str) for item in value) and not _is_secret(key):
            return arguments(value)
        return [_walk(item, key) for item in value]
    if isinstance(value, str):
        if value != HIDDEN and _is_secret(key):
            return HIDDEN
        return hidden(value)
    return value


def _commanded(value: Manifest) -> Manifest:
    """A container's command and arguments are one line."""
    command, more = (one if isinstance(one := value.get(key), list) else [] for key in ("command", "args"))
    if not command and not more:
        return value
    line = arguments([*command, *more], client=takes_p(value.get("image", "")))
    parts = {"command": line[: len(command)], "args": line[len(command) :]}
    return {**value, **{key: part for key, part in parts.items() if isinstance(value.get(key), list)}}


def _is_secret(key: str) -> bool:
    return NAMES.search(key) is not None and key not in _REFERENCES and not _is_name(key)


def _is_name(key: str) -> bool:
    """`tokenName`, `secret-ref`: names something secret, and is not secret."""
    return key.lower().endswith(("name", "names", "ref", "refs", "class", "path", "key")) and "=" not in key
