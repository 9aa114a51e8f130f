"""Contents of artifacts between a store and a backup: copied once, and verified by their own name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from storage.artifacts import ArtifactError, ArtifactFiles, Outgoing
from storage.backup import opened
from storage.sqlite import translated
from storage.tables import artifacts


@dataclass
class Copied:
    """How many were copied and how many were there already, and those that the source does not have whole."""

    copied: int = 0
    there: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)


def named(backup: Path) -> list[tuple[str, int]]:
    """(hash, size) of every content that a backup names. Raises StoreError."""
    query = select(artifacts.c.sha256, func.max(artifacts.c.size)).group_by(artifacts.c.sha256)
    with translated(), opened(backup) as connection:
        return [(sha256, size) for sha256, size in connection.execute(query)]


def save(contents: Iterable[tuple[str, int]], source: Path, target: Path) -> Copied:
    """Copy contents from one artifact store to another. Raises ArtifactError where the target cannot be written."""
    ours, theirs, done = ArtifactFiles(source), ArtifactFiles(target), Copied()
    for sha256, size in contents:
        try:
            content = ours.open(sha256)
        except ArtifactError:
            done.missing.append(sha256)
            continue
        try:
            _save(content, theirs, sha256, size, done)
        finally:
            content.close()
    return done


def _save(content: Outgoing, target: ArtifactFiles, sha256: str, size: int, done: Copied) -> None:
    if content.size != size:
        done.missing.append(sha256)
        return
    incoming = target.begin(sha256, size)
    if incoming is None:
        done.there += 1
        return
    try:
        content.seek(incoming.offset)
        while data := content.read():
            incoming.write(data)
        incoming.finish()
    except ArtifactError as error:
        if error.code != "hash_mismatch":
            raise
        done.missing.append(sha256)
    else:
        done.copied += 1
        done.bytes += size
    finally:
        incoming.close()
