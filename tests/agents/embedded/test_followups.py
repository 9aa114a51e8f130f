"""Second steps that take up what the first one left, and what they never guess."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.compare import actual, expected, same
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

SENT = [
    'p=artifact.publish @alpha {"path":"q.csv"}',
    's=artifact.save @desk {"artifact":"${p.output.artifact}","path":"q.csv"}',
]
PLANNED = {
    "read tips.txt on nova and append it to all.md on desk": [
        'a=file.read @nova {"path":"tips.txt"}',
        'b=file.append @desk {"path":"all.md","text":"~"} <a',
    ],
    "get what is in tips.txt on nova and stick it on to the end of all.md on desk": [
        'a=file.read @nova {"path":"tips.txt"}',
        'b=file.append @desk {"path":"all.md","text":"~"} <a',
    ],
    "copy q.csv from alpha to desk and verify that both are identical": [
        *SENT,
        'h=file.hash @alpha,desk {"path":"q.csv"} <s',
        'c=data.compare @any {"items":"${h[*]}","by":"output.hash"}',
    ],
    "bring q.csv from alpha to desk; once it is there, delete it from alpha": [
        *SENT,
        'd=file.delete @alpha {"path":"q.csv"} <s',
    ],
    "delete the folder play with everything in it on nova, then create it again empty": [
        'a=file.delete @nova {"path":"play","recursive":true}',
        'b=file.mkdir @nova {"path":"play"} <a',
    ],
    "kill vlc on desk and check that it's gone": [
        'a=process.stop @desk {"name":"vlc"}',
        'b=process.list @desk {"name":"vlc"} <a',
    ],
    "song.txt on nova: swap 'moon' for 'sun' and show it afterwards": [
        'a=file.replace @nova {"path":"song.txt","find":"moon","replace":"sun"}',
        'b=file.read @nova {"path":"song.txt"} <a',
    ],
    "make a copy of a/deed.txt on desk as b/deed.txt and, in the copy, put Green Ltd in place of BUYER.": [
        'a=file.copy @desk {"source":"a/deed.txt","target":"b/deed.txt"}',
        'b=file.replace @desk {"path":"b/deed.txt","find":"BUYER","replace":"Green Ltd"} <a',
    ],
    "count the words of book.md on desk; if there are more than 900, delete draft.md": [
        'a=file.count @desk {"path":"book.md"}',
        'd=file.delete @desk {"path":"draft.md"} <a?{"path":"output.words","op":">","value":900}',
    ],
    "use bash to run jobs/tidy.sh on nova, with play as the working folder": [
        'a=script.run @nova {"path":"jobs/tidy.sh","interpreter":"bash","cwd":"play"}'
    ],
    "run this python on gate: print('hi')": ['a=script.run @gate {"text":"print(\'hi\')","interpreter":"python3"}'],
}


def propose(text: str) -> Plan | Clarification | Declined:
    return EmbeddedPlanner().propose(Request(text=text), Context(twelve()))


@pytest.mark.parametrize("text", PLANNED)
def test_what_follows_takes_up_what_was_left(text: str) -> None:
    result = propose(text)
    assert isinstance(result, Plan), result
    assert same(expected(PLANNED[text], twelve()), actual(result, twelve()))


@pytest.mark.parametrize(
    "text",
    [
        "copy q.csv from alpha to desk and delete it on alpha",
        "copy q.csv from alpha to desk, then delete it",
        "copy q.csv from alpha to desk, then delete it on nova",
        "delete a.txt on nova, then create it again",
        "show the uptime of nova, then create it again",
        "move q.csv to r.csv on nova and append it to all.md on desk",
    ],
)
def test_what_is_not_sure_is_not_planned(text: str) -> None:
    assert not isinstance(propose(text), Plan)
