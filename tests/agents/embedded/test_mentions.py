"""Device mentions: which devices a phrase stands for, and what it is when none or several fit."""

from __future__ import annotations

import pytest

from agents.embedded.devices import Directory, Place
from agents.embedded.mentions import find_places
from agents.embedded.outcome import Stop
from agents.embedded.tokens import tokenise
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined
from tests.support.embedded_fleet import device, twelve


def places(text: str, *, client: str | None = None, fleet: FleetView | None = None) -> list[Place]:
    return find_places(tokenise(text), Directory(fleet or twelve(), client, ()))[1]


@pytest.mark.parametrize(
    ("text", "names", "mode"),
    [
        ("on alpha", ("alpha",), "one"),
        ("on ALPHA", ("alpha",), "one"),
        ("on the office pc", ("office-pc",), "one"),
        ("on server alpha and the beta machine", ("alpha", "beta"), "each"),
        ("on alpha, beta, and desk", ("alpha", "beta", "desk"), "each"),
        ("of every server", ("alpha", "beta", "delta", "epsilon", "titan"), "each"),
        ("on all the servers but titan", ("alpha", "beta", "delta", "epsilon"), "each"),
        ("on all servers (except alpha and beta)", ("delta", "epsilon", "titan"), "each"),
        ("on both phones", ("galaxy", "pixel"), "each"),
        ("on all five servers", ("alpha", "beta", "delta", "epsilon", "titan"), "each"),
        ("on machines labelled env=prod", ("alpha", "beta"), "each"),
        ("on servers tagged staging", ("delta", "epsilon"), "each"),
        ("on the production servers", ("alpha", "beta"), "each"),
        ("on the database servers", ("beta", "epsilon"), "each"),
        ("on my workstation", ("desk",), "one"),
        ("on the laptop", ("nova",), "one"),
        ("on the gpu machine", ("titan",), "one"),
        ("on any machine with a GPU", ("titan",), "one"),
        ("on the edge box", ("gate",), "one"),
        ("on every windows machine", ("office-pc",), "each"),
        ("on the cluster", ("kube",), "one"),
        ("on prod and staging servers but not titan", ("alpha", "beta", "delta", "epsilon"), "each"),
        ("on the linux stuff except the servers", ("desk", "gate", "kube", "nova"), "each"),
        ("from the edge thing", ("gate",), "one"),
        ("of the web tier", ("alpha", "delta"), "each"),
        ("on anything with a GPU", ("titan",), "each"),
        (
            "on everything that is not a server",
            ("desk", "galaxy", "gate", "kube", "nova", "office-pc", "pixel"),
            "each",
        ),
        ("on all servers with the exception of titan", ("alpha", "beta", "delta", "epsilon"), "each"),
        ("on all servers, titan excluded", ("alpha", "beta", "delta", "epsilon"), "each"),
        ("on the non-windows desktops", ("desk", "nova"), "each"),
        ("on the box in the garage", ("gate",), "one"),
        ("on the laptop of ann", ("nova",), "one"),
        ("alphas uptime", ("alpha",), "one"),
        ("on staging and then", ("delta", "epsilon"), "each"),
        ("on alpha and beta (not titan)", ("alpha", "beta"), "each"),
    ],
)
def test_what_a_mention_stands_for(text: str, names: tuple[str, ...], mode: str) -> None:
    (place,) = places(text)
    assert place.names == names
    assert place.selector.mode == mode


def test_devices_may_be_counted_back() -> None:
    _, again = places("the load of alpha and beta, and the uptime of the two")
    assert again.names == ("alpha", "beta")
    assert len(places("copy a.txt and b.txt to alpha and beta, show the size of both")) == 1


def test_of_these_which_asks_for_one_of_them() -> None:
    (place,) = places("of the desktops, which has the most memory")
    assert place.which
    assert place.names == ("desk", "nova", "office-pc")


def test_a_slip_in_the_first_letter_is_no_slip() -> None:
    assert places("uptime of zeta") == []
    assert places("uptime of betta")[0].fuzzy


def test_this_machine_is_the_clients() -> None:
    assert places("on this machine", client="desk")[0].names == ("desk",)
    with pytest.raises(Stop):
        places("on this machine")


def test_one_of_several_is_asked() -> None:
    with pytest.raises(Stop) as stop:
        places("on the server")
    assert isinstance(stop.value.result, Clarification)
    assert [choice.value for choice in stop.value.result.choices] == ["alpha", "beta", "delta", "epsilon", "titan"]


@pytest.mark.parametrize("text", ["on both servers", "on all three servers", "on machines labelled env=qa"])
def test_what_fits_nothing_stops(text: str) -> None:
    with pytest.raises(Stop) as stop:
        places(text)
    assert isinstance(stop.value.result, Declined)


def test_a_slip_of_one_letter_is_marked() -> None:
    (place,) = places("on epsilonn")
    assert place.names == ("epsilon",)
    assert place.fuzzy


def test_a_slip_between_two_names_is_no_mention() -> None:
    fleet = FleetView.of(device("node1"), device("node2"))
    assert places("on node3", fleet=fleet) == []


def test_an_everyday_word_is_a_name_only_where_a_device_is_due() -> None:
    fleet = FleetView.of(device("backup"), device("alpha"))
    assert places("list the backup files", fleet=fleet) == []
    assert places("list files on backup", fleet=fleet)[0].names == ("backup",)
