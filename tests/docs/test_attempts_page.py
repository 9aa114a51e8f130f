"""The example of the page on attempts is a step that compiles, against the skills that servers have."""

from __future__ import annotations

import json
import re
from pathlib import Path

from orchestrator.core.compiler import compile_plan
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Plan
from protocol.vocabulary import DeviceKind
from tools.server import registry

PAGE = Path(__file__).parents[2] / "docs/attempts.md"


def test_the_post_condition_on_the_page_compiles() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    skills = {spec.name: spec for spec in registry().specs()}
    fleet = FleetView.of(DeviceInfo(name="alpha", kind=DeviceKind.SERVER, skills=skills))
    compiled, problems = compile_plan(Plan.model_validate({"steps": [json.loads(block)]}), fleet)
    assert compiled is not None, problems
