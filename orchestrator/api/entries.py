"""Events as the bytes of a stream: made once for all who follow, and sent in pieces of a bounded size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from fastapi.sse import format_sse_event

from orchestrator.core.events import Event

KEPT_BYTES = 8 << 20
PIECE_BYTES = 64 << 10
PACE_S = 0.05
PACE_EACH_S = 0.00025


class Entries:
    """The newest entries that anybody was sent, up to `kept` bytes; `followers` is how many streams are open."""

    def __init__(self, kept: int = KEPT_BYTES) -> None:
        self.followers = 0
        self._most = kept
        self._bytes = 0
        # A run's entry never changes, and its number is never given twice.
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    @property
    def pace_s(self) -> float:
        """How long a follower gathers what comes before it is sent more: the more follow, the longer.

        Each time costs about as much for one entry as for a hundred. Where few follow, nothing is gathered.
        """
        return 0.0 if self.followers < 10 else min(PACE_S, self.followers * PACE_EACH_S)

    def pieces(self, events: Sequence[Event]) -> Iterator[bytes]:
        """Entries one after the other, as many at once as make a piece.

        A long one, such as a plan of a thousand tasks, is cut, and not copied whole for each who follows.
        """
        gathered: list[bytes] = []
        size = 0
        for event in events:
            entry = self._entry(event)
            if gathered and size + len(entry) > PIECE_BYTES:
                yield b"".join(gathered)
                gathered, size = [], 0
            if len(entry) > PIECE_BYTES:
                for start in range(0, len(entry), PIECE_BYTES):
                    yield entry[start : start + PIECE_BYTES]
            else:
                gathered.append(entry)
                size += len(entry)
        if gathered:
            yield b"".join(gathered)

    def _entry(self, event: Event) -> bytes:
        key = (event.run, event.seq)
        found = self._kept.get(key)
        if found is None:
            found = format_sse_event(data_str=event.model_dump_json(), event=event.body.type, id=str(event.seq))
            self._kept[key] = found
            self._bytes += len(found)
            while self._bytes > self._most:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return found
