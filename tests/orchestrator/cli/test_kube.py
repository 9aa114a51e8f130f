"""`asterism kube` and the flags of a cluster: which device is meant, what is refused, what people see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devices.config import DeviceSettings
from devices.errors import ConfigError
from orchestrator.cli import look
from orchestrator.cli.cluster import ClusterFlags, require_kubeconfig
from orchestrator.cli.exits import CommandError
from orchestrator.cli.kube import chosen, cluster_device, whose
from orchestrator.cli.main import main
from orchestrator.core.describe import operation
from orchestrator.core.events import RunStatus
from orchestrator.core.views import ApprovalView, DeviceView, RunView
from orchestrator.settings import Settings
from protocol.vocabulary import ClusterProfile, DeviceKind, DeviceProfile, Risk
from tools.kube.settings import PROTECTED, KubeSettings

URL = "http://127.0.0.1:8460"


def cluster(name: str, context: str = "", *, online: bool = True) -> DeviceView:
    profile = DeviceProfile(cluster=ClusterProfile(context=context))
    return DeviceView(name=name, kind=DeviceKind.KUBERNETES, online=online, profile=profile)


DESK = DeviceView(name="desk", kind=DeviceKind.DESKTOP, online=True)
BLUE, GREEN, AWAY = cluster("blue", "b"), cluster("green", "g"), cluster("away", online=False)


@pytest.mark.parametrize(
    ("devices", "name", "context", "found"),
    [
        ([DESK, BLUE], "", "", "blue"),
        ([BLUE, AWAY], "", "", "blue"),
        ([DESK, AWAY], "", "", "away"),
        ([BLUE, GREEN], "green", "", "green"),
        ([BLUE, GREEN], "", "g", "green"),
    ],
)
def test_which_cluster_is_meant(devices: list[DeviceView], name: str, context: str, found: str) -> None:
    assert chosen(devices, name, context, URL) == found


@pytest.mark.parametrize(
    ("devices", "name", "context", "code"),
    [
        ([DESK], "", "", "no_capable_device"),
        ([BLUE], "desk", "", "no_capable_device"),
        ([BLUE], "", "other", "no_capable_device"),
        ([BLUE], BLUE.name, "other", "no_capable_device"),
        ([BLUE, GREEN], "", "", "usage"),
    ],
)
def test_no_cluster_is_guessed(devices: list[DeviceView], name: str, context: str, code: str) -> None:
    with pytest.raises(CommandError) as caught:
        chosen(devices, name, context, URL)
    assert caught.value.code == code


def test_whose_cluster_is_asked_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert whose([DESK, BLUE], "blue", URL) == f"the cluster is blue (context b), a device of {URL}"
    monkeypatch.setenv("KUBECONFIG", "/home/ann/staging")
    assert whose([BLUE, AWAY], "away", URL) == f"the cluster is away, a device of {URL}; KUBECONFIG is not used"


@pytest.mark.parametrize(
    ("words", "exit"),
    [
        (["kube"], 2),
        (["kube", "list pods", "--json", "--jsonl"], 2),
        (["kube", "list pods", "--kubeconfig", "/no/such/file"], 3),
        (["device", "server", "--context", "c"], 2),
        (["device", "desktop", "--as", "ann"], 2),
        (["device", "edge", "--read-only"], 2),
        (["device", "kubernetes", "--kubeconfig", "/no/such/file"], 3),
    ],
    ids=str,
)
def test_what_cannot_work_is_said_at_once(
    words: list[str], exit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTERISM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ASTERISM_URL", "http://127.0.0.1:9")
    assert main(words) == exit


def test_no_kubeconfig_is_a_configuration_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(CommandError) as caught:
        require_kubeconfig(None)
    assert (caught.value.code, "--kubeconfig" in caught.value.message) == ("bad_configuration", True)
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").touch()
    require_kubeconfig(None)


def test_the_flags_are_the_settings() -> None:
    flags = ClusterFlags(
        kubeconfig=Path("/k"), as_user="ann", as_groups=("dev",), protect=("prod",), max_objects=3, freeze="sale"
    )
    assert flags.settings() == KubeSettings(
        kubeconfig=Path("/k"),
        as_user="ann",
        as_groups=("dev",),
        protected=(*PROTECTED, "prod"),
        max_objects=3,
        freeze="sale",
    )
    assert ClusterFlags().settings() == KubeSettings()


def test_the_default_protection_can_be_lifted() -> None:
    assert ClusterFlags(protect=("", "prod")).settings().protected == ("prod",)
    assert ClusterFlags(protect=("",)).settings().protected == ()


@pytest.mark.parametrize(
    "flags", [ClusterFlags(max_objects=0), ClusterFlags(max_scale_down=1.5), ClusterFlags(as_groups=("dev",))]
)
def test_limits_that_are_none(flags: ClusterFlags) -> None:
    with pytest.raises(CommandError) as caught:
        flags.settings()
    assert caught.value.code == "usage"


def test_a_device_of_another_kind_has_no_cluster(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cluster"):
        DeviceSettings(name="a", workspace=tmp_path, kube=KubeSettings())


def test_two_clusters_have_two_trails(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    folders = {cluster_device(settings, "cluster", None, context).folder for context in ("", "a", "b")}
    assert len(folders) == 3
    assert "--context=a" in cluster_device(settings, "cluster", None, "a").command(URL)


def test_what_the_kubeconfig_chooses_by_now_has_its_own_trail(tmp_path: Path) -> None:
    settings, path, other = Settings(data_dir=tmp_path), tmp_path / "config", tmp_path / "link"

    def folder(current: str, server: str, *, file: Path = path, context: str = "") -> Path:
        clusters = [{"name": name, "cluster": {"server": server}} for name in ("a", "b")]
        contexts = [{"name": name, "context": {"cluster": name, "user": "u"}} for name in ("a", "b")]
        path.write_text(json.dumps({"current-context": current, "clusters": clusters, "contexts": contexts}))
        return cluster_device(settings, "cluster", file, context).folder

    here = folder("a", "https://one")
    other.symlink_to(path)
    assert len({here, folder("b", "https://one"), folder("a", "https://two")}) == 3
    assert folder("a", "https://one", file=other) == here
    assert folder("b", "https://one", context="a") == here


def test_an_open_approval_is_shown_as_its_difference() -> None:
    arguments = {"replicas": 4, "preview": {"text": "scale web\n  replicas: 2 -> 4\x1b[2J", "digest": "d"}}
    approval = ApprovalView(
        id="a1",
        run="r",
        task="scale",
        device="shop",
        skill="kube.scale",
        arguments=arguments,
        risk=Risk.WRITE,
        digest="0" * 64,
        expires=0,
    )
    shown = RunView(run="r", state=RunStatus.WAITING, text="x", created=0, updated=0, approvals=(approval,))
    page = look._page(shown)
    assert "waits for approval a1: kube.scale on shop, which would change\n  scale web\n    replicas: 2 -> 4" in page
    assert "digest" not in page
    assert operation(arguments) == "scale web; replicas: 2 -> 4"
    assert operation({"a": 1}) == '{"a": 1}'
