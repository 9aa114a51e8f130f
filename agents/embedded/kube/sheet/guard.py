"""Words of a request that must show in what is made for it: a plan without them would be another one.

The frames read each clause for itself; what a neighbour says of the same object they may take for talk. So each skill
that makes something has here the words that change it, and what of the plan takes them up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

Step = tuple[str, JsonObject]


class _Word(NamedTuple):
    skills: tuple[str, ...]
    said: re.Pattern[str]
    shows: Callable[[Sequence[JsonObject]], bool]


def _any(*keys: str) -> Callable[[Sequence[JsonObject]], bool]:
    return lambda calls: any(call.get(key) for call in calls for key in keys)


def _never(calls: Sequence[JsonObject]) -> bool:
    return False


def _word(skills: str, said: str, shows: Callable[[Sequence[JsonObject]], bool] = _never) -> _Word:
    return _Word(tuple(skills.split()), re.compile(rf"(?<![\w./-])(?:{said})(?![\w/-])", re.IGNORECASE), shows)


_WORKLOADS = "kube.create_deployment kube.create_pod kube.run_job kube.create_cron_job"
_WORDS = (
    _word(
        "kube.create_claim", r"volume ?mode|block (?:device|mode|storage|volume)|raw block|reclaim\w*|clone of|snapshot"
    ),
    _word(
        "kube.create_claim",
        r"(?:storage ?)?class(?:name)? (?!of\b|is\b|for\b|in\b|that\b)[a-z0-9-]+",
        _any("storage_class"),
    ),
    _word(
        "kube.create_service_account",
        r"pull(?:s|ing)? (?:its |their |the )?images?|(?:image )?pull ?secret",
        _any("image_pull_secret", "manifest"),
    ),
    _word(_WORKLOADS, r"sleep(?:s|ing)?(?= \d)|command|args", _any("command", "manifest")),
    _word(
        f"{_WORKLOADS} kube.create_service kube.expose",
        r"headless|privileged|read-?only root|host ?network|sidecar|affinity|tolerat\w+|sticky",
    ),
    _word("kube.create_ingress", r"tls|https|ssl|certificates?|paths? /\w\S*|redirect\w*"),
    _word(
        "kube.create_claim",
        r"(?:several|many|multiple|all|different) (?:nodes|machines|pods)|readwritemany|rwx|shared",
        _any("access"),
    ),
    _word(_WORKLOADS, r"(?:image ?)?pull ?policy", _any("image_pull_policy", "pull_policy", "manifest")),
    _word("kube.create_token", r"audience"),
    _word(
        "kube.rollout_undo",
        r"undo (?:the |that |this |my |its )?"
        r"(?:scal|label|annot|restart|taint|suspen|paus|delet|creat|expos|limit|cordon)\w*",
    ),
    _word(
        "kube.rollout_undo", r"before (?:the )?last|next to last|(?:two|three|four|\d+) (?:revisions|versions|releases)"
    ),
    _word(  # a program that is named without being quoted
        _WORKLOADS,
        r"(?:that|which) (?:runs?|executes?) (?!(?:the |an? )?(?:image|every|each|at|on|in|daily|nightly|weekly|hourly"
        r"|monthly|once|as|for|with|under|until)\b)(?!\S*[:/])[a-z][\w.-]*",
        lambda calls: any(
            call.get("command") or "manifest" in call or ":" not in str(call.get("image")) for call in calls
        ),
    ),
    _word(  # so many are wanted, and a remedy may be another one
        "kube.fix",
        r"(?:make sure|ensure|so that|to|at|with) (?:[\w'-]+ ){0,8}\d+ (?:replicas?|pods|copies|instances)",
    ),
    _word(  # some of its pods, where all would be made anew
        "kube.restart",
        r"(?:pods?|replicas?|ones?|instances?)(?: [\w.-]+){0,5} (?:that|which) (?:are|is|aren't|isn't|have|has|had|hang"
        r"|hangs|fail|fails|crash|crashes|run|runs|use|uses)",
    ),
    _word("kube.create_secret", r"(?:in)?to (?:the |a )?(?:local )?file"),  # that is to save one
    _word("kube.expose", r"lead to it|ingress", lambda calls: any("host" in call for call in calls)),
    _word(
        "kube.create_config_map kube.create_quota kube.create_role",
        r"(?:like|as) (?:the (?:one|other)|that) (?:in|of|from)|copied from|copy of",
    ),
    _word(
        "kube.create_quota kube.create_limit_range",
        r"(?:but )?only for (?!the namespace|namespace)\w+|per pod|each pod|scope[sd]?",
    ),
    _word("kube.set_default_storage_class", r"only (?:for|in)"),
    _word("kube.create_cron_job", r"never two|no overlap\w*|concurren\w+|time ?zone|one at a time|history limit"),
)
_COUNTS = re.compile(r"\bhow many\b", re.IGNORECASE)
_OUTWARD = re.compile(
    r"\b(?:can|could|may|do|does|able to|allowed to) (?:[\w.-]+ ){0,6}?(?:reach|access|get to|talk to|connect to|call) "
    r"(?:the )?(?:internet|outside|outer|world|public)\b",
    re.IGNORECASE,
)
_PORT = re.compile(r"\bports?(?: (?:is|are|of|number|no))*[:= ]+(\d{2,5})\b", re.IGNORECASE)
_SPACE = re.compile(
    r"\b(?:in|of|from|into|for|to|inside|within)(?: the| our| my)? (?:namespace|ns) "
    r"(?!\w+(?:ing|ed)\b)([a-z0-9](?:[\w.-]*\w)?)",
    re.IGNORECASE,
)
"""Where it says by the word which namespace: every step may leave another one out, and none may this one."""
_NO_SPACES = words(
    "and or but is are was were has have had with where that which who whose to for from of in on at by as it this so "
    "then than if when while please called named itself only there here must should shall can could will would does do"
)
_PORTED = frozenset({"kube.create_service", "kube.expose", "kube.create_deployment", "kube.create_ingress"})
_DENIALS = frozenset({"deny_all", "deny_egress"})
_NEW = (
    (
        re.compile(
            r"\b(?:an?|another|new|fresh) (?:new |fresh )?(?:namespace|ns)(?! \w+ (?:has|is|needs))\b", re.IGNORECASE
        ),
        "kube.create_namespace",
    ),
    (
        re.compile(r"\b(?:an?|another|new|fresh) (?:new |fresh )?(?:service ?account|sa)\b(?! token)", re.IGNORECASE),
        "kube.create_service_account",
    ),
)
_MADE = re.compile(
    r"\b(?:create|make|set up|generate|add) (?:me |us )?(?:the |an? |another )?(?:new )?"
    r"(?:service ?account|sa)\b(?! token)",
    re.IGNORECASE,
)
_GIVES = frozenset({"kube.grant", "kube.bind_role", "kube.create_quota", "kube.create_limit_range"})


def unsaid(text: str, steps: Sequence[Step]) -> str:
    """The words of the text that the plan does not take up; "" where it takes up all that this table knows."""
    skills = {skill for skill, _ in steps}
    counts: list[str] = _COUNTS.findall(text)
    if len(counts) > max(1, len(steps)) and skills == {"kube.list"}:
        return str(counts[-1])
    found = _OUTWARD.search(text)
    if found and skills == {"kube.audit"}:
        return found[0]  # what is open to the outside is another question
    for one in _WORDS:
        found = one.said.search(text)
        calls = [call for skill, call in steps if skill in one.skills]
        if found and calls and not one.shows([call for _, call in steps]):
            return found[0]
    for skill, call in steps:
        if skill in _GIVES and call.get("namespace") and call["namespace"] in (call.get("user"), call.get("group")):
            return str(call["namespace"])  # the place is nobody
    found = re.search(r"\bundo (?:it|that|this|both|all)\b", text, re.IGNORECASE)
    if found and skills & {"kube.rollout_undo", "kube.undo"} and len(skills) > 1:
        return found[0]  # what is made only now has no number yet, and a rollout is another thing to undo
    plan = str(steps)
    for space in _SPACE.finditer(text):
        if space[1] not in _NO_SPACES and not re.search(
            rf"(?<![\w-]){re.escape(space[1].casefold())}(?![\w-])", plan.casefold()
        ):
            return space[0]
    for port in _PORT.finditer(text):
        if skills & _PORTED and port[1] not in plan:
            return port[0]
    rules = {call.get("rule") for _, call in steps}
    found = re.search(r"\bdns\b|name resolution", text, re.IGNORECASE)
    if found and rules & _DENIALS and "allow_dns" not in rules:
        return found[0]
    for said, skill in _NEW:
        found = said.search(text)
        made = skills & {skill, "kube.create"}
        if found and skills & _GIVES and not made:
            return found[0]
    found = _MADE.search(text)
    if found and skills & _GIVES and not skills & {"kube.create_service_account", "kube.create"}:
        return found[0]
    return ""
