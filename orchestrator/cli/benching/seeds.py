"""Data from a seed: the same seed, task and key give the same bytes on every machine and every day."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from orchestrator.cli.benching.state import Generated
from orchestrator.cli.benching.workbook import workbook

BEGIN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""When all logs and tables begin; a Monday."""
COMPONENTS = ("auth", "billing", "cache", "checkout", "db", "gateway", "mailer", "search", "worker")
SAID = {
    "DEBUG": ("cache lookup took {n} ms", "retry {n} scheduled", "queue length {n}"),
    "INFO": ("request {n} served", "session {n} opened", "job {n} finished", "heartbeat {n}"),
    "WARN": ("slow query took {n} ms", "retrying connection {n}", "disk usage at {n} percent"),
    "ERROR": ("connection {n} refused", "timeout after {n} ms", "order {n} could not be stored"),
    "FATAL": ("out of memory in worker {n}", "corrupt page {n}"),
}
PATHS = ("/", "/cart", "/checkout", "/login", "/api/items", "/api/orders", "/static/app.js", "/search?q=lamp")
NAMES = ("Ada", "Ben", "Chloe", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ivo", "Jun", "Kira", "Leo", "Mina", "Noor")
# fmt: off
WORDS = (
    "river", "stone", "market", "harbour", "winter", "garden", "letter", "signal", "carbon", "bridge",
    "valley", "copper", "window", "lantern", "engine", "paper", "meadow", "circle", "silver", "thread",
)
# fmt: on
Cell = Callable[[Random, int], str | int | float]


def made(what: Generated, seed: int, task: str, key: str) -> bytes:
    """The bytes of one file; not for the kind `tree`, which is many (`tree`)."""
    random = _random(what, seed, task, key)
    if what.kind == "bytes":
        return random.randbytes(what.rows)
    if what.kind in ("table", "json", "xlsx", "sqlite"):
        return _records(what, random)
    lines = {"log": _log, "access": _access, "text": _text}[what.kind](what, random)
    return "".join(f"{line}\n" for line in lines).encode()


def tree(what: Generated, seed: int, task: str, key: str) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of `rows` small files in folders."""
    random = _random(what, seed, task, key)
    for number in range(what.rows):
        folder = random.choice(("docs", "src", "data", "img"))
        name = f"{folder}/{random.choice(WORDS)}-{number:03}.{random.choice(('txt', 'md', 'dat'))}"
        yield name, " ".join(random.choices(WORDS, k=random.randint(5, 200))).encode() + b"\n"


def _random(what: Generated, seed: int, task: str, key: str) -> Random:
    # A workbook and a table of the same key hold the same rows.
    kind = "table" if what.kind == "xlsx" else what.kind
    return Random(f"{seed}:{what.key or f'{task}:{key}'}:{kind}")


def _levels(what: Generated, random: Random, usual: str) -> list[str]:
    """One level a row, in a random order, each as often as was asked for."""
    levels = [level for level, count in what.levels.items() for _ in range(count)][: what.rows]
    levels += [usual] * (what.rows - len(levels))
    random.shuffle(levels)
    return levels


def _log(what: Generated, random: Random) -> Iterator[str]:
    now = BEGIN
    for level in _levels(what, random, "INFO"):
        now += timedelta(seconds=random.randint(1, 90))
        said = random.choice(SAID.get(level, SAID["INFO"])).format(n=random.randint(10, 9_999))
        yield f"{now:%Y-%m-%dT%H:%M:%SZ} {level} {random.choice(COMPONENTS)}: {said}"


def _access(what: Generated, random: Random) -> Iterator[str]:
    now = BEGIN
    for status in _levels(what, random, "200"):
        now += timedelta(seconds=random.randint(0, 20))
        who = f"10.{random.randint(0, 3)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
        words = f'"GET {random.choice(PATHS)} HTTP/1.1" {status} {random.randint(120, 90_000)}'
        yield f"{who} - - [{now:%d/%b/%Y:%H:%M:%S} +0000] {words}"


def _text(what: Generated, random: Random) -> Iterator[str]:
    left = what.rows
    while left > 0:
        count = min(left, random.randint(8, 14))
        left -= count
        yield " ".join(random.choices(WORDS, k=count)).capitalize() + "."


def _records(what: Generated, random: Random) -> bytes:
    columns = {name: _cell(text) for name, text in what.columns.items()}
    rows = [{name: cell(random, number) for name, cell in columns.items()} for number in range(what.rows)]
    if what.kind == "json":
        return (json.dumps(rows, indent=1) + "\n").encode()
    if what.kind == "sqlite":
        return _sqlite(list(columns), rows)
    if what.kind == "xlsx":
        return workbook([list(columns), *([*row.values()] for row in rows)])
    written = io.StringIO()
    table = csv.DictWriter(written, list(columns), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue().encode()


def _cell(text: str) -> Cell:
    """How a column's cells are made. Raises ValueError for a description that is none."""
    kind, _, rest = text.partition(" ")
    if kind == "int":
        low, high = (int(one) for one in rest.split())
        return lambda random, number: random.randint(low, high)
    if kind == "float":
        least, most = (float(one) for one in rest.split())
        return lambda random, number: round(random.uniform(least, most), 2)
    if kind == "choice":
        return lambda random, number: random.choice(rest.split("|"))
    simple: dict[str, Cell] = {
        "name": lambda random, number: f"{random.choice(NAMES)} {random.choice(WORDS).capitalize()}",
        "date": lambda random, number: f"{BEGIN + timedelta(days=random.randint(0, 89)):%Y-%m-%d}",
        "serial": lambda random, number: number + 1,
    }
    if text not in simple:
        raise ValueError(f"{text!r} describes no column: int LOW HIGH, float LOW HIGH, choice A|B, name, date, serial")
    return simple[text]


def _sqlite(columns: list[str], rows: list[dict[str, str | int | float]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="asterism-seed-") as folder:
        path = Path(folder) / "db"
        database = sqlite3.connect(path)
        quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        with database:
            database.execute(f"CREATE TABLE records ({quoted})")
            marks = ", ".join("?" for _ in columns)
            database.executemany(f"INSERT INTO records VALUES ({marks})", [tuple(row.values()) for row in rows])
        database.close()
        return path.read_bytes()
