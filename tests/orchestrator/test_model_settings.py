"""One definition of a model rung's settings, from the configuration file to the ladder."""

from __future__ import annotations

from pathlib import Path

import pytest

import agents.settings
import orchestrator.settings
from orchestrator.app import _agents
from orchestrator.settings import SettingsProblem, load

FILE = """
data_dir = "DATA"
record_models = "DATA/models.jsonl"
[[models]]
name = "local"
base_url = "http://127.0.0.1:11434/v1/"
model = "small"
connect_timeout_s = 0.1
max_tokens = 900
context_tokens = 8192
parallel = 2
probe = false
stream = false
[[models]]
name = "cloud"
base_url = "https://models.example/v1"
model = "large"
tier = "cloud"
api_key_env = "CLOUD_KEY"
input_usd = 1
output_usd = 4.5
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text.replace("DATA", str(folder)))
    return file


def test_there_is_one_definition() -> None:
    assert agents.settings.ModelSettings is orchestrator.settings.ModelSettings


def test_every_field_reaches_the_ladder(tmp_path: Path) -> None:
    ladder = _agents(load(write(tmp_path, FILE)).settings)
    local, cloud = ladder.models
    assert (local.base_url, local.max_tokens, local.context_tokens) == ("http://127.0.0.1:11434/v1", 900, 8192)
    assert (local.connect_timeout_s, local.parallel, local.probe, local.stream) == (0.1, 2, False, False)
    assert (cloud.input_usd, cloud.output_usd, cloud.api_key_env) == (1.0, 4.5, "CLOUD_KEY")
    assert ladder.capabilities == str(tmp_path / "capabilities.json")
    assert (ladder.record, ladder.replay) == (str(tmp_path / "models.jsonl"), None)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('"http://127.0.0.1:11434/v1/"', '"http://me:secret@host/v1"', "holds no login"),
        ('"http://127.0.0.1:11434/v1/"', '"ftp://host/v1"', "http://"),
        ("parallel = 2", "parallel = 0", "greater than or equal to 1"),
        ('name = "local"', 'name = "cloud"', "one name"),
        ("record_models", 'replay_models = "x"\nrecord_models', "exclude each other"),
    ],
)
def test_what_does_not_fit_is_named_without_its_value(tmp_path: Path, old: str, new: str, word: str) -> None:
    with pytest.raises(SettingsProblem, match=word) as caught:
        load(write(tmp_path, FILE.replace(old, new, 1)))
    assert "secret" not in str(caught.value)


def test_a_rung_that_is_not_there_is_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    file = write(tmp_path, FILE.replace("[[models]]", 'rungs = ["local-model"]\n[[models]]', 1))
    with pytest.raises(SettingsProblem) as caught:
        load(file)
    assert "The setting rungs in" in str(caught.value)
    assert "there is no rung local-model; known: embedded, local, cloud" in str(caught.value)


def test_rungs_reach_the_ladder_and_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, FILE)
    assert ("rungs", "all", "default") in load(file).rows()
    monkeypatch.setenv("ASTERISM_RUNGS", '["local", "embedded"]')
    loaded = load(file)
    assert ("rungs", "local, embedded", "environment (ASTERISM_RUNGS)") in loaded.rows()
    assert _agents(loaded.settings).off == ("cloud",)
