"""What a first plan does without: importing it is most of the time until the first plan."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = ("protocol.messages", "protocol.codec", "networkx", "rapidfuzz", "openai", "langgraph", "sqlalchemy", "fastapi")
CHILD = """
import json, sys
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.requests import Request
from protocol.vocabulary import DeviceKind, SkillSpec

class Context:
    answers = problems = tried = ()
    run = ""
    spec = SkillSpec.model_validate_json(sys.argv[1])
    fleet = FleetView.of(DeviceInfo("alpha", DeviceKind.SERVER, {spec.name: spec}))

result = EmbeddedPlanner().propose(Request(text="show the disk usage on alpha"), Context)
print(json.dumps([type(result).__name__, sorted(sys.modules)]))
"""
SPEC = {
    "name": "system.disk",
    "description": "Free and used disk space of a file system.",
    "input_schema": {"type": "object", "properties": {}},
    "output_schema": {"type": "object", "properties": {}},
    "risk": "read",
    "examples": ["show the disk usage", "how much disk space is free"],
}


def test_a_first_plan_needs_no_messages_no_graph_and_no_model_library() -> None:
    command = [sys.executable, "-c", CHILD, json.dumps(SPEC)]
    run = subprocess.run(command, cwd=Path(__file__).parents[3], check=True, stdout=subprocess.PIPE, timeout=60)
    kind, modules = json.loads(run.stdout)
    assert kind == "Plan"
    assert [name for name in HEAVY if name in modules] == []
