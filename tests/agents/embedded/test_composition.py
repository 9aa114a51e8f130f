"""Steps that hang together, in everyday words: references, conditions, transfers, reports, comparisons."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.compare import actual, expected, same
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

UNPACK = 'a=archive.extract @delta {"archive_path":"site.tgz","target":"srv/www"}'
LIST = 'b=file.list @delta {"path":"srv/www"} <a'
SENT = [
    'p=artifact.publish @alpha {"path":"logs/a.log"}',
    's=artifact.save @desk {"artifact":"${p.output.artifact}","path":"logs/a.log"}',
]
RUN = 'b=script.run @alpha {"path":"up.sh"} <a?{"path":"output.count","op":"==","value":0}'
NGINX = 'a=process.list @alpha {"name":"nginx"}'
WRITTEN = 'w=file.write @nova {"path":"r.md","text":"${r.output.text}"}'
LOADS = ["a=system.load @kind:server", 'r=text.report @any {"title":"~","sections":["${a[*]}"]}']
HASHES = [
    'a=file.hash @alpha,delta {"path":"a.conf"}',
    'c=data.compare @any {"items":"${a[*]}","by":"output.hash"}',
]
ERRORS = 'a=file.search @alpha {"path":"app.log","pattern":"ERROR"}'

PLANNED = {
    # references
    "unpack site.tgz to srv/www on delta and list that folder afterwards": [UNPACK, LIST],
    "unpack site.tgz to srv/www on delta, then show me what is in there": [UNPACK, LIST],
    "extract site.tgz into srv/www on delta, ls the directory once that's done": [UNPACK, LIST],
    "replace 'a' with 'b' in conf/a.ini on beta and show me the file": [
        'a=file.replace @beta {"path":"conf/a.ini","find":"a","replace":"b"}',
        'b=file.read @beta {"path":"conf/a.ini"} <a',
    ],
    "find the biggest file in videos on nova and tell me its checksum": [
        'a=file.find @nova {"path":"videos","sort":"size","order":"desc","limit":1,"type":"file"}',
        'b=file.hash @nova {"path":"${a.output.entries[0].path}"}',
    ],
    "open list.csv on desk and show me the first 3 lines of it": ['a=file.head @desk {"path":"list.csv","lines":3}'],
    "show the load of alpha and beta, and the uptime of both": [
        "a=system.load @alpha,beta",
        "b=system.uptime @alpha,beta",
    ],
    # conditions
    "if nginx is down on alpha, run up.sh there": [NGINX, RUN],
    "check whether nginx is running on alpha, and if not, run up.sh there": [NGINX, RUN],
    "is nginx running on alpha? if not, run up.sh there": [NGINX, RUN],
    "check for nginx on alpha; not running? then run up.sh there": [NGINX, RUN],
    "should the disk on gate be over 85% full, delete tmp/a.bin there": [
        "a=system.disk @gate",
        'b=file.delete @gate {"path":"tmp/a.bin"} <a?{"path":"output.used_percent","op":">","value":85}',
    ],
    "check the memory of titan. less than 2 GB available? then write 'low' to a.txt there": [
        "a=system.memory @titan",
        'b=file.write @titan {"path":"a.txt","text":"low"} '
        '<a?{"path":"output.available_bytes","op":"<","value":2000000000}',
    ],
    "delete old.log on beta, but only if it exists": [
        'a=file.find @beta {"pattern":"old.log"}',
        'b=file.delete @beta {"path":"old.log"} <a?{"path":"output.count","op":">","value":0}',
    ],
    "check the load on alpha; if it is above 5 run up.sh there, otherwise leave it alone": [
        "a=system.load @alpha",
        'b=script.run @alpha {"path":"up.sh"} <a?{"path":"output.load_1","op":">","value":5}',
    ],
    # transfers
    "grab logs/a.log off alpha and stick it on desk": SENT,
    "get logs/a.log off alpha and onto desk, same path": SENT,
    "roll out logs/a.log from alpha to desk under the same path": SENT,
    "zip the folder pics on pixel as pics.zip and save it on titan": [
        'z=archive.create @pixel {"source":"pics","target":"pics.zip"}',
        'p=artifact.publish @pixel {"path":"pics.zip"} <z',
        's=artifact.save @titan {"artifact":"${p.output.artifact}","path":"pics.zip"}',
    ],
    "send a.csv and b.csv from beta to nova": [
        'p=artifact.publish @beta {"path":"a.csv"}',
        's=artifact.save @nova {"artifact":"${p.output.artifact}","path":"a.csv"}',
        'q=artifact.publish @beta {"path":"b.csv"}',
        't=artifact.save @nova {"artifact":"${q.output.artifact}","path":"b.csv"}',
    ],
    # where results go
    "load of all servers, the result goes to r.md on nova": [*LOADS, WRITTEN],
    "the load of all servers as a short report in r.md on nova": [*LOADS, WRITTEN],
    "load of all servers, written up nicely, save it under r.md on nova": [*LOADS, WRITTEN],
    "show the load of all servers as a report": LOADS,
    "write up the load of all servers": LOADS,
    "take the last 9 lines of a.log from gate and leave them on desk as t.txt": [
        'a=file.tail @gate {"path":"a.log","lines":9}',
        'w=file.write @desk {"path":"t.txt","text":"${a.output.text}"}',
    ],
    "save the uptime and the load of all servers as a report in r.md on nova": [
        "a=system.uptime @kind:server",
        "b=system.load @kind:server",
        'r=text.report @any {"title":"~","sections":["${a[*]}","${b[*]}"]}',
        WRITTEN,
    ],
    # over several devices
    "is a.conf on alpha the same as on delta?": HASHES,
    "hash a.conf on alpha and delta, do they match?": HASHES,
    "a.conf: compare it on alpha vs delta": HASHES,
    "hash of a.conf on alpha + delta, who's the odd one out": HASHES,
    "average memory use of the servers, in percent": [
        "a=system.memory @kind:server",
        's=data.stats @any {"items":"${a[*]}","by":"output.used_percent"}',
    ],
    "free memory of the servers, lowest first": [
        "a=system.memory @kind:server",
        'r=data.rank @any {"items":"${a[*]}","by":"output.available_bytes","order":"asc"}',
    ],
    "disk usage of all servers, and tell me which is the fullest": [
        "a=system.disk @kind:server",
        'r=data.rank @any {"items":"${a[*]}","by":"output.used_percent"}',
    ],
    "fetch https://a.example.com on every desktop and show only those where the status is not 200": [
        'a=http.fetch @kind:desktop {"url":"https://a.example.com"}',
        'f=data.filter @any {"items":"${a[*]}","by":"output.status","op":"!=","value":200}',
    ],
    "find the ERROR lines in app.log on alpha and count em by service, and also by level": [
        ERRORS,
        'c=data.count_by @any {"items":"${a.output.lines}","by":"service"}',
        'd=data.count_by @any {"items":"${a.output.lines}","by":"level"}',
    ],
    "break the files under shared on nova down by extension": [
        'a=file.find @nova {"path":"shared","type":"file"}',
        'c=data.count_by @any {"items":"${a.output.entries}","by":"extension"}',
    ],
    "the sorted union of hosts.txt from alpha and beta, without duplicates": [
        'a=file.sort @alpha,beta {"path":"hosts.txt"}',
        'm=data.merge @any {"items":"${a[*].output.lines}","unique":true,"sort":true}',
    ],
    "how long is titan up, and what load is on it?": ["a=system.uptime @titan", "b=system.load @titan"],
    "zip the folder pics on pixel as pics.zip and forward that archive to titan": [
        'z=archive.create @pixel {"source":"pics","target":"pics.zip"}',
        'p=artifact.publish @pixel {"path":"pics.zip"} <z',
        's=artifact.save @titan {"artifact":"${p.output.artifact}","path":"pics.zip"}',
    ],
    "how long is gate up? and show its disk": ["a=system.uptime @gate", "b=system.disk @gate"],
    "compare a.conf on alpha and delta, are they the same?": HASHES,
    "is a.conf byte for byte the same on alpha and delta": HASHES,
    "search a.log on alpha for 'x', write the findings up and store that report as r.md on nova": [
        'a=file.search @alpha {"path":"a.log","pattern":"x"}',
        'r=text.report @any {"title":"~","sections":["${a.output.lines}"]}',
        WRITTEN,
    ],
    "which device has the biggest downloads folder": [
        'a=file.usage @* {"path":"downloads"}',
        'r=data.rank @any {"items":"${a[*]}","by":"output.bytes"}',
    ],
    "if there's no b.zip on desk, copy it from nova": [
        'a=file.find @desk {"pattern":"b.zip"}',
        'p=artifact.publish @nova {"path":"b.zip"} <a?{"path":"output.count","op":"==","value":0}',
        's=artifact.save @desk {"artifact":"${p.output.artifact}","path":"b.zip"}',
    ],
    "kill nginx on alpha, after that check whether it's still running": [
        'a=process.stop @alpha {"name":"nginx"}',
        'b=process.list @alpha {"name":"nginx"} <a',
    ],
    "write 'x' to hi.txt on desk and then show it": [
        'a=file.write @desk {"path":"hi.txt","text":"x"}',
        'b=file.read @desk {"path":"hi.txt"} <a',
    ],
    "count the words of a.txt on desk and tell me the result": ['a=file.count @desk {"path":"a.txt"}'],
    "copy x.ini to x.bak on beta, after that replace 'a' with 'b' in the original": [
        'a=file.copy @beta {"source":"x.ini","target":"x.bak"}',
        'b=file.replace @beta {"path":"x.ini","find":"a","replace":"b"} <a',
    ],
    "zip the folder logs on alpha as l.zip and delete the folder": [
        'a=archive.create @alpha {"source":"logs","target":"l.zip"}',
        'b=file.delete @alpha {"path":"logs","recursive":true} <a',
    ],
    "run `make lint` on titan and if it exits non-zero append 'red' to ci.log on desk": [
        'a=shell.run @titan {"command":"make lint"}',
        'b=file.append @desk {"path":"ci.log","text":"red"} <a?{"path":"output.exit_code","op":"!=","value":0}',
    ],
    "hash a.conf on each web server and tell me whether one differs from the rest": HASHES,
    "show the disk of alpha and both phones": ["a=system.disk @alpha,pixel,galaxy"],
}

REFUSED = [
    # Read in another way than they were meant, before.
    "ls that dir on delta",
    "create the folder a on alpha, then zip this folder b",
    "get q1.csv from alpha and q2.csv from beta onto nova",
    "count the lines in access.log on alpha per hour",
    "tail app.log on alpha and beta and tell me which has more errors",
    "show the difference between a.conf on alpha and beta line by line",
    "copy a.ini to a.bak on alpha, then replace 'x' with 'y' in it",
    "copy a.txt to b.txt on alpha and delete it",
    "total free memory of all servers in percent",
    "once the backup is done, delete a.txt on beta",
    "delete a.txt on beta if it exists, otherwise create it",
    "zip the folder logs on alpha and delete it",
    "stop the process worker on alpha and save the output to a.txt",
    "open todo.txt on desk and do whatever it says",
    "show the errors in app.log on alpha from today",
    "what differs between alpha and beta in x.conf",
]


@pytest.mark.parametrize("text", PLANNED)
def test_planned(text: str) -> None:
    fleet = twelve()
    result = EmbeddedPlanner().propose(Request(text=text), Context(fleet))
    assert isinstance(result, Plan), result
    assert same(expected(PLANNED[text], fleet), actual(result, fleet)), result


@pytest.mark.parametrize("text", REFUSED)
def test_not_guessed(text: str) -> None:
    result = EmbeddedPlanner().propose(Request(text=text), Context(twelve()))
    assert isinstance(result, (Declined, Clarification)), result


def test_a_folder_called_archive_is_made_not_packed() -> None:
    fleet = twelve()
    result = EmbeddedPlanner().propose(
        Request(text="create a folder called archive on delta and move a.csv into it"), Context(fleet)
    )
    steps = [
        'a=file.mkdir @delta {"path":"archive"}',
        'b=file.move @delta {"source":"a.csv","target":"archive/a.csv"} <a',
    ]
    assert isinstance(result, Plan), result
    assert same(expected(steps, fleet), actual(result, fleet)), result


def test_the_reports_folder_is_no_report() -> None:
    result = EmbeddedPlanner().propose(Request(text="which files are in the reports folder of nova"), Context(twelve()))
    assert not isinstance(result, Plan) or [step.skill for step in result.steps] == ["file.list"]
