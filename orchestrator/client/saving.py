"""A file whose content is as it should be, or that is not there."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from orchestrator.client.calls import check_hash


@contextlib.contextmanager
def saving(path: Path, sha256: str) -> Iterator[Callable[[bytes], None]]:
    """What to write pieces with. Raises FileExistsError, and ClientError at the end where the hash is another."""
    digest = hashlib.sha256()
    with path.open("xb") as file:

        def write(piece: bytes) -> None:
            digest.update(piece)
            file.write(piece)

        try:
            yield write
            check_hash(digest.hexdigest(), sha256)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
