"""The site on loopback: its pages, and what it says on the terminal."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from orchestrator.cli.benching.site import Page, Server, website


def test_a_page_fails_as_often_as_it_should() -> None:
    with website() as site:
        site.show({"a b.txt": Page(b"there", "text/plain", fails=503, left=1)})
        with pytest.raises(HTTPError, match="503"):
            urlopen(f"{site.url}/a%20b.txt")
        with urlopen(f"{site.url}/a%20b.txt") as answer:
            assert (answer.status, answer.read()) == (200, b"there")


@pytest.mark.parametrize(("error", "told"), [(ConnectionResetError(104, "reset"), False), (ValueError("odd"), True)])
def test_only_its_own_faults_are_told(error: Exception, told: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with Server(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        try:
            raise error
        except (ConnectionError, ValueError):
            server.handle_error(None, ("127.0.0.1", 1))
    assert (type(error).__name__ in capsys.readouterr().err) == told
