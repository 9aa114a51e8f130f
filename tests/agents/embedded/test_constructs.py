"""Constructs of the request language, each with the plan that it must become, up to names of steps."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.compare import actual, expected, same
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

CASES = {
    "one device": ("show the load of alpha", ["a=system.load @alpha"]),
    "every device": ("show the uptime of every device", ["a=system.uptime @*"]),
    "named devices": ("uptime of alpha, beta and desk", ["a=system.uptime @alpha,beta,desk"]),
    "kind": ("show the memory of both phones", ["a=system.memory @kind:phone"]),
    "exception": ("show the load of every server except titan", ["a=system.load @alpha,beta,delta,epsilon"]),
    "label": ("disk usage of machines labelled env=prod", ["a=system.disk @env:prod"]),
    "label word": ("disk usage of the staging servers", ["a=system.disk @env:staging"]),
    "gpu": ("list the processes on the gpu box", ["a=process.list @titan"]),
    "misspelt": ("show the load of alhpa", ["a=system.load @alpha"]),
    "pairwise": (
        "on every server, show the load and then delete tmp/a.log",
        ["a=system.load @kind:server", 'b=file.delete @kind:server {"path":"tmp/a.log"} <a'],
    ),
    "sequence": (
        "create the folder in/box on gate, then write 'x' to in/box/a.txt",
        ['a=file.mkdir @gate {"path":"in/box"}', 'b=file.write @gate {"path":"in/box/a.txt","text":"x"} <a'],
    ),
    "reads side by side": (
        "show the load of alpha and the uptime of beta",
        ["a=system.load @alpha", "b=system.uptime @beta"],
    ),
    "sequence under one verb": (
        "show the load of alpha, then the uptime of beta",
        ["a=system.load @alpha", "b=system.uptime @beta <a"],
    ),
    "both parts before the next": (
        "show the load and the uptime of beta, then delete a.txt there",
        ["a=system.load @beta", "b=system.uptime @beta", 'c=file.delete @beta {"path":"a.txt"} <a <b'],
    ),
    "rank": (
        "which server has the least free memory?",
        [
            "a=system.memory @kind:server",
            'r=data.rank @any {"items":"${a[*]}","by":"output.available_bytes","order":"asc"}',
        ],
    ),
    "top": (
        "top 2 servers by cpu usage",
        ["a=system.cpu @kind:server", 'r=data.rank @any {"items":"${a[*]}","by":"output.used_percent","limit":2}'],
    ),
    "filter by free percent": (
        "which servers have less than 20% free disk space?",
        [
            "a=system.disk @kind:server",
            'f=data.filter @any {"items":"${a[*]}","by":"output.used_percent","op":">","value":80}',
        ],
    ),
    "compare files": (
        "is app.conf the same on alpha and beta?",
        ['a=file.hash @alpha,beta {"path":"app.conf"}', 'c=data.compare @any {"items":"${a[*]}","by":"output.hash"}'],
    ),
    "total": (
        "total free disk space across all servers",
        ["a=system.disk @kind:server", 's=data.stats @any {"items":"${a[*]}","by":"output.free_bytes"}'],
    ),
    "count by, one clause": (
        "count the ERROR lines in logs/app.log on beta by hour",
        [
            'a=file.search @beta {"pattern":"ERROR","path":"logs/app.log"}',
            'c=data.count_by @any {"items":"${a.output.lines}","by":"hour"}',
        ],
    ),
    "merge": (
        "tail logs/app.log on both web servers, merge them and save the result as all.txt on desk",
        [
            'a=file.tail @role:web {"path":"logs/app.log"}',
            'm=data.merge @any {"items":"${a[*].output.lines}"}',
            'w=file.write @desk {"path":"all.txt","text":"${m.output.items}\\n"}',
        ],
    ),
    "transfer": (
        "send notes.txt from desk to nova and galaxy as inbox/notes.txt",
        [
            'p=artifact.publish @desk {"path":"notes.txt"}',
            's=artifact.save @nova,galaxy {"artifact":"${p.output.artifact}","path":"inbox/notes.txt"}',
        ],
    ),
    "move between devices": (
        "move old.iso from nova to desk",
        [
            'p=artifact.publish @nova {"path":"old.iso"}',
            's=artifact.save @desk {"artifact":"${p.output.artifact}","path":"old.iso"}',
            'd=file.delete @nova {"path":"old.iso"} <s',
        ],
    ),
    "backup": (
        "back up the folder data from alpha to beta",
        [
            'a=archive.create @alpha {"source":"data","target":"backups/data.tar.gz"}',
            'p=artifact.publish @alpha {"path":"backups/data.tar.gz"} <a',
            's=artifact.save @beta {"artifact":"${p.output.artifact}","path":"backups/alpha/data.tar.gz"}',
            'h=file.hash @beta {"path":"backups/alpha/data.tar.gz"} <s',
        ],
    ),
    "backup under a name": (
        "back up the folder data from alpha to beta as old/data.tar.gz",
        [
            'a=archive.create @alpha {"source":"data","target":"backups/data.tar.gz"}',
            'p=artifact.publish @alpha {"path":"backups/data.tar.gz"} <a',
            's=artifact.save @beta {"artifact":"${p.output.artifact}","path":"old/data.tar.gz"}',
            'h=file.hash @beta {"path":"old/data.tar.gz"} <s',
        ],
    ),
    "reference to a found file": (
        "find the largest file in downloads on nova and copy it to desk",
        [
            'a=file.find @nova {"path":"downloads","type":"file","sort":"size","order":"desc","limit":1}',
            'p=artifact.publish @nova {"path":"${a.output.entries[0].path}"}',
            's=artifact.save @desk {"artifact":"${p.output.artifact}","path":"${a.output.entries[0].path}"}',
        ],
    ),
    "condition": (
        'if the disk of alpha is over 80% full delete tmp/a.bin there, otherwise write "ok" to status.txt',
        [
            "a=system.disk @alpha",
            'b=file.delete @alpha {"path":"tmp/a.bin"} <a?{"path":"output.used_percent","op":">","value":80}',
            'c=file.write @alpha {"path":"status.txt","text":"ok"}'
            ' <a?{"not":{"path":"output.used_percent","op":">","value":80}}',
        ],
    ),
    "condition behind": (
        "delete tmp/a.bin on alpha if its load is below 2",
        [
            "a=system.load @alpha",
            'b=file.delete @alpha {"path":"tmp/a.bin"} <a?{"path":"output.load_1","op":"<","value":2}',
        ],
    ),
    "any of them": (
        "if any server has a load above 8, write 'hot' to alert.txt on desk",
        [
            "a=system.load @kind:server",
            'f=data.filter @any {"items":"${a[*]}","by":"output.load_1","op":">","value":8}',
            'w=file.write @desk {"path":"alert.txt","text":"hot"} <f?{"path":"output.count","op":">","value":0}',
        ],
    ),
    "unless it exists": (
        "unless backups/a.zip exists on beta, zip the folder data into backups/a.zip there",
        [
            'a=file.list @beta {"path":"backups","pattern":"a.zip"}',
            'b=archive.create @beta {"source":"data","target":"backups/a.zip"}'
            ' <a?{"not":{"path":"output.count","op":">","value":0}}',
        ],
    ),
    "sizes and ages": (
        "find *.log files over 5 MiB and older than two weeks under logs on gate",
        [
            'a=file.find @gate {"path":"logs","pattern":"*.log","min_size_bytes":5242880,"type":"file",'
            '"older_than_s":1209600}'
        ],
    ),
    "regex": (
        'search the logs of beta for the regex "5\\d\\d"',
        ['a=file.search @beta {"pattern":"5\\\\d\\\\d","files":"*.log","regex":true}'],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_construct(name: str) -> None:
    text, steps = CASES[name]
    fleet = twelve()
    result = EmbeddedPlanner().propose(Request(text=text), Context(fleet))
    assert isinstance(result, Plan), result
    assert same(expected(steps, fleet), actual(result, fleet)), result
