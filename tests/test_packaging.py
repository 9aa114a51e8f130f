"""What is shipped: a wheel of exactly our six packages, whose base install is a device agent and the command line."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.processes import free_port

ROOT = Path(__file__).parents[1]
OURS = {"orchestrator", "agents", "protocol", "devices", "tools", "storage"}
ORCHESTRATOR_ONLY = ("alembic", "fastapi", "langgraph", "langchain-core", "networkx", "openai", "sqlalchemy", "uvicorn")
CLUSTER_ONLY = ("kubernetes", "aiohttp", "multidict", "yaml")
MCP_ONLY = ("mcp", "mcp-types")
EDGE_ONLY = ("paho",)
BROWSER_ONLY = ("playwright",)
DOCUMENTS_ONLY = ("bs4", "fpdf", "fontTools", "markdownify", "matplotlib", "openpyxl", "PIL", "pypdf")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel, built by the real backend from a copy of the sources, so that the checkout stays as it was."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in [*sorted(OURS), "tests"]:
        shutil.copytree(ROOT / name, source / name, ignore=unwanted)
    for name in ["pyproject.toml", "README.md", "LICENSE"]:
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(source)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(target.glob("*.whl"))) as archive:
        yield archive


def read(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = [path for path in wheel.namelist() if path.endswith(f".dist-info/{name}")]
    return wheel.read(path).decode()


def test_the_wheel_holds_our_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {PurePosixPath(name).parts[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == OURS
    assert set(read(wheel, "top_level.txt").split()) == OURS
    assert not [name for name in wheel.namelist() if "test_" in name or "conftest" in name]


def test_the_wheel_holds_every_file_of_our_packages(wheel: zipfile.ZipFile) -> None:
    ours = {
        path.relative_to(ROOT).as_posix()
        for name in OURS
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours - set(wheel.namelist()) == set()


def test_the_wheel_brings_its_licence_and_its_command(wheel: zipfile.ZipFile) -> None:
    assert read(wheel, "licenses/LICENSE").startswith("MIT License")
    assert "License-Expression: MIT" in read(wheel, "METADATA")
    assert "asterism = orchestrator.cli.main:main" in read(wheel, "entry_points.txt")


@pytest.mark.parametrize("name", sorted(OURS))
def test_no_other_distribution_brings_our_top_level_names(name: str) -> None:
    assert set(metadata.packages_distributions().get(name, [])) <= {"asterism"}


def closure(requirements: Iterable[str]) -> set[str]:
    """Names of every distribution that these requirements bring, as installed here."""
    found: set[str] = set()
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        requirement = waiting.pop()
        extras = requirement.extras or {""}
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        waiting += [
            inner
            for inner in map(Requirement, metadata.requires(name) or [])
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    return found


def test_a_base_install_brings_nothing_of_the_orchestrator() -> None:
    brought = closure(PROJECT["project"]["dependencies"])
    assert {"pydantic", "websockets"} <= brought
    assert not brought & set(ORCHESTRATOR_ONLY)


# Loaded where a server is mounted, which needs the extra.
MOUNTS = {"devices.mounting", "tools.mcp.connection", "tools.mcp.skills", "tools.mcp.stdio"}
# Loaded by workers alone, whose skills are offered where their libraries are.
WORKERS = {f"tools.documents.work.{name}" for name in ("drawing", "workbooks")}

BLOCK = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"a base install has no {{name}}", name=name)

sys.meta_path.insert(0, Blocked())
"""

IMPORT_ALL = """
for top in ("protocol", "tools", "devices"):
    package = importlib.import_module(top)
    for module in pkgutil.walk_packages(package.__path__, top + "."):
        if not module.name.endswith("__main__") and module.name not in {mounts!r}:
            importlib.import_module(module.name)
"""

COMMAND = """
from orchestrator.cli.main import main
sys.argv = ["asterism", *{words!r}]
sys.exit(main())
"""


def base_install(code: str) -> subprocess.CompletedProcess[str]:
    """Runs code where nothing can be imported that only an orchestrator has."""
    lacking = (*ORCHESTRATOR_ONLY, *CLUSTER_ONLY, *MCP_ONLY, *EDGE_ONLY, *BROWSER_ONLY, *DOCUMENTS_ONLY)
    program = BLOCK.format(blocked={name.replace("-", "_") for name in lacking}) + code
    alone = os.environ | {"ASTERISM_URL": f"http://127.0.0.1:{free_port()}"}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=alone, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip


def test_a_device_agent_imports_nothing_of_the_orchestrator() -> None:
    done = base_install(IMPORT_ALL.format(mounts=MOUNTS | WORKERS))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "words",
    [["--help"], ["device", "--help"], ["run", "--help"], ["devices", "--help"], ["completion", "--help"]],
    ids=" ".join,
)
def test_a_base_install_has_the_command_line(words: list[str]) -> None:
    done = base_install(COMMAND.format(words=words))
    assert done.returncode == 0, done.stderr
    assert "Usage: asterism" in done.stdout


def test_a_base_install_completes_every_command() -> None:
    done = base_install(COMMAND.format(words=["completion", "bash"]))
    assert done.returncode == 0, done.stderr
    assert "_asterism" in done.stdout


@pytest.mark.parametrize("words", [["device", "kubernetes"], ["kube", "list pods"]], ids=" ".join)
def test_a_cluster_needs_its_extra(words: list[str]) -> None:
    done = base_install(COMMAND.format(words=words))
    assert done.returncode == 3, done.stderr
    assert "asterism[k8s]" in done.stderr


def test_sensors_need_their_extra() -> None:
    done = base_install(COMMAND.format(words=["device", "edge", "--sensors", "sensors.toml"]))
    assert done.returncode == 3, done.stderr
    assert "asterism[edge]" in done.stderr


@pytest.mark.parametrize("words", [["mcp"], ["device", "server", "--mcp", "x=y"]], ids=" ".join)
def test_mcp_needs_its_extra(words: list[str]) -> None:
    done = base_install(COMMAND.format(words=words))
    assert done.returncode == 3, done.stderr
    assert "asterism[mcp]" in done.stderr


def test_a_command_that_needs_more_names_the_extra() -> None:
    done = base_install(COMMAND.format(words=["up", "--port", "0"]))
    assert done.returncode == 3, done.stderr
    assert "asterism[orchestrator]" in done.stderr
    assert "Traceback" not in done.stderr


# Libraries that another one brings as its own vocabulary: to use the one is to import the other.
SIBLINGS: dict[str, set[str]] = {
    "fastapi": {"starlette"},
    "kubernetes": {"aiohttp", "multidict"},
    "mcp": {"anyio", "mcp-types"},
    "langgraph": {"langchain-core", "langgraph-checkpoint"},
    "pydantic": {"pydantic-core"},
}


def imported(folders: Iterable[str]) -> dict[str, str]:
    """Top-level names of others' packages that the files of these folders import, each with one file that does."""
    found: dict[str, str] = {}
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {name.split(".")[0]: path.relative_to(ROOT).as_posix() for name in names}
    return {
        name: path
        for name, path in found.items()
        if name not in sys.stdlib_module_names | OURS | {"tests", "benchmarks"}
    }


def undeclared(folders: Iterable[str], requirements: Iterable[str]) -> dict[str, str]:
    """Imports of these folders that none of these requirements brings by name, each with a file that has it."""
    declared = {canonicalize_name(Requirement(line).name) for line in requirements}
    declared |= {canonicalize_name(sibling) for name in declared for sibling in SIBLINGS.get(name, set())}
    providers = metadata.packages_distributions()
    return {
        name: path
        for name, path in imported(folders).items()
        if not declared & {canonicalize_name(provider) for provider in providers.get(name, [])}
    }


def test_the_device_side_imports_only_what_the_base_install_declares() -> None:
    extras = PROJECT["project"]["optional-dependencies"]  # used where they are installed
    kinds = ("fast", "k8s", "mcp", "otel", "edge", "desktop", "browser", "server", "documents")
    declared = [*PROJECT["project"]["dependencies"], *(line for kind in kinds for line in extras[kind])]
    assert undeclared(["protocol", "tools", "devices"], declared) == {}


def test_every_import_is_declared() -> None:
    assert undeclared(OURS, map(str, direct_requirements(groups=()))) == {}
    assert undeclared([*OURS, "tests", "benchmarks", "scripts"], map(str, direct_requirements())) == {}


def locked() -> dict[str, list[str]]:
    """Versions in the lock by name; a name may have several, each for some platforms or Pythons."""
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^ ]+)", (ROOT / "requirements/lock.txt").read_text(), re.MULTILINE):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def direct_requirements(groups: Iterable[str] = ("dev",)) -> list[Requirement]:
    project = PROJECT["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    lines += [line for group in groups for line in PROJECT["dependency-groups"][group]]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("requirement", direct_requirements(), ids=str)
def test_the_lock_satisfies_the_project(requirement: Requirement) -> None:
    if requirement.name == PROJECT["project"]["name"]:
        return
    versions = locked().get(canonicalize_name(requirement.name), [])
    assert versions, f"{requirement} is not locked: run `make lock`"
    assert all(requirement.specifier.contains(version) for version in versions), f"{versions}: run `make lock`"


def test_the_lock_has_a_hash_for_every_version_and_names_no_index() -> None:
    lock = (ROOT / "requirements/lock.txt").read_text()
    entries = re.split(r"\n(?=[\w.-]+==)", lock.partition("\n#    make lock\n")[2])
    assert len(entries) > 50
    assert not [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert "://" not in lock
    assert not {"torch", "openai-agents", "litellm"} & set(locked())
