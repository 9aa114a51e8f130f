"""Whether a file exists: a bare name is looked for in every folder, a name with a place only there.

Where the answer decides about more, it is a list that may be empty; else the file is described.
"""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.compare import actual, expected, same
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

YES = '{"path":"output.count","op":">","value":0}'
NO = '{"not":' + YES + "}"
FOUND = 'a=file.find @alpha {"pattern":"release.json"}'
SEEN = 'w=file.write @alpha {"path":"seen.txt","text":"yes"} '
EVERYWHERE = 'a=file.find @kind:server {"pattern":"release.json"}'
HAVE = 'f=data.filter @any {"items":"${a[*]}","by":"output.count","op":">","value":0}'
LACK = 'f=data.filter @any {"items":"${a[*]}","by":"output.count","op":"==","value":0}'

CASES = {
    "is there a file called orders.csv on beta?": ['a=file.find @beta {"pattern":"orders.csv"}'],
    "is there a file named auth.log on alpha?": ['a=file.find @alpha {"pattern":"auth.log"}'],
    "check whether app.conf exists on delta": ['a=file.find @delta {"pattern":"app.conf"}'],
    "does beta have a file called orders.csv?": ['a=file.find @beta {"pattern":"orders.csv"}'],
    "does the folder logs exist on beta?": ['a=file.find @beta {"pattern":"logs","type":"directory"}'],
    "does beta have data/orders.csv?": ['a=file.stat @beta {"path":"data/orders.csv"}'],
    "does ./app.conf exist on delta?": ['a=file.stat @delta {"path":"./app.conf"}'],
    "which servers have etc/.env?": ['a=file.list @kind:server {"path":"etc","pattern":".env","hidden":true}', HAVE],
    "which servers have a file called release.json?": [EVERYWHERE, HAVE],
    "which servers have release.json?": [EVERYWHERE, HAVE],
    "which servers do not have release.json?": [EVERYWHERE, LACK],
    'if there is no file orders.csv on beta, write "none" to orders-missing.txt there': [
        'a=file.find @beta {"pattern":"orders.csv"}',
        'w=file.write @beta {"path":"orders-missing.txt","text":"none"} <a?' + NO,
    ],
    'if release.json exists on alpha, write "yes" to seen.txt there': [FOUND, SEEN + "<a?" + YES],
    'if release.json exists on alpha, write "yes" to seen.txt there, otherwise write "no" to seen.txt there': [
        FOUND,
        SEEN + "<a?" + YES,
        'x=file.write @alpha {"path":"seen.txt","text":"no"} <a?' + NO,
    ],
    'unless release.json exists on alpha, write "yes" to seen.txt there': [FOUND, SEEN + "<a?" + NO],
    'if data/release.json is missing on alpha, write "yes" to seen.txt there': [
        'a=file.list @alpha {"path":"data","pattern":"release.json"}',
        SEEN + "<a?" + NO,
    ],
    'if data/release.json is not missing on alpha, write "yes" to seen.txt there': [
        'a=file.list @alpha {"path":"data","pattern":"release.json"}',
        SEEN + "<a?" + YES,
    ],
    'if alpha has a file called release.json, write "yes" to seen.txt there': [FOUND, SEEN + "<a?" + YES],
    'if data/release.json does not exist on alpha, write "yes" to seen.txt there': [
        'a=file.list @alpha {"path":"data","pattern":"release.json"}',
        SEEN + "<a?" + NO,
    ],
}


@pytest.mark.parametrize("text", CASES)
def test_existence(text: str) -> None:
    fleet = twelve()
    result = EmbeddedPlanner().propose(Request(text=text), Context(fleet))
    assert isinstance(result, Plan), result
    assert same(expected(CASES[text], fleet), actual(result, fleet)), result
