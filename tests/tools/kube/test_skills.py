"""What holds of every skill of a Kubernetes device."""

from __future__ import annotations

import subprocess
import sys

import pytest

from protocol.vocabulary import Risk, SkillSpec
from tools import docs
from tools.kube import skills
from tools.kube.verbs import PREVIEW

SPECS = skills.specs()


def test_the_page_is_current() -> None:
    assert docs.KUBE_PAGE.read_text() == docs.kube_page(), "run: python -m tools.docs"


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_skill_says_what_it_is(spec: SkillSpec) -> None:
    assert spec.name.startswith("kube.")
    assert len(spec.examples) >= 4
    assert spec.description.endswith(".")
    undescribed = [name for name, one in spec.input_schema["properties"].items() if not one.get("description")]
    assert undescribed == []


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_what_writes_is_previewed_and_what_reads_is_not(spec: SkillSpec) -> None:
    assert spec.preview == (None if spec.risk is Risk.READ else PREVIEW)
    assert ("preview" in spec.input_schema["properties"]) is (spec.risk is not Risk.READ)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_answer_is_a_text(spec: SkillSpec) -> None:
    assert spec.output_schema["properties"]["text"]["type"] == "string"


def test_the_skills_load_without_the_client() -> None:
    """Importing it takes over a second: the planner, the docs and other devices must not."""
    code = "import sys; import tools.kube.skills as s; s.specs(); sys.exit('kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
