"""A previewed write for tests: what a Kubernetes device does, with files in place of objects.

An object `name` of a `namespace` is the file `namespace/name` of the workspace. `namespace/name.log` gets a line for
each change that was made, with the caller and the approval. Mounted by `--test-skills`, never by default.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from pathlib import Path
from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject, Risk
from tools.arguments import Output
from tools.context import ToolContext
from tools.errors import ToolError
from tools.registry import Registry
from tools.skill import skill

VALID_S = 600.0
Word = Annotated[str, Field(pattern=r"^[a-z0-9]{0,40}$")]


class FieldChange(Output):
    path: str
    before: str
    after: str


class Change(Output):
    verb: str
    object: str
    fields: tuple[FieldChange, ...]


class Shown(Output):
    """What a change would do. `digest` is over the object, its contents now, and what would be there."""

    digest: str
    expires: float
    summary: str
    tier: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    undo: str
    text: str


class Changed(Output):
    name: str
    namespace: str
    text: str


@skill("test.preview", examples=("preview a change of web", "what would change", "show the diff", "rehearse it"))
def preview(context: ToolContext, *, skill: str, arguments: JsonObject, tentative: bool = False) -> Shown:
    """Say what a call of `test.change` would change.

    Args:
        skill: The skill that would be called.
        arguments: Its arguments.
        tentative: Whether nothing is to follow: an object that is not there yet is then no error.
    """
    checked = change.checked(arguments)
    name, text = str(checked["name"]), str(checked["text"])
    path = _object(context, name, str(checked["namespace"]))
    if not path.is_file() and not tentative:
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no {name}")
    before = _contents(path)
    title = f"{name} in {path.parent.name}"
    return Shown(
        digest=_digest(path, text),
        expires=time.time() + VALID_S,
        summary=f"change {title}",
        tier="low",
        changes=(Change(verb="update", object=title, fields=(FieldChange(path="text", before=before, after=text),)),),
        warnings=(),
        undo=f"change {title} back to {before}",
        text=f"change {title}\n  text: {before} -> {text}",
    )


@skill(
    "test.change",
    risk=Risk.WRITE,
    idempotent=False,
    preview="test.preview",
    examples=("change web to blue", "set the text of api", "rewrite the object web", "make web green"),
)
async def change(
    context: ToolContext,
    *,
    name: Word,
    text: str,
    namespace: Word = "",
    seconds: float = 0.0,
    preview: JsonObject | None = None,
) -> Changed:
    """Change the text of an object, as it was previewed.

    Args:
        name: The object's name.
        text: What it is to say.
        namespace: Where it is; empty: wherever one of that name is.
        seconds: How long to wait before the change.
        preview: What the preview said.
    """
    if preview is None or not context.approval:
        raise ToolError(ErrorCode.DENIED, "a change takes its preview and an approval")
    await asyncio.sleep(seconds)
    path = _object(context, name, namespace)
    if preview.get("digest") != _digest(path, text):
        raise ToolError(ErrorCode.STALE_PREVIEW, f"{name} has changed since it was previewed")
    path.write_text(text)
    with path.with_name(f"{name}.log").open("a") as log:
        log.write(f"{text} by {context.caller or 'the person here'} under {context.approval}\n")
    return Changed(name=name, namespace=path.parent.name, text=f"changed {name} in {path.parent.name} to {text}")


def _object(context: ToolContext, name: str, namespace: str) -> Path:
    """The one object that is meant. Raises ToolError AMBIGUOUS."""
    root = context.workspace.root
    if namespace:
        return root / namespace / name
    found = sorted(root.glob(f"*/{name}"))
    if len(found) > 1:
        choices = [{"namespace": one.parent.name} for one in found]
        raise ToolError(ErrorCode.AMBIGUOUS, f"{len(found)} things are called {name}", choices=choices)
    return found[0] if found else root / "default" / name


def _contents(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _digest(path: Path, text: str) -> str:
    return hashlib.sha256("\0".join((str(path), _contents(path), text)).encode()).hexdigest()


def registry() -> Registry:
    """All skills of this module."""
    return Registry.of_modules(sys.modules[__name__])
