"""The client's decisions, without a network: what is tried again, how a follower goes on, which error it is."""

from __future__ import annotations

import inspect

import httpx2
import pytest

from orchestrator import client
from orchestrator.client import AsyncClient, Busy, Client, ClientError, Conflict, Unreachable, calls, errors
from orchestrator.client.calls import Call, nothing
from orchestrator.client.following import Following
from orchestrator.client.retrying import Retrying

REFUSED = Unreachable("", sent=False)
BROKEN = Unreachable("", sent=True)


def busy(status: int, retry_after_s: float | None = None) -> Busy:
    return Busy("later", "", status, retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    ("error", "repeatable", "wait"),
    [
        (REFUSED, False, 0.2),
        (BROKEN, False, None),
        (BROKEN, True, 0.2),
        (busy(429, 3), False, 3),
        (busy(429, 60), True, None),
        (busy(503), False, None),
        (busy(503, 1), True, 1),
        (Conflict("stale", "", 409), True, None),
        (errors.ServerFault("internal", "", 500), True, None),
    ],
)
def test_what_is_tried_again(error: ClientError, repeatable: bool, wait: float | None) -> None:
    assert Retrying(3).wait(error, tried=1, repeatable=repeatable, chance=1) == wait


def test_tries_get_rarer_and_end() -> None:
    waits = [Retrying(3).wait(REFUSED, tried=tried, repeatable=True, chance=0) for tried in (1, 2, 3, 4)]
    assert waits == [0.1, 0.2, 0.4, None]


def test_a_follower_takes_each_entry_once_and_goes_on_after_the_last() -> None:
    place = Following(after=2)
    assert [place.takes(seq) for seq in (1, 2, 3, 3, 4)] == [False, False, True, False, True]
    assert place.headers()["Last-Event-ID"] == "4"


def test_a_follower_gives_up_when_nobody_answers_for_long() -> None:
    place = Following(patience_s=1.0)
    assert [place.lost(BROKEN), place.lost(BROKEN)] == [0.5, 0.5]
    with pytest.raises(Unreachable):
        place.lost(BROKEN)
    place.takes(1)
    assert place.lost(BROKEN) == 0.5
    with pytest.raises(Conflict):
        place.lost(Conflict("stale", "", 409))


def test_a_stream_that_brought_nothing_is_not_asked_for_again_at_once() -> None:
    place = Following()
    assert place.closed() == 0.5
    place.takes(1)
    assert place.closed() == 0.0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, client.Invalid),
        (401, client.Denied),
        (403, client.Denied),
        (404, client.NotFound),
        (410, client.Conflict),
        (422, client.Invalid),
        (429, client.Busy),
        (500, client.ServerFault),
        (503, client.Busy),
    ],
)
def test_errors_by_status_and_code(status: int, kind: type[ClientError]) -> None:
    body = b'{"code":"some_code","detail":"do this","status":1,"title":"","type":"","errors":[1]}'
    error = errors.of_answer(status, httpx2.Headers({"retry-after": "7"}), body, "http://x")
    assert isinstance(error, client.Refused)
    assert type(error) is kind
    assert (error.code, str(error), error.status) == ("some_code", "do this", status)
    assert (error.details, error.retry_after_s) == ({"errors": [1]}, 7.0)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"code":1}', b"\xff"])
def test_an_answer_that_is_no_problem(body: bytes) -> None:
    assert isinstance(errors.of_answer(500, httpx2.Headers(), body, "http://x"), client.NotAsterism)


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[tuple[str, object, object]]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {
            name: [(one.name, one.kind, one.annotation) for one in inspect.signature(method).parameters.values()]
            for name, method in found
            if not name.startswith("_")
        }

    assert methods(AsyncClient) == methods(Client)
    for name in methods(AsyncClient):
        given = str(inspect.signature(getattr(AsyncClient, name)).return_annotation)
        assert given.replace("AsyncIterator", "Iterator") == inspect.signature(getattr(Client, name)).return_annotation


@pytest.mark.parametrize(
    "url",
    ["..", "alpha:8460", "http://a..b:1", "http://a b", "http://x/ y", "http://x/..", "http://x/?a=1", "http://x#y",
     "http://", "http://:80", "http://[::1", "http://x:99999", "http://x:y", "http://u:secret-thing@x", "http://x\n"],
)  # fmt: skip
def test_an_address_that_is_none(url: str) -> None:
    for kind in (AsyncClient, Client):
        with pytest.raises(client.BadAddress) as caught:
            kind(url)
        assert "secret-thing" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://x/", "https://x.example.:1", "http://[::1]:8460", "http://x/behind/a/proxy//"])
def test_an_address_that_is_one(url: str) -> None:
    with Client(url, token="") as given:
        assert given.url == url.rstrip("/")


@pytest.mark.parametrize("token", ["a\nb", "a\0b", "é", "a b", "\x7f"])
def test_a_token_that_is_none(token: str) -> None:
    with pytest.raises(client.BadToken, match=r"copy it again"):
        Client("http://127.0.0.1:2", token=token)


def test_a_token_that_was_read_from_a_file() -> None:
    with Client("http://127.0.0.1:2", token="ast_x\n") as given:
        assert given._target.headers["Authorization"] == "Bearer ast_x"


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ("", "request is empty"),
        ("x" * 20_001, "20000 characters"),
        ("\ud800", "request.text"),
        ("stop\0alpha", r"U\+0000 \(NUL\) at position 5"),
        ("\x1b[2J", r"U\+001B \(escape\) at position 1"),
        (client.Request(text="a", attachment="a\0"), "attachment"),
        (3, "request"),
    ],
)
def test_a_request_that_cannot_be_sent(request_: client.Request | str, says: str) -> None:
    with Client("http://127.0.0.1:2") as asterism, pytest.raises(client.BadArgument, match=says) as caught:
        asterism.submit(request_)
    assert caught.value.code == "bad_request"


def test_a_key_that_cannot_be_sent_and_ids_that_lead_nowhere_else() -> None:
    with Client("http://127.0.0.1:2") as asterism, pytest.raises(client.BadArgument):
        asterism.submit("x", key="a\nb")
    assert [calls.part(one) for one in ("..", ".", "", "a/b", "\ud800")] == ["%2E%2E", "%2E", "-", "a%2Fb", "%3F"]


def test_address_and_token_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISM_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("ASTERISM_TOKEN", "ast_secret")
    with Client() as given, Client("http://127.0.0.1:2", token="") as other:
        assert (given.url, other.url) == ("http://127.0.0.1:1", "http://127.0.0.1:2")
        assert given._target.headers["Authorization"] == "Bearer ast_secret"
        assert "Authorization" not in other._target.headers


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8460", "http://127.0.0.1:x"])
def test_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(client.BadAddress), Client(url, token="") as made:
        made.run("r1")


def test_a_call_says_that_its_body_is_json() -> None:
    assert Call("POST", "/", nothing, body=b"{}").all_headers() == {"Content-Type": "application/json"}
    assert Call("GET", "/", nothing).all_headers() == {}
