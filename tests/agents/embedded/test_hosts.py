"""What servers have beside files, in the words of people: services, containers, packages, accounts, records."""

from __future__ import annotations

import json

import pytest

from agents.embedded.plaintext import plain_text
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.agents.embedded.flow.lab import lab
from tests.support.embedded_fleet import Context

PLANNED = """
show me the last thirty log lines of the container mailer on gamma, please | container.logs gamma name=mailer lines=30
logs of the service importer on gamma, last 80 lines | service.logs gamma name=importer lines=80
which containers are running on alpha | container.list alpha state=running
how much memory do the containers on beta use? | container.stats beta
tell me if the docker service is up on beta | service.status beta name=docker
I'd like the service named importer restarted on gamma | service.restart gamma name=importer
restart nginx on both servers alpha and beta pls | service.restart alpha,beta name=nginx
Restart the containers api and web on alpha. | container.restart alpha name=api; container.restart alpha name=web
stop the api and web containers on beta | container.stop beta name=api; container.stop beta name=web
install tree, jq and htop on alpha and beta pls | package.install alpha,beta names=["tree","jq","htop"]
remove the package apache2 from alpha along with its config files | package.remove alpha names=["apache2"] purge=true
which version of openssl do we have on gamma | package.info gamma name=openssl
create a user called marta on beta whose full name is Marta Lindqvist | \
user.add beta full_name=Marta_Lindqvist name=marta
I need a new user bob on alpha with the groups sudo and docker | user.add alpha groups=["sudo","docker"] name=bob
delete the user tim on beta together with his home folder | user.remove beta home=true name=tim
Tell me about the user deploy on alpha: groups, shell, home. | user.info alpha name=deploy
show the journal of sshd on beta since yesterday, warnings and worse only. | \
journal.read beta priority=warning since=yesterday unit=sshd
please list all the cron jobs of the user www on alpha | cron.list alpha user=www
delete the cron job cleanup on alpha | cron.remove alpha id=cleanup
tables of the sqlite file data/orders.db on alpha? | sql.tables alpha database=sqlite:data/orders.db
restore the backup backups/a.tar.gz on gamma into restored | \
backup.restore gamma backup_path=backups/a.tar.gz target=restored
I'd like to have htop installed on alpha | package.install alpha names=["htop"]
I need to know if htop is installed on alpha | package.info alpha name=htop
restart nginx and redis on alpha | service.restart alpha name=nginx; service.restart alpha name=redis
in which groups is marta on beta | user.info beta name=marta
list the members of the group docker on gamma | group.list gamma name=docker
start the service worker on beta at boot | service.enable beta name=worker
how many users are logged in on beta | user.sessions beta
stop the process called worker on beta, forcefully | process.stop beta name=worker force=true
kill process 4412 on beta, it hangs | process.stop beta pid=4412
please check on beta if the service ntp is up | service.status beta name=ntp
restart nginx on beta and tell me if it is active afterwards | service.restart beta name=nginx; \
service.status beta name=nginx
restart the nginx service on beta, is it running? | service.restart beta name=nginx; service.status beta name=nginx
stop the service web on alpha and make sure it's down | service.stop alpha name=web; service.status alpha name=web
restart web on alpha, then show its status | service.restart alpha name=web; service.status alpha name=web
check on gamma if the file run/lock exists | file.stat gamma path=run/lock
how big is the file a.bin in the folder data on gamma | file.stat gamma path=data/a.bin
show the last 5 lines of the file app.log in the folder logs on beta | file.tail beta lines=5 path=logs/app.log
list every .conf file below etc/nginx on beta, subfolders as well | file.find beta pattern=*.conf path=etc/nginx
duplicate the folder templates on alpha as templates-old | file.copy alpha source=templates target=templates-old
extract a.zip into the folder new on alpha | archive.extract alpha archive_path=a.zip target=new
"""


def _planned(text: str) -> list[str] | str:
    found = EmbeddedPlanner().propose(Request(text=text), Context(lab()))
    if not isinstance(found, Plan):
        return str(found)
    return [
        f"{one.skill} {','.join(one.devices.names)} {json.dumps(one.arguments, sort_keys=True)}" for one in found.steps
    ]


def _wanted(line: str) -> str:
    skill, device, *pairs = line.split()
    named = (pair.partition("=") for pair in pairs)
    arguments = {name: _value(value) for name, _, value in named}
    return f"{skill} {device} {json.dumps(arguments, sort_keys=True)}"


def _value(text: str) -> object:
    plain = text.isdigit() or text in {"true", "false"} or text.startswith("[")
    return json.loads(text) if plain else text.replace("_", " ")


ROWS = [line.split(" | ") for line in PLANNED.replace("\\\n", "").strip().splitlines()]


@pytest.mark.parametrize(("text", "steps"), ROWS)
def test_planned(text: str, steps: str) -> None:
    assert _planned(text) == [_wanted(step) for step in steps.split("; ")]


@pytest.mark.parametrize(
    "text",
    [
        "restart nginx on both servers",
        "install the package on gamma and beta",
        "stop the service on beta",
        "stop all containers on beta",
        "restart the docker container on beta",
        "restart both services nginx, redis and importer on gamma",
        "add the user tim to the group docker on alpha",
        "restart the service nginx on beta every night",
        "can the nginx service be restarted on beta",
        "install setup.exe on beta",
        "rename the file a.txt in the folder notes to b.txt on beta",
        "delete the home folder of user tim on beta",
        "remove the config files of the package apache2 on alpha",
        "remove user tim from the group docker on beta",
        "remove the package cache on alpha",
        "delete user data on alpha",
        "create a user manual on desk",
        "start the unit tests on beta",
        "restart the service nginx on beta at 5 pm",
        "how long has the service nginx been running on beta",
        "tell me whether it is up on alpha",
        "restart nginx on beta and tell me if it is active on alpha",
    ],
)
def test_not_planned(text: str) -> None:
    assert isinstance(_planned(text), str)


def test_plain_text() -> None:
    assert plain_text('write "pls" to both servers alpha and beta pls', lab()) == 'write "pls" to alpha and beta please'
