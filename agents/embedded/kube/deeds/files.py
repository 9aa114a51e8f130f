"""Manifests of the workspace, and commands that run in a pod."""

from __future__ import annotations

import re

from agents.embedded.kube.deeds.grammar import SLOTS, Deeds, Said
from agents.embedded.kube.making import split_command
from agents.embedded.kube.slots import arguments
from agents.embedded.kube.tokens import Shape
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

FILES = Deeds()
SLOTS["file"] = r"(?P<file>(?:P|N|\"|X)\d+ )"
_FILE = (
    "[<the>] [manifest|manifests|yaml|workspace|workspace file|file|manifest file|yaml file|contents of|"
    "content of|objects of|objects in|what is in|what's in] [file] [-f|--filename] <file> [file|manifest]"
)


def _manifest(said: Said) -> JsonObject | None:
    token = said.token("file")
    path = str(token.value or token.text) if token is not None else ""
    if not path.endswith((".yaml", ".yml", ".json")) or path.startswith("/"):
        return None
    return arguments(manifest=path, namespace=said.namespace)


@FILES(
    "kube.replace",
    f"<V> {{with|by|from|using|:|-f}} {_FILE}",
    f"<V> [<the>] [live] {{object|objects|one|ones|resources|resource|what is [there|in it]|what's [there|in it]|"
    f"everything}} {{with|by|from}} {_FILE}",
    f"<V> -f {_FILE}",
    f"<V> {_FILE}",
    "<V> what {is|'s} {by|with} " + _FILE + " [, completely|completely]",
    verbs="replace overwrite",
)
def replace(said: Said) -> JsonObject | None:
    """A manifest in the place of what is live."""
    return _manifest(said)


@FILES(
    "kube.apply",
    f"<V> [<the>] {_FILE}",
    f"{{bring|put}} [<the>] [Knamespace] {{in line with|up to date with|in sync with}} [what] {_FILE} [says]",
    verbs="apply",
)
def apply(said: Said) -> JsonObject | None:
    """A manifest as the cluster is to be."""
    return _manifest(said)


@FILES("kube.create", f"<V> -f {_FILE}", f"<V> {_FILE}", verbs="create")
def create(said: Said) -> JsonObject | None:
    """What a manifest holds, as new objects."""
    return _manifest(said)


SLOTS["command"] = r"(?P<command>(?:(?!: )[^\s,()]+ )+?)"
_IN = "{in|inside|inside of|within|on}"
_POD = "[[<the>] {container <box>|<box> container} {of|in|inside}] [<the>] [Kpod] <o>"
_OUT = (
    "[[, |and |- ] {show|give|paste|tell|send|let} [me|us] [{what it {prints|says|gives|shows}|the output|its "
    "output|the result|the answer|see the output|"
)
_OUT += "have the output|see what it {prints|says}|what comes out}]]"
_PLACING = words("in inside within of on into container pod pods")
_PROGRAMS = words(
    "ls cat env printenv df du date id whoami ps top nginx redis-cli psql mysql mongo curl wget ping nslookup "
    "dig kill hostname uptime free "
    "mount netstat ss uname head tail grep find stat touch python python3 node java sh bash rabbitmqctl etcdctl "
    "influx mysqladmin pg_isready "
    "pg_dump vmstat iostat lsof nproc getent tar md5sum sha256sum openssl traceroute nc telnet jstack jmap "
    "sysctl ulimit wc tree pwd rm mkdir"
)


@FILES(
    "kube.exec",
    f"<V> [<the>] [command] [: ] <command> {_IN} {_POD} {_OUT}",
    f"{_IN} {_POD} [, |: ] {{<V>|do}} [<the>] [command] [: ] <command> {_OUT}",
    f"<V> {{in|into|inside}} {_POD} [: |, |-- |- |<the> command] <command> {_OUT}",
    f"<command> {_IN} {_POD} [, ] [- ] {{run|execute}} {{that|it|this}} [please] {_OUT}",
    verbs="run execute exec",
)
def execute(said: Said) -> JsonObject | None:
    """A command in a container: in quotes, or one that is plainly a program with its options."""
    tokens = said.tokens("command")
    found = said.objects(frozenset({"pod", "deployment", "statefulset", "daemonset", "job"}))
    if (
        not tokens
        or not found
        or len(found) != 1
        or said.says("Kcronjob", "Kjob")
        or any(t.shape is Shape.IMAGE for t in tokens)
    ):
        return None
    if len(tokens) == 1 and tokens[0].shape is Shape.QUOTED:
        command = split_command(str(tokens[0].value))
    else:
        if tokens[0].low not in _PROGRAMS and not re.fullmatch(r"\.?/[\w./-]+", tokens[0].text):
            return None
        if any(t.low in _PLACING for t in tokens):
            return None  # where it is to run, and no argument of it
        command = [str(t.value) if t.shape is Shape.QUOTED else t.text for t in tokens]
    pod = arguments(name=found[0]["name"], namespace=found[0].get("namespace", ""))
    return {**pod, **arguments(command=command, container=said.text("box"))} if command else None
