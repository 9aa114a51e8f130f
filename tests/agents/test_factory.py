from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from agents.factory import build_ladder, build_supervisor
from agents.model import ModelPlanner
from agents.rungs import off_views
from agents.scripted import ScriptedPlanner
from agents.settings import AgentSettings, ModelSettings
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

LOCAL = ModelSettings(name="local", base_url="http://127.0.0.1:11434/v1/", model="m")
TIERS = {"embedded": "embedded", "local": "local", "cloud": "cloud"}
HOSTS = {"embedded": "", "local": "127.0.0.1:11434", "cloud": "x.example"}
CLOUD = ModelSettings(name="cloud", base_url="https://x.example/v1", model="m", api_key_env="X_KEY", tier="cloud")


def test_the_embedded_rung_comes_first_and_models_in_order() -> None:
    ladder = build_ladder(AgentSettings(models=(LOCAL, CLOUD)), {"X_KEY": "secret"})
    assert [rung.rung for rung in ladder] == ["embedded", "local", "cloud"]
    assert isinstance(ladder[2], ModelPlanner)
    assert ladder[2].channel._key == "secret"
    assert [rung.rung for rung in build_ladder(AgentSettings())] == ["embedded"]


@pytest.mark.parametrize(
    ("rungs", "asked", "off"),
    [
        ((), ["embedded", "local", "cloud"], ()),
        (("local",), ["local"], ("embedded", "cloud")),
        (("embedded",), ["embedded"], ("local", "cloud")),
        (("cloud", "embedded"), ["embedded", "cloud"], ("local",)),
    ],
)
def test_only_the_rungs_that_are_named_are_there(
    rungs: tuple[str, ...], asked: list[str], off: tuple[str, ...]
) -> None:
    settings = AgentSettings(models=(LOCAL, CLOUD), rungs=rungs)
    assert [rung.rung for rung in build_ladder(settings)] == asked
    assert settings.off == off
    assert [(one.rung, one.tier, one.host, one.switched_off) for one in off_views(settings)] == [
        (name, TIERS[name], HOSTS[name], True) for name in off
    ]


@pytest.mark.parametrize("environment", [{}, {"X_KEY": ""}])
def test_a_key_that_is_not_set(environment: dict[str, str]) -> None:
    rung = build_ladder(AgentSettings(models=(CLOUD,)), environment)[1]
    assert isinstance(rung, ModelPlanner)
    assert rung.channel._key is None


async def test_planners_may_be_given() -> None:
    only = ScriptedPlanner(Exception("x"))
    supervisor = build_supervisor(planners=[only])
    assert supervisor._planners == (only,)
    await supervisor.close()


@pytest.mark.parametrize(
    "given",
    [
        {"models": [{"name": "embedded", "base_url": "http://h/v1", "model": "m"}]},
        {"models": [{"name": "a", "base_url": "http://h/v1", "model": "m"}] * 2},
        {"models": [{"name": "a", "base_url": "ftp://host/v1", "model": "m"}]},
        {"models": [{"name": "a", "base_url": "http://h/v1", "model": ""}]},
        {"models": [{"name": "a", "base_url": "http://h/v1", "model": "m", "api_key": "in the file"}]},
        {"models": [{"name": "a", "base_url": "http://h/v1", "model": "m"}], "rungs": ["b"]},
        {"models": [{"name": "a b", "base_url": "http://h/v1", "model": "m"}]},
        {"models": [{"name": "a", "base_url": "http://h/v1", "model": "m", "timeout_s": 0}]},
    ],
)
def test_settings_that_are_wrong(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AgentSettings.model_validate(given)


def test_a_base_url_loses_its_last_slash() -> None:
    assert LOCAL.base_url == "http://127.0.0.1:11434/v1"


def test_the_embedded_rungs_grammar_is_not_loaded_before_it_is_asked() -> None:
    """An orchestrator that starts again on work at hand has other things to do first."""
    script = "import sys, agents.factory as f; f.build_supervisor(); sys.exit('agents.embedded' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


async def test_the_embedded_rung_plans_when_it_is_asked() -> None:
    (rung,) = build_ladder(AgentSettings())
    for _ in range(2):
        proposal = await rung.plan(Request(text="list the files in /tmp on every device"), Context(twelve()))
        assert (proposal.rung, type(proposal.result)) == ("embedded", Plan)
