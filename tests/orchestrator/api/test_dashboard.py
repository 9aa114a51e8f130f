"""The dashboard's files over HTTP: who gets them, under which policy, and nothing else with them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from orchestrator.api.dashboard import FOLDER
from orchestrator.api.testing import FakeApplication
from orchestrator.core.svg import _SHAPES, TONES
from tests.support.api import Served, raw, served

OURS = sorted(path for path in FOLDER.glob("*") if path.is_file())
VENDORED = FOLDER / "vendor"


@pytest.fixture
def app() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
async def api(app: FakeApplication) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


async def test_the_page_and_all_that_it_loads_are_there(api: Served) -> None:
    wanted, seen = ["/"], set[str]()
    while wanted:
        path = wanted.pop()
        seen.add(path)
        answer = await api.client.get(path)
        assert answer.status_code == 200, path
        linked = re.findall(r'(?:src|href)="(/static/[^"$]+)"', answer.text)
        folder = path.rpartition("/")[0]
        imported = re.findall(r'(?:from|import) ?"\./([\w./]+)"', answer.text)
        wanted += [one for one in [*linked, *(f"{folder}/{name}" for name in imported)] if one not in seen]
    modules = {f"/static/{path.relative_to(FOLDER)}" for path in FOLDER.rglob("*.js")}
    assert modules <= seen, "a module that nothing imports"


async def test_every_answer_has_the_policy(api: Served) -> None:
    for path in ("/", "/static/app.js", "/static/style.css"):
        headers = (await api.client.get(path)).headers
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["img-src"] == "'self' data:"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_an_unchanged_file_is_not_sent_again(api: Served) -> None:
    first = await api.client.get("/static/app.js")
    again = await api.client.get("/static/app.js", headers={"if-none-match": f'W/{first.headers["etag"]}, "x"'})
    assert (again.status_code, again.content) == (304, b"")
    assert (await api.client.get("/static/app.js", headers={"if-none-match": '"x"'})).status_code == 200


async def test_head_has_no_body_and_nothing_else_is_taken(api: Served) -> None:
    head = await api.client.head("/")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == (FOLDER / "index.html").stat().st_size
    refused = await api.client.post("/")
    assert (refused.status_code, refused.json()["code"], refused.headers["allow"]) == (
        405,
        "method_not_allowed",
        "GET, HEAD",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/nothing.js",
        "/static/index.html",
        "/static/vendor/VENDORED.md",
        "/static/../api/gate.py",
        "/static/..%2fapi%2fgate.py",
        "/static/%2e%2e/api/gate.py",
        "/static//etc/passwd",
        "/index.html",
    ],
)
async def test_there_is_nothing_else(api: Served, path: str) -> None:
    answer = await raw(api.port, f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 "), answer[:200]


async def test_the_page_needs_no_token_but_what_it_shows_does(app: FakeApplication, api: Served) -> None:
    await app.create_token("admin")
    assert (await api.client.get("/")).status_code == 200
    assert (await api.client.get("/v1/runs")).status_code == 401


async def test_without_a_token_only_this_machine_gets_the_page(api: Served) -> None:
    elsewhere = await api.client.get("/", headers={"host": "evil.example"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "host_not_allowed")


def test_states_look_like_those_of_other_pictures() -> None:
    marks = (FOLDER / "marks.js").read_text()
    shapes = dict(re.findall(r'^  (\w+): "(M[^"]+)",$', marks, re.MULTILINE))
    assert shapes == {status.value: shape for status, shape in _SHAPES.items()}
    assert dict(re.findall(r'(\w+): "(idle|ask|live|good|bad)"', marks.partition("SHAPES")[0])) == {
        status.value: tone for status, tone in TONES.items()
    }


def test_nothing_of_ours_parses_markup_or_names_another_host() -> None:
    for path in OURS:
        text = path.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function", text), path
        assert set(re.findall(r"\b\w+://[^\s\"'`]+", text)) <= {"http://www.w3.org/2000/svg"}, path
        assert not re.search(r"<script(?! type=\"module\" src=)|<style|\bstyle=|\son\w+=\"", text), path


def test_every_module_of_others_has_its_line_and_its_licence() -> None:
    told = (VENDORED / "VENDORED.md").read_text()
    for path in VENDORED.glob("*.js"):
        assert f"| `{path.name}` |" in told
        assert path.stat().st_size < 1_000_000
    assert {path.name for path in VENDORED.glob("*.LICENSE")} == set(re.findall(r"\]\(([\w.]+LICENSE)\)", told))
