"""Who hears the gateway: lets devices in, and passes on to the engine what they say."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence

import structlog

from orchestrator.core.ports import Clock, Store, StoreError
from orchestrator.core.records import TokenRecord
from orchestrator.runtime.engine import Engine
from orchestrator.runtime.logs import TaskLogs
from protocol import VERSION
from protocol.credentials import check_proof
from protocol.errors import ErrorCode, HandshakeError
from protocol.messages import Accepted, Heartbeat, Hello, LogLine, Progress, Result, SkillsChanged

log = structlog.get_logger("asterism.reception")

LOAD_STEP = 0.02  # a load that moves by less is shown as it was
WORDS_KEPT = 2_000  # tasks whose last word is remembered
_REMEDY = "create one with `asterism token create --role device`"
_REFUSED = f"The token is wrong, expired or revoked; {_REMEDY}."
NEEDED = f"Devices need a token here, and this one came in without: {_REMEDY}, and start the device with it."


def valid(record: TokenRecord, now: float) -> bool:
    """Whether a token is neither expired nor revoked."""
    return record.revoked is None and (record.expires is None or now < record.expires)


def is_loopback(peer: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(peer.removeprefix("::ffff:")).is_loopback
    except ValueError:
        return False


class Reception:
    """The gateway's `Listener`. `guarded` says that tokens exist: from then on every device needs one."""

    def __init__(self, engine: Engine, store: Store, clock: Clock) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self.guarded = False
        self.faults = 0
        self.logs = TaskLogs(store)
        self._words: OrderedDict[tuple[str, str], str] = OrderedDict()

    def token_required(self, peer: str) -> bool:
        return self.guarded or not is_loopback(peer)

    async def authenticate(self, hello: Hello, nonce: str, peer: str) -> None:
        """Let in who has the right token, where one is needed. Raises HandshakeError."""
        if not self.token_required(peer):
            if hello.token is not None:
                log.warning("no token is configured here: the device's was not checked", device=hello.name)
            return
        if hello.token is None:
            raise HandshakeError(ErrorCode.UNAUTHENTICATED, NEEDED)
        try:
            await self._check_token(hello, nonce)
        except StoreError as error:
            raise HandshakeError(ErrorCode.UNAVAILABLE, f"The record cannot be read now ({error.code}).") from None

    async def admit(self, hello: Hello) -> int:
        """The device's new epoch. Raises HandshakeError."""
        try:
            return await self._store.register_device(
                hello.name, hello.device, hello.kind.value, _kept(hello), self._clock.now(), hello.epoch
            )
        except StoreError as error:
            raise HandshakeError(ErrorCode.UNAVAILABLE, f"The record cannot be written now ({error.code}).") from None

    async def _check_token(self, hello: Hello, nonce: str) -> None:
        record = await self._store.token(hello.token or "")
        # An unknown id is checked all the same, against a verifier that nothing matches: the answer takes as long.
        verifier = record.verifier if record else "0" * 64
        right = check_proof(hello.proof, verifier, nonce=nonce, device=hello.device, name=hello.name, version=VERSION)
        if record is None or not right or not valid(record, self._clock.now()):
            raise HandshakeError(ErrorCode.UNAUTHENTICATED, _REFUSED)
        if record.role != "device":  # said to its holder alone
            raise HandshakeError(
                ErrorCode.UNAUTHENTICATED, f"The token's role is {record.role}, not device: {_REMEDY}."
            )
        bound = await self._store.bind_token(record.id, hello.device)
        if bound != hello.device:
            raise HandshakeError(ErrorCode.UNAUTHENTICATED, "That token belongs to another device: each needs its own.")

    def joined(self, hello: Hello, epoch: int, *, resumed: bool) -> None:
        log.info("device here", device=hello.name, kind=hello.kind.value, epoch=epoch, resumed=resumed)
        self._engine.joined(hello, epoch, resumed=resumed)

    def left(self, name: str, reason: str, *, goodbye: bool) -> None:
        log.info("device away", device=name, reason=reason)
        self._engine.left(name, reason, goodbye=goodbye)

    def lapsed(self, name: str) -> None:
        self._engine.lapsed(name)

    def results(self, name: str, results: Sequence[Result]) -> None:
        self._engine.results(name, results)

    def noticed(self, name: str, message: Accepted | Progress | LogLine | Heartbeat) -> None:
        now = self._clock.now()
        known = self._engine.roster.get(name)
        if known is not None:
            known.last_seen = now
        if isinstance(message, Heartbeat):
            if known is not None and abs(known.load - message.load) >= LOAD_STEP:
                known.load = message.load
                self._engine.changes.tell("device", [name])
            return
        self._engine.alive(name, message.run, message.task, message.attempt)
        if isinstance(message, (Progress, LogLine)) and self.holds(name, message.run, message.task, message.attempt):
            text = message.message if isinstance(message, Progress) else message.text
            if isinstance(message, LogLine):
                self.logs.add(message, now)
            self._words[message.run, message.task] = text[:200]
            self._words.move_to_end((message.run, message.task))
            if len(self._words) > WORDS_KEPT:
                self._words.popitem(last=False)
            self._engine.changes.tell("said", [message.run])

    def holds(self, name: str, run: str, task: str, attempt: int) -> bool:
        """Whether the device has that attempt at work, as far as the record knows."""
        return self._engine.roster.attempts(name).get((run, task)) == attempt

    def words(self, run: str) -> dict[str, str]:
        """The last word of each task of a run, from its progress and logs: for people, on no record."""
        return {task: text for (owner, task), text in self._words.items() if owner == run}

    def skills_changed(self, name: str, message: SkillsChanged) -> None:
        self._engine.skills_changed(name, message)

    def faulted(self, name: str, code: ErrorCode) -> None:
        self.faults += 1


def _kept(hello: Hello) -> str:
    """What the registry keeps of a registration: no proof, no inventory."""
    clean = hello.model_copy(update={"proof": None, "token": None, "resume": None, "running": (), "held": ()})
    return clean.model_dump_json()
