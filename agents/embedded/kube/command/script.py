"""The command lines in a request: bare, behind a prompt, in backticks or a fence, or in a sentence that runs them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from agents.embedded.outcome import decline
from agents.embedded.wordset import words

COMMANDS = words(
    "get describe logs events top exec scale rollout set label annotate create expose autoscale run patch cp delete "
    "taint drain cordon uncordon auth certificate api-resources cluster-info version apply edit replace attach debug "
    "port-forward proxy wait diff explain config convert kustomize plugin options completion api-versions"
)
_PROGRAM = r"(?:kubectl(?:\.exe)?|k(?=\s+(?:-|" + "|".join(sorted(COMMANDS)) + r")))(?=\s)"
_START = re.compile(rf"(?:^|(?<=[\s`:(]))(?:\$\s*)?{_PROGRAM}", re.MULTILINE)
_FENCE = re.compile(r"```[a-z]*[ \t]*\n?(.*?)\n?```", re.DOTALL)
_QUOTED = re.compile(rf"`\s*(?:\$\s*)?({_PROGRAM}[^`]*)`")
_JOINED = re.compile(
    r"(?:[,;.]?\s+)(?:(?:and|then|next|afterwards|followed by|finally|after that)\s+)+"
    rf"(?:(?:run|execute|do)\s+)?(?=(?:\$\s*)?{_PROGRAM})"
)
_KIND = (
    r"(?:hey|hi|hello|ok|okay|so|now|then|and|also|first|next|finally|quickly|quick|just|please|pls|plz|kindly|again)"
)
_ASK = (
    r"(?:(?:can|could|would|will|cld) (?:you|u)|i (?:need|want) (?:you )?to|i(?:'d| would) like (?:you )?to|"
    r"go ahead and|let'?s|we need to|you (?:should|may|can)|i need you to|do me a favou?r and|would you mind)"
)
_RUN = (
    r"(?:run|running|execute|exec|do|issue|fire(?: off)?|type|enter|apply|use)"
    r"(?: (?:this|these|the|for me|following|commands?|lines?|one|ones|all|of|two|three|both|in order|in turn))*"
)
_HEAD = re.compile(rf"(?:{_KIND}[\s,]+)*(?:{_ASK}\s+)?(?:{_KIND}[\s,]+)*(?:{_RUN})?[\s:,]*", re.IGNORECASE)
_SHOW = re.compile(
    rf"(?:{_KIND}[\s,]+)*(?:{_ASK}\s+)?(?:(?:show|give|get|tell|send|paste|fetch)(?: me| us)?\s+)?"
    r"(?:what(?:'s| is| does| do)?\s+)?(?:the )?(?:outputs?|results?)?(?: of| from)?[\s:,]*",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[\s,.!?]*(?:for me|please|pls|plz|thanks(?: a lot)?|thank you|thx|ty|cheers|now|asap|says?|show|print|return|"
    r"output|and (?:show|tell|give|send) me (?:the (?:output|result)|what it says|what you get)))*[\s,.!?;]*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"[\s,;.&]*(?:(?:and|then|next|afterwards|followed by|finally|after that)[\s,]*)*(?:{_RUN})?[\s:,]*", re.IGNORECASE
)
_COURTESY = words("please pls plz thanks thx ty cheers now asap")
_COMMENT = re.compile(r"^\s*#(?!\s*(?:kubectl|k)\s).*\n?", re.MULTILINE)
_WORD = re.compile(
    r"""[ \t\r]+|(?P<operator>[;&|<>\n]+)|(?P<word>(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s;&|<>'"\\])+)""", re.DOTALL
)
_PART = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.""", re.DOTALL)
_LATER = re.compile(r"(?:&&|;|\n)+")


@dataclass(frozen=True, slots=True)
class Script:
    """The shell words of each line. `shown`: only what they tell is wanted. `quoted`: they stand apart from
    prose; `bare`: without their program, so that they may be prose."""

    lines: tuple[tuple[str, ...], ...]
    shown: bool = False
    quoted: bool = False
    bare: bool = False


def script(text: str) -> Script | None:
    """The lines that a request consists of; None where it is in words. Raises Stop for what only a shell does."""
    text = re.sub(r"\\\n\s*", " ", text.replace("’", "'").replace("“", '"').replace("”", '"'))
    text = re.sub(r"[^\x00-\u02ff\u1e00-\u214f]+\s*$", "", text).strip()
    if _START.search(text) is None:
        return _bare(text)
    text = _COMMENT.sub("", text)
    fenced = list(_FENCE.finditer(text))
    found = fenced or list(_QUOTED.finditer(text))
    if found:
        return _apart(text, found)
    first = _START.search(text)
    if first is None:
        return None  # it was in a comment
    head = text[: first.start()]
    shown = _head(head)
    if shown is None:
        return None
    lines = _lines(_JOINED.sub("\n", text[first.start() :]), told=bool(head.strip()))
    return Script(tuple(lines), shown) if lines else None


def _bare(text: str) -> Script | None:
    """`scale deploy/web --replicas=3 -n shop`: a line without its program, which its flags tell."""
    word = text.partition(" ")[0]
    if "\n" in text or word not in COMMANDS or not re.search(r"\s(?:-[nAlo]\b|--[a-z][a-z-]+)", text):
        return None
    return _attempt(text)


def _attempt(text: str) -> Script | None:
    found = _split(text) or []
    return (
        None if not found or any(one.operator or one.expands for one in found) else Script((_texts(found),), bare=True)
    )


def _texts(line: list[Word]) -> tuple[str, ...]:
    return tuple(one.text for one in line)


def _head(head: str) -> bool | None:
    """Whether what stands before the lines only wants to see them; None where it says more than to run them."""
    head = f"{head.strip()} " if head.strip() else ""
    if _HEAD.fullmatch(head):
        return False
    return True if _SHOW.fullmatch(head) else None


def _apart(text: str, found: list[re.Match[str]]) -> Script | None:
    shown = _head(text[: found[0].start()])
    between = [text[a.end() : b.start()] for a, b in pairwise(found)]
    if shown is None or not _TAIL.fullmatch(text[found[-1].end() :]) or not all(map(_BETWEEN.fullmatch, between)):
        return None
    lines = [line for one in found for line in _lines(one[1], told=None)]
    return Script(tuple(lines), shown, quoted=True) if lines else None


def _lines(text: str, *, told: bool | None) -> list[tuple[str, ...]]:
    """The shell words of each line, without prompts and the name of the program; [] where one is no line.

    `told`: a sentence goes on before and perhaps behind them; None where they stand apart from all prose.
    """
    split = _split(text)
    lines: list[list[Word]] = [[]]
    for one in split or ():
        if one.operator and _LATER.fullmatch(one.text):
            lines.append([])
        elif one.operator or one.expands:
            raise decline(f"{one.text!r} is for a shell: there is none here, each command stands alone", [one.text])
        else:
            lines[-1].append(one)
    out = [_program(_polite(line, told) if told is not None else line) for line in lines if line]
    return [] if None in out else [line for line in out if line]


def _program(words_: list[Word]) -> tuple[str, ...] | None:
    """The line behind `$ kubectl`; () for one of courtesy alone, None for one of something else."""
    line = [one.text for one in words_]
    while line and line[0] in {"$", "#", "%"}:
        line = line[1:]
    if not line:
        return ()
    if line[0] not in {"kubectl", "kubectl.exe", "k"} or len(line) < 2:
        return None
    return tuple(line[1:])


def _polite(line: list[Word], told: bool) -> list[Word]:
    """Without thanks and the mark of a sentence at its end; what a container is to run is left as it is."""
    if not told and any(one.text == "--" for one in line):
        return line
    while line and line[-1].text.strip(".,!?").casefold() in _COURTESY:
        line = line[:-1]
    last = line[-1].text if line else ""
    if len(last) > 1 and not line[-1].quoted and not last.endswith(("..", "/.")):
        line = [*line[:-1], Word(last.rstrip(".,!?") or last)]
    return line


@dataclass(frozen=True, slots=True)
class Word:
    """A word as a shell reads it. `quoted`: a quote ends it; `expands`: a shell would put something else for it."""

    text: str
    operator: bool = False
    quoted: bool = False
    expands: bool = False


def _split(text: str) -> list[Word] | None:
    """The words as a shell splits them, its operators apart; None where a quote is left open."""
    found: list[Word] = []
    at = 0
    while at < len(text):
        one = _WORD.match(text, at)
        if one is None:
            return None
        at = one.end()
        if one["operator"]:
            found.append(Word(one["operator"], operator=True))
        elif one["word"]:
            said = one["word"]
            open_ = re.sub(r"'[^']*'|\\.", "", said)
            text_ = _PART.sub(_read, said)
            found.append(Word(text_, False, said[-1] in "'\"", re.search(r"\$[\w({]|`", open_) is not None))
    return found


def _read(part: re.Match[str]) -> str:
    """A quoted part without its quotes, an escaped character by itself."""
    said = part[0]
    if said[0] == "'":
        return said[1:-1]
    return re.sub(r"\\([\"\\$`])", r"\1", said[1:-1]) if said[0] == '"' else said[1:]
