"""The import contracts of pyproject.toml hold the direction of imports: each of them must be able to fail.

Every contract is tried on an empty skeleton of the packages, with one planted module for each module that the contract
forbids. What import-linter cannot see (clocks and randomness behind allowed modules) is looked for in the syntax trees.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NotRequired, TypedDict

import pytest

ROOT = Path(__file__).parents[1]
PURE = ("protocol", "orchestrator/core")


class Contract(TypedDict):
    name: str
    source_modules: list[str]
    forbidden_modules: list[str]
    ignore_imports: NotRequired[list[str]]


def contracts() -> list[Contract]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[Contract] = settings["tool"]["importlinter"]["contracts"]
    return found


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """Empty modules for every package of ours, every module that a contract names, and the settings.

    An import that a contract lets pass is there: import-linter takes one that is not for a mistake.
    """
    named = {name for contract in contracts() for name in contract["source_modules"] + contract["forbidden_modules"]}
    ours = {"orchestrator", "agents", "protocol", "devices", "tools", "storage"}
    for name in sorted(ours | {name for name in named if name.split(".")[0] in ours}):
        package = tmp_path.joinpath(*name.split("."))
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
    for importer, imported in (pair.split(" -> ") for one in contracts() for pair in one.get("ignore_imports", ())):
        module = tmp_path.joinpath(*importer.split(".")).with_suffix(".py")
        module.parent.mkdir(parents=True, exist_ok=True)
        (module.parent / "__init__.py").touch()
        with module.open("a") as file:
            file.write(f"import {imported}\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return tmp_path


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.path.insert(0, {str(root)!r}); from importlinter import cli; cli.lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-P", "-c", program, "--no-cache"], cwd=root, capture_output=True, text=True, check=False
    )


def plant(root: Path, source: str, name: str, code: str) -> str:
    """Puts a module into package `source`; returns its dotted name."""
    root.joinpath(*source.split("."), f"{name}.py").write_text(code)
    return f"{source}.{name}"


def test_the_skeleton_keeps_every_contract(skeleton: Path) -> None:
    result = lint(skeleton)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"Contracts: {len(contracts())} kept, 0 broken." in result.stdout


@pytest.mark.parametrize("contract", contracts(), ids=lambda contract: contract["name"])
def test_each_forbidden_import_breaks_its_contract(skeleton: Path, contract: Contract) -> None:
    expected = [
        (plant(skeleton, source, f"planted_{number}", f"def late() -> None:\n    import {forbidden}\n"), forbidden)
        for source in contract["source_modules"]
        for number, forbidden in enumerate(contract["forbidden_modules"])
    ]
    result = lint(skeleton)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{contract['name']} BROKEN" in result.stdout
    missed = [f"{module} -> {name}" for module, name in expected if f"{module} -> {name} (l.2)" not in result.stdout]
    assert not missed


def test_an_import_for_types_only_counts(skeleton: Path) -> None:
    code = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from asyncio import Task\n"
    module = plant(skeleton, "orchestrator.core", "planted", code)
    assert f"{module} -> asyncio (l.3)" in lint(skeleton).stdout


def test_an_import_through_another_module_counts(skeleton: Path) -> None:
    plant(skeleton, "protocol", "helper", "import time\n")
    plant(skeleton, "orchestrator.core", "planted", "import protocol.helper\n")
    output = lint(skeleton).stdout
    assert "orchestrator.core.planted -> protocol.helper (l.1)" in output


@pytest.mark.parametrize(
    "started",
    ["devices.main, devices.run, devices.server", "orchestrator.app, agents.embedded.planner", "orchestrator.cli.kube"],
)
def test_the_kubernetes_client_is_loaded_by_a_clusters_device_alone(started: str) -> None:
    program = (
        f"import {started}, sys; print([name for name in ('kubernetes', 'tools.kube.skills') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.strip()) == (0, "[]"), result.stderr


def pure_files() -> list[Path]:
    return sorted(path for folder in PURE for path in (ROOT / folder).rglob("*.py"))


def impurities(tree: ast.AST) -> list[str]:
    """Names of clocks, randomness, coroutines and dynamic imports that a pure module must not use."""
    banned = {"now", "utcnow", "today", "uuid1", "uuid4", "urandom", "monotonic", "import_module", "__import__"}
    found = [
        f"line {n.lineno}: async" for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef) and not is_stub(n)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in banned:
                found.append(f"line {node.lineno}: {called}()")
    return found


def is_stub(function: ast.AsyncFunctionDef) -> bool:
    """A port (a Protocol class) may name coroutines: its methods have a docstring or `...` and nothing else."""
    return all(
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) for statement in function.body
    )


@pytest.mark.parametrize("path", pure_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_modules_read_no_clock_and_no_randomness(path: Path) -> None:
    assert impurities(ast.parse(path.read_text())) == []


@pytest.mark.parametrize(
    "code",
    ["datetime.now(UTC)", "uuid.uuid4()", "os.urandom(8)", "__import__('time')", "async def f():\n    return 1"],
)
def test_an_impure_call_is_seen(code: str) -> None:
    assert impurities(ast.parse(code))
