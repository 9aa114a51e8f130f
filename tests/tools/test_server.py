"""The catalogue of a server's skills is whole, and fit for planners to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from protocol.vocabulary import Risk, SkillSpec
from tools import docs, testing
from tools.host import catalog

SPECS = catalog.specs()
READ = {
    "archive.list",
    "artifact.publish",
    "backup.verify",
    "container.inspect",
    "container.list",
    "container.logs",
    "container.stats",
    "cron.list",
    "data.compare",
    "data.count_by",
    "data.filter",
    "data.group",
    "data.join",
    "data.merge",
    "data.rank",
    "data.select",
    "data.stats",
    "file.count",
    "file.find",
    "file.hash",
    "file.head",
    "file.list",
    "file.read",
    "file.search",
    "file.sort",
    "file.stat",
    "file.tail",
    "file.usage",
    "group.list",
    "http.fetch",
    "journal.read",
    "net.listening",
    "package.info",
    "package.list",
    "package.upgradable",
    "process.list",
    "service.list",
    "service.logs",
    "service.status",
    "sql.query",
    "sql.tables",
    "system.cpu",
    "system.disk",
    "system.info",
    "system.load",
    "system.memory",
    "system.network",
    "system.os",
    "system.time",
    "system.uptime",
    "text.report",
    "user.info",
    "user.list",
    "user.sessions",
}
WRITE = {
    "archive.create",
    "archive.extract",
    "artifact.save",
    "backup.create",
    "backup.restore",
    "container.restart",
    "container.start",
    "file.append",
    "file.copy",
    "file.mkdir",
    "file.move",
    "file.replace",
    "file.write",
    "http.download",
    "package.install",
    "python.run",
    "service.disable",
    "service.enable",
    "service.restart",
    "service.start",
    "sql.export",
}
DESTRUCTIVE = {
    "container.stop",
    "cron.add",
    "cron.remove",
    "file.delete",
    "package.remove",
    "process.stop",
    "script.run",
    "service.create",
    "service.remove",
    "service.stop",
    "shell.run",
    "sql.execute",
    "user.add",
    "user.remove",
}
NOT_IDEMPOTENT = {"file.append", "file.move", "file.replace", "python.run", "script.run", "shell.run", "sql.execute"}


def test_all_are_there_with_their_risk() -> None:
    by_risk = {risk: {spec.name for spec in SPECS if spec.risk is risk} for risk in Risk}
    assert by_risk == {Risk.READ: READ, Risk.WRITE: WRITE, Risk.DESTRUCTIVE: DESTRUCTIVE}
    assert {spec.name for spec in SPECS if not spec.idempotent} == NOT_IDEMPOTENT


@pytest.mark.parametrize("spec", [*SPECS, *testing.registry().specs()], ids=lambda spec: spec.name)
def test_each_can_be_read_by_a_planner(spec: SkillSpec) -> None:
    assert spec.description.endswith(".")
    assert 4 <= len(set(spec.examples)) <= 8
    for schema in (spec.input_schema, spec.output_schema):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert "$ref" not in str(schema)
        assert "title" not in schema
    assert spec.input_schema["additionalProperties"] is False
    for name, one in spec.input_schema.get("properties", {}).items():
        assert one.get("description", "").endswith("."), f"{spec.name} says nothing of {name}"
        assert name in spec.input_schema.get("required", ()) or "default" in one or "anyOf" not in one
    # One hello carries them all.
    assert len(spec.model_dump_json()) < 8_000


def test_paths_and_such_are_typed_for_planners() -> None:
    formats = {
        f"{spec.name}.{name}": one["format"]
        for spec in SPECS
        for name, one in spec.input_schema.get("properties", {}).items()
        if "format" in one
    }
    assert formats["file.read.path"] == "path"
    assert formats["file.search.files"] == "glob"
    assert formats["http.fetch.url"] == "uri"
    assert formats["shell.run.command"] == "command"
    assert formats["artifact.save.artifact"] == "artifact"
    assert formats["file.find.newer_than_s"] == "seconds"
    assert formats["data.count_by.pattern"] == "regex"
    assert formats["file.read.max_bytes"] == "bytes"
    missing = [
        f"{spec.name}.{name}"
        for spec in SPECS
        for name in spec.input_schema.get("properties", {})
        if name in ("path", "source", "target", "archive_path", "cwd") and f"{spec.name}.{name}" not in formats
    ]
    assert missing == []


def test_the_page_of_skills_is_current() -> None:
    assert docs.PAGE.read_text() == docs.page(), "run: python -m tools.docs"


def test_a_device_starts_without_what_few_skills_need() -> None:
    """HTTP costs a tenth of a second to import; agents that never fetch never pay it."""
    heavy = {"httpx2", "langgraph", "sqlalchemy", "asyncpg", "sqlite3"}
    code = f"import sys, tools.server, tools.host.skills; print({heavy} & sys.modules.keys())"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
