"""Orders for servers and for documents; each with what is near it and is none."""

from __future__ import annotations

import pytest

from orchestrator.core.conditions import Compare
from orchestrator.core.plan import Clarification, Declined, Plan
from protocol.vocabulary import JsonObject
from tests.agents.embedded.kinds.fleet import calls, estate, propose


@pytest.mark.parametrize(
    ("text", "skill", "arguments", "device"),
    [
        ("is nginx running on alpha?", "service.status", {"name": "nginx"}, "alpha"),
        ("is frobd running on alpha?", "process.list", {"name": "frobd"}, "alpha"),
        ("restart the service nginx on alpha", "service.restart", {"name": "nginx"}, "alpha"),
        ("systemctl restart cron on alpha", "service.restart", {"name": "cron"}, "alpha"),
        ("last 5 lines of the worker service on alpha", "service.logs", {"name": "worker", "lines": 5}, "alpha"),
        ("which services have failed on alpha?", "service.list", {"state": "failed"}, "alpha"),
        ("which packages can be upgraded on alpha", "package.upgradable", {}, "alpha"),
        ("install htop on beta", "package.install", {"names": ["htop"]}, "beta"),
        ("install htop and curl on beta", "package.install", {"names": ["htop", "curl"]}, "beta"),
        ("list the cron jobs of root on alpha", "cron.list", {"user": "root"}, "alpha"),
        (
            "show the last 20 journal entries of ssh on alpha",
            "journal.read",
            {"unit": "ssh", "lines": 20},
            "alpha",
        ),
        ("errors in the journal of nginx on alpha", "journal.read", {"unit": "nginx", "priority": "err"}, "alpha"),
        ("who is logged in on alpha", "user.sessions", {}, "alpha"),
        ("what listens on port 22 on alpha?", "net.listening", {"port": 22}, "alpha"),
        ("which ports are open on alpha right now", "net.listening", {}, "alpha"),
        ("is anything listening on tcp port 443 on beta", "net.listening", {"protocol": "tcp", "port": 443}, "beta"),
        ("show the open udp ports on alpha", "net.listening", {"protocol": "udp"}, "alpha"),
        ("run `sleep 20` on alpha", "shell.run", {"command": "sleep 20"}, "alpha"),
        ("run the Python code `print(2)` on alpha", "python.run", {"code": "print(2)"}, "alpha"),
        ("docker logs web on alpha", "container.logs", {"name": "web"}, "alpha"),
        (
            "read sheet Sales of report.xlsx on the desktop",
            "xlsx.read",
            {"path": "report.xlsx", "sheet": "Sales"},
            "desk",
        ),
        ("text of invoice.pdf on alpha", "pdf.read", {"path": "invoice.pdf"}, "alpha"),
    ],
)
def test_one_skill(text: str, skill: str, arguments: JsonObject, device: str) -> None:
    assert calls(propose(text, estate())) == [(skill, arguments, device)]


@pytest.mark.parametrize(
    ("text", "skills", "last"),
    [
        (
            "write prices.csv as prices.xlsx on the desktop",
            ["csv.read", "xlsx.write"],
            {"path": "prices.xlsx", "items": "${read.output.items}"},
        ),
        (
            "make a bar chart of sales.csv as sales.png on the desktop",
            ["csv.read", "chart.make"],
            {"path": "sales.png", "kind": "bar", "items": "${read.output.items}"},
        ),
        (
            "make a PDF report of notes.md on the desktop",
            ["file.read", "pdf.write"],
            {
                "path": "notes.pdf",
                "overwrite": False,
                "title": "notes",
                "sections": [{"content": "${read.output.text}"}],
            },
        ),
    ],
)
def test_a_document_of_another(text: str, skills: list[str], last: JsonObject) -> None:
    found = propose(text, estate())
    assert [call[::2] for call in calls(found)] == [(skill, "desk") for skill in skills]
    assert calls(found)[-1][1] == last
    assert isinstance(found, Plan)
    (edge,) = found.steps[-1].after
    assert isinstance(edge.when, Compare)
    assert (edge.when.path, edge.when.value) == ("output.truncated", False)


def test_a_backup_is_verified_where_it_is_asked_to_be() -> None:
    path = "backups/conf.tar.gz"
    order = f"back up conf to {path} on alpha and verify it"
    made = ("backup.create", {"paths": ["conf"], "target": path}, "alpha")
    assert calls(propose(order, estate())) == [made, ("backup.verify", {"backup_path": path}, "alpha")]
    assert calls(propose(f"{order} on beta", estate())) == [
        made,
        ("artifact.publish", {"path": path}, "alpha"),
        ("artifact.save", {"artifact": "${publish.output.artifact}", "path": path}, "beta"),
        ("backup.verify", {"backup_path": path}, "beta"),
    ]


@pytest.mark.parametrize(
    "text", ["text of invoice.pdf", "write prices.csv as prices.xlsx", "restart the service nginx", "who is logged in"]
)
def test_where_is_asked(text: str) -> None:
    assert isinstance(propose(text, estate()), Clarification)


@pytest.mark.parametrize(
    "text",
    [
        "restart the service nginx on alpha tonight",
        "restart the service nginx on the phone",
        "restart all services on alpha",
        "restart every service but nginx on alpha",
        "restart it on alpha",
        "don't restart the service nginx on alpha",
        "stop the failed services on alpha",
        "is the moon running on alpha?",
        "install updates on beta",
        "install everything on beta",
        "install htop on beta tomorrow",
        "install htop but not curl on beta",
        "install setup.exe on beta",
        "install htop and reboot on beta",
        "list the cron jobs of everyone on alpha",
        "show the last few journal entries of ssh on alpha",
        "who is logged in on alpha since yesterday",
        "back up everything to backups/all.tar.gz on alpha",
        "back up conf to backups/conf.tar.gz on alpha every night",
        "back up conf except secrets to backups/conf.tar.gz on alpha",
        "back up conf from alpha to backups/conf.tar.gz on beta",
        "verify it on beta",
        "read sheet Sales of report.csv on the desktop",
        "read every sheet of report.xlsx on the desktop",
        "first page of invoice.pdf on alpha",
        "text of invoice.pdf without the last page on alpha",
        "write prices.csv as prices.docx on alpha",
        "write prices.csv and costs.csv as prices.xlsx on alpha",
        "write prices.csv except the header as prices.xlsx on alpha",
        "write notes.md as notes.xlsx on alpha",
        "make a bar chart of sales.csv on alpha",
        "make a fancy chart of sales.csv as s.png on alpha",
        "make a bar chart of sales.csv as sales.pdf on alpha",
        "make a PDF report of the logs on alpha",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(propose(text, estate()), Declined)


def test_a_fleet_without_these_skills_reads_as_before() -> None:
    assert calls(propose("is nginx running on alpha?")) == [("process.list", {"name": "nginx"}, "alpha")]
