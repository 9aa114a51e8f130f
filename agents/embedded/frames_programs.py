"""Frames for addresses, commands, scripts, and files that are offered to other devices."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from agents.embedded.frames import Frame
from agents.embedded.frames_write import TO
from agents.embedded.slots import clean, first_of, folder_or_word, literal, looks_like_file, path, text_quoted
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import FILLERS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

# --- the network ---------------------------------------------------------------------------------------------------
_URL = literal(Kind.URL)


def _web(arguments: JsonObject, view: View) -> JsonObject | None:
    url = str(arguments.get("url", ""))
    return arguments if url.startswith(("http://", "https://")) else None


def _download_name(arguments: JsonObject, view: View) -> JsonObject | None:
    """Default, documented: the last part of the URL's path; a folder that is given holds it."""
    if _web(arguments, view) is None:
        return None
    name = clean(urlsplit(str(arguments["url"])).path.rstrip("/").rsplit("/", 1)[-1])
    target = str(arguments.get("path", ""))
    if not looks_like_file(target):
        if not looks_like_file(name):
            return None
        target = f"{target.rstrip('/')}/{name}" if target else name
    return {**arguments, "path": target}


FETCH = Frame(
    "http.fetch",
    words(
        "fetch get curl request show read check what is retrieve query open give call see print tell does if whether "
        "reach hit try load access contact test visit"
    ),
    (),
    words(
        "page url website web site content response status code return returns up reachable text say at respond "
        "responds reachable http endpoint link body result answer answers still alive back comes come get from give "
        "gives able all online down working available running successfully reply replies responding answering live "
        "through via over accessible sends send even ok what's health healthy address out reach"
    ),
    slots=(("url", _URL),),
    needs=frozenset({"url"}),
    strict=True,
    final=_web,
    same="output.text",
)
FETCH_OF = Frame(
    "http.fetch",
    words("status response content body text answer reply"),
    (words("status response content body text answer reply"),),
    words("code http page of from status response content text"),
    slots=(("url", _URL),),
    needs=frozenset({"url"}),
    final=_web,
    same="output.text",
)
DOWNLOAD = Frame(
    "http.download",
    words("download save wget fetch get pull grab store put load"),
    (),
    words("file content page url link it down over"),
    slots=(("url", _URL), ("path", first_of(path(TO, want="any", bare=True), folder_or_word("into under inside")))),
    needs=frozenset({"url", "path"}),
    strict=True,
    final=lambda a, v: _download_name(a, v) if v.head in {"download", "wget"} or "path" in a else None,
)

# --- commands ------------------------------------------------------------------------------------------------------
_CWD = path("in inside under from within", want="folder", bare=True, quoted=False)
SHELL = Frame(
    "shell.run",
    words("run execute exec do launch start issue"),
    (),
    words("command shell terminal bash line this following one-liner oneliner"),
    slots=(("command", lambda v: _command(v)), ("cwd", _CWD)),
    needs=frozenset({"command"}),
    strict=True,
)


# A program's name leads a wish only with a command of its own behind it: "docker containers" asks for something else.
_LEADING = {
    "git": words("status pull fetch log diff branch push"),
    "docker": words("ps images stats info version"),
    "npm": words("test ci install start run"),
    "systemctl": words("status restart start stop reload"),
    "kubectl": words("get describe version"),
    "pip": words("list freeze"),
    "cargo": words("build test check"),
}
SHELL_PLAIN = Frame(
    "shell.run",
    words("run execute exec do issue") | _LEADING.keys(),
    (),
    words("command shell terminal"),
    slots=(("command", lambda v: _plain_command(v)), ("cwd", _CWD)),
    needs=frozenset({"command"}),
    strict=True,
    sure=True,
)
_PROGRAMS = words(
    "git docker npm make pip pip3 cargo kubectl systemctl journalctl terraform ansible helm yarn pnpm poetry pytest "
    "zpool "
    "zfs apt apt-get dnf yum brew docker-compose podman crontab lsblk lscpu dmesg nvidia-smi sensors iptables rsync "
    "certbot nginx psql mysql redis-cli sqlite3 composer mvn gradle go rustc node pm2 supervisorctl virsh hostnamectl "
    "timedatectl"
)


def _command(view: View) -> Json:
    value = text_quoted("")(view)
    return value if isinstance(value, str) and value.strip() else None


_LOOKING = words("ls df du free uptime hostname whoami date id ps uname lsblk who lscpu nproc vmstat printenv arch")
"""Programs that only look: `run df -h` needs no quotation marks."""


def _plain_command(view: View) -> Json:
    """A well-known program with the plain words behind it: `run git status`."""
    leads = view.head in _LEADING
    if leads and view.lemma(view.head_at + 1) not in _LEADING[view.head]:
        return None
    start = view.head_at if leads else view.head_at + 1
    while view.lemma(start) in {"a", "the", "command", "quick"}:
        start += 1
    end = start
    claimed = view.claimed - {view.head_at}
    while end < len(view.tokens) and end not in claimed and _part_of_command(view, end, start):
        end += 1
    known = _PROGRAMS | _LOOKING if view.head in {"run", "execute", "exec"} else _PROGRAMS
    if end - start < 2 or (view.lemma(start) not in known and view.tokens[start].text not in known):
        return None
    view.claim(*range(start, end))
    return clean(" ".join(token.text for token in view.tokens[start:end]))


def _part_of_command(view: View, at: int, start: int) -> bool:
    token = view.tokens[at]
    return token.word and (at == start or token.lemma not in FILLERS | {"folder", "directory", "with", "from", "into"})


_PASSED = words("args argument arg parameter option flag args params")
_ENDINGS = (".sh", ".py", ".bash")
_SHELLS = {"bash": "bash", "sh": "sh", "python": "python3", "python3": "python3"}


def _scripted(arguments: JsonObject, view: View) -> JsonObject | None:
    script = str(arguments.get("path", ""))
    if not script.endswith(_ENDINGS) and not any(t.lemma == "script" for t in view.tokens if t.word):
        return None
    passed = _passed(view)
    if passed:
        arguments = {**arguments, "arguments": passed}
    if view.head in _SHELLS:
        arguments = {**arguments, "interpreter": _SHELLS[view.head]}
    return arguments


# `in 10 minutes`, `in reverse` say when and how to run, and are passed to nothing.
_WHEN = words("in within after for during every until")
_MANNER = words("twice again daily later once thrice slowly quickly first then and with background times repeatedly")


def _stands_last(view: View, at: int) -> bool:
    """The word behind an option is its value only where nothing more is said of how to run."""
    return at + 1 >= len(view.tokens) or at + 1 in view.claimed or view.tokens[at + 1].kind is Kind.PUNCT


def _passed(view: View) -> list[Json]:
    """`with --keep 7`, `with the argument 'fast'`: options with what follows them, and quoted texts, as they stand."""
    named = any(token.word and token.lemma in _PASSED for token in view.tokens)
    found: list[Json] = []
    option = False
    for at, token in enumerate(view.tokens):
        if at in view.claimed or view.lemma(at - 1) in _WHEN or (token.word and " " in token.text):
            continue
        dashed = token.word and re.fullmatch(r"--?[A-Za-z][\w-]*", token.text) is not None
        value = token.kind in (Kind.NUMBER, Kind.QUOTED, Kind.PATH, Kind.SIZE, Kind.DURATION) and (option or named)
        value = value or (token.word and view.lemma(at - 1) in _PASSED and token.lemma not in FILLERS | _MANNER)
        value = value or (option and token.word and token.lemma not in FILLERS | _MANNER and _stands_last(view, at))
        if dashed or value:
            view.claim(at)
            found.append(clean(str(token.value) if token.kind is Kind.QUOTED else token.text))
        option = dashed
    if found:
        view.take(_PASSED | {"with", "using", "and"})
    return found


SCRIPT = Frame(
    "script.run",
    words("run execute start launch trigger invoke exec bash sh python python3"),
    (),
    _PASSED | words("shell bash python sh script file with"),
    slots=(("path", path(" named", want="file", bare=True)), ("cwd", _CWD)),
    needs=frozenset({"path"}),
    strict=True,
    final=_scripted,
)
_LANGUAGES = words("python python3 bash sh")


def _spoken(view: View) -> frozenset[str]:
    return frozenset(token.lemma for token in view.tokens if token.word)


def _snippet(arguments: JsonObject, view: View) -> JsonObject | None:
    """`run this python: print(1)`: the script's own text, in the one language that is named."""
    said = _spoken(view) & _LANGUAGES
    shell = said & {"bash", "sh"} and view.head not in said and not _spoken(view) & words("script code snippet")
    if len(said) != 1 or shell:
        return None  # `run 'ls' in bash` is a command
    view.take(said)
    return {**arguments, "interpreter": _SHELLS[next(iter(said))]}


SCRIPT_FILE = replace(
    SCRIPT, sure=True, final=lambda a, v: _scripted(a, v) if str(a.get("path", "")).endswith(_ENDINGS) else None
)
SNIPPET = Frame(
    "script.run",
    words("run execute exec evaluate use python python3 bash sh"),
    (_LANGUAGES,),
    words("this following code snippet script program line piece bit little small short quick one-liner to run of"),
    slots=(("text", lambda v: _command(v)), ("cwd", _CWD)),
    needs=frozenset({"text"}),
    strict=True,
    final=_snippet,
    bonus=2,
    sure=True,
)
PUBLISH = Frame(
    "artifact.publish",
    words("publish offer make share"),
    (),
    words("shared file document available"),
    slots=(("path", path(" of", want="file", bare=True)),),
    needs=frozenset({"path"}),
    strict=True,
    final=lambda a, v: a if v.head == "publish" or any(t.lemma == "shared" for t in v.tokens) else None,
)


FRAMES = (FETCH, DOWNLOAD, FETCH_OF, SHELL, SHELL_PLAIN, SCRIPT_FILE, SCRIPT, SNIPPET, PUBLISH)
