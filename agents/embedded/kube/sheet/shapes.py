"""The values of a sheet: how each is written, and what the skills take for it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from functools import lru_cache

from agents.embedded.kube.lexicon import KINDS, PHRASES
from agents.embedded.kube.rights import plural
from agents.embedded.units import NUMBER_WORDS
from agents.embedded.wordset import words

Value = str | int | dict[str, str] | list[str] | dict[str, object]

_Q = r"[`'\"]?"
_END = r"(?![\w@=]|[/:-]\w|\.\w)"
_LINK = (
    r"(?:\s*(?:[:=]|->|=>|→)\s*|\s+(?:(?:is|are|of|to|be|to be|becomes|as|at|equals|set to|should be|shall be)\s+)?)"
)
_NAME = rf"{_Q}[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?{_Q}{_END}"
_NUMBER = (
    rf"(?:\d+|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-(?:one|two|three|four|five|"
    rf"six|seven|eight|nine)|{'|'.join(word for word in NUMBER_WORDS if word.isalpha())}){_END}(?!\s?%)"
)
_UNIT = r"(?:m|[kMGTPE]i?B?|[mgt]i?b|gi|mi)"
_AMOUNT = rf"\d+(?:\.\d+)?(?:\s?{_UNIT})?{_END}"
_SIZED = rf"\d+(?:\.\d+)?\s?{_UNIT}{_END}"
_WHAT = r"(?:cpus?|cores?|memory|mem|ram)"
_ITEM = (
    rf"(?:{_WHAT}\s*[:=]?\s*(?:of )?{_AMOUNT}(?!\s*{_WHAT}\b)|{_AMOUNT}\s*(?:of )?{_WHAT}\b(?!\s*(?:[:=]|\d))|{_SIZED})"
)
_AND = r"(?:\s*[,;&+/]\s*(?:and\s+)?|\s+and\s+|\s+)"
_TAKEN = (
    "name|namespace|ns|image|replicas|port|targetport|target_port|type|schedule|command|min|max|minavailable|"
    "maxunavailable|minreplicas|maxreplicas|size|storageclass|access|host|service|serviceaccount|cpu|memory|limits|"
    "requests|cascade|class|verbs|resources|container|env|labels|label|selector|to|from|ports|which|path"
)
"""Keys that are attributes of a sheet: behind a comma and a space they are no labels."""
_DATUM = r"(?:\"[^\"\n]*\"|'[^'\n]*'|[\w./:@+%-]*[\w/%])"
_PAIR = rf"[a-z0-9][\w./-]*\s?=\s?{_DATUM}"
_PAIRS = rf"{_PAIR}(?:,{_PAIR}|{_AND}(?!(?:{_TAKEN})\s?=){_PAIR})*(?![\w=])"
_ENV = rf"(?-i:[A-Z][A-Z0-9_]*)\s?=\s?{_DATUM}"
_YAML = rf"{_Q}[a-z0-9][\w./-]*{_Q}:\s?[\w./-]*\w{_END}"
_WORDS = r"[\w./:=@+%-]+(?: [\w./:=@+%-]+)*?(?<![.:])(?=\s*(?:[,;\n)]|\.(?:\s|$)|$))"
_KEY = rf"{_Q}[\w][\w.-]*{_Q}(?<![.,])"
_NO_VALUE = (
    "missing|removed|dropped|deleted|gone|wrong|empty|unset|updated|changed|stays?|remains?|unchanged|"
    "same|as|is|was|be|"
    "needed|required|from|to|in|of|for|the|a|an|lowered|raised|increased|decreased|doubled|halved|adapted|adjusted|"
    "fixed|corrected|set|not|no|too|wants?|has|higher|lower|bigger|smaller|more|less"
)
_NO_KEY = (
    "set|change|unset|drop|remove|keep|leave|the|key|keys|all|rest|everything|nothing|other|others|add|to|is|are|not"
)
_AFTER_KEY = (
    r"(?=\s*(?:[,.;)\n]|$)|\s+(?:that|which|whose|filled|random\w*|and|is|are|gets?|to|has|have|"
    r"shall|should|must|will|in|from|with|as)\b)"
)
_ONE_KEY = rf"(?!(?:{_NO_KEY})\b){_KEY}{_AFTER_KEY}"
_LIST = r"(?:\s*,\s*(?:and\s+)?|\s+and\s+)"
_VERB = "get|list|watch|create|update|patch|delete|deletecollection|read"
_VERBS = rf"(?:{_VERB})\b(?:(?:\s*[,/+&]\s*(?:and\s+)?|\s+and\s+)(?:{_VERB})\b)*"
_FORMS = sorted(
    {*KINDS, *(" ".join(said) for said, one in PHRASES.items() if one in KINDS.values())}, key=len, reverse=True
)
_KIND = rf"(?:{'|'.join(map(re.escape, _FORMS))})(?:/(?:log|exec|scale|status|portforward|eviction))?(?![\w/-])"
_COMMON = words("with and in for namespace image schedule replicas plus every using ns")


def _text(said: str) -> str:
    return said.strip().strip("`'\"")


def _name(said: str) -> str | None:
    name = _text(said)
    return name if re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name) else None


def _int(said: str) -> int | None:
    low = said.casefold().split("/")[0].strip(" %")
    value = sum(NUMBER_WORDS.get(part, 0) for part in low.split("-")) if "-" in low else NUMBER_WORDS.get(low, low)
    return int(value) if str(value).isdigit() and len(str(value)) < 9 else None


def amount(said: str) -> str:
    """`512 MiB` as `512Mi`: the suffixes that the API takes."""
    found = re.fullmatch(r"([\d.]+)\s*([a-zA-Z]*)", said.strip())
    if not found or not found[2] or found[2] == "m":
        return said.strip()
    unit = found[2].removesuffix("b").removesuffix("B")
    return found[1] + ("k" if unit.casefold() == "k" else unit[0].upper() + unit[1:].casefold())


def _amounts(said: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for item in re.finditer(_ITEM, said, re.IGNORECASE):
        value = re.search(rf"\d+(?:\.\d+)?(?:\s?{_UNIT}\b)?", item[0], re.IGNORECASE)
        what = re.search(_WHAT, item[0], re.IGNORECASE)
        size = amount(value[0]) if value else ""
        memory = what[0].casefold().startswith(("m", "r")) if what else not size.endswith("m")
        key = "memory" if memory else "cpu"
        if not size or key in found or (memory and size.endswith("m")) or (not memory and size[-1] in "iMGTPEk"):
            return None
        found[key] = size
    return found


def pairs(said: str) -> dict[str, str] | None:
    """`a=1, b=2`; None where a key is said twice."""
    found: dict[str, str] = {}
    for one in re.finditer(_PAIR, said, re.IGNORECASE):
        key, _, value = one[0].partition("=")
        if found.setdefault(key.strip(), _text(value)) != _text(value):
            return None
    return found


def _yaml(said: str) -> dict[str, str]:
    key, _, value = said.partition(":")
    return {_text(key): _text(value)}


def _command(said: str) -> list[str] | None:
    quoted = said[:1] in "`'\""
    try:
        parts = shlex.split(said[1:-1] if quoted else said)
    except ValueError:
        return None
    bad = re.search(r"[|&;<>$`\\]", said[1:-1] if quoted else said)
    return None if bad or not parts or (not quoted and _COMMON & {part.casefold() for part in parts}) else parts


def _keys(said: str) -> list[str]:
    return [_text(part) for part in re.split(rf"{_LIST}(?:the\s+)?", said) if _text(part)]


def _listed(said: str) -> list[str]:
    return list(dict.fromkeys(re.findall(_VERB, said.casefold())))


def kind_of(said: str) -> str:
    """The one word for a kind, from its forms of one word and of several; "" for what is none."""
    low = " ".join(said.casefold().split())
    one = KINDS.get(low) or PHRASES.get(tuple(low.split()), "")
    return one if one in KINDS.values() else ""


def _kinds(said: str) -> list[str] | None:
    found: list[str] = []
    for part in _keys(said):
        base, _, sub = part.casefold().partition("/")
        kind = kind_of(base)
        if not kind:
            return None
        found.append(plural(kind) + (f"/{sub}" if sub else ""))
    return found


def _access(said: str) -> str | None:
    short = {"rwo": "ReadWriteOnce", "rwx": "ReadWriteMany", "rox": "ReadOnlyMany", "rwop": "ReadWriteOncePod"}
    return short.get(said.casefold()) or next(
        (one for one in short.values() if one.casefold() == said.casefold()), None
    )


def _type(said: str) -> str | None:
    low = re.sub(r"[\s-]", "", said.casefold())
    return next((one for one in ("ClusterIP", "NodePort", "LoadBalancer") if one.casefold() == low), None)


def _seconds(said: str) -> int | None:
    found = re.match(r"(\d+)\s*([a-z]?)", said.casefold())
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]] if found else None


def _span(said: str) -> int | None:
    """`two hours`, `half an hour`, `90m`, `a day` in seconds."""
    low = said.casefold().replace("-", " ")
    found = re.fullmatch(r"(half an?|half|an?|one|\d+|[a-z]+)\s*([a-z]+)", low)
    if found is None:
        return None
    unit = next((size for forms, size in _UNITS.items() if found[2] in forms), 0)
    amount_ = (
        0.5 if found[1].startswith("half") else 1 if found[1] in {"a", "an"} else NUMBER_WORDS.get(found[1], found[1])
    )
    return int(float(amount_) * unit) if unit and str(amount_).replace(".", "").isdigit() else None


_COUNTED = {"cpus": "cpu", "core": "cpu", "cores": "cpu", "mem": "memory", "ram": "memory", "pod": "pods"}
_UNITS = {
    words("s sec secs second seconds"): 1,
    words("m min mins minute minutes"): 60,
    words("h hr hrs hour hours"): 3600,
    words("d day days"): 86400,
    words("w week weeks"): 604800,
}
_DAYS = {
    "sun": "0", "mon": "1", "tue": "2", "wed": "3", "thu": "4", "fri": "5", "sat": "6",
    "weekday": "1-5", "work": "1-5", "weekend": "0,6", "day": "*", "night": "*", "morning": "*", "evening": "*",
    "daily": "*", "nightly": "*",
}  # fmt: skip
_DAY = (
    r"(?:sun|mon|tues?|wednes|thurs?|fri|satur)days?|weekdays?|working days?|workdays?|weekends?|days?|nights?|"
    r"mornings?|evenings?|daily|nightly"
)
_TIME = r"(?:\d{1,2}(?:[:.h]\d{2})?(?:\s?[ap]m)?|midnight|noon)(?!\w)"
_WHEN = (
    rf"(?:(?:every|each)\s+(?:\d+|{'|'.join(word for word in NUMBER_WORDS if word.isalpha())})\s?(?:minutes?|"
    rf"mins?|hours?|hrs?|h|m)\b"
    rf"|(?:every|each|once an?|once every)\s+(?:half\s+(?:an\s+)?)?(?:hour|minute)\b|hourly\b"
    rf"|(?:(?:every|each|on|once an?)\s+)?(?:{_DAY})(?:\s+(?:morning|night|evening))?,?\s+(?:at|@)\s+{_TIME}"
    rf"|(?:at|@)\s+{_TIME}(?:\s+in the (?:morning|evening))?,?\s+(?:every|each|on)?\s*(?:{_DAY}))"
)


def _when(said: str) -> str | None:
    """A schedule in words as the five fields of cron; None where it cannot be told for sure."""
    low = " ".join(said.casefold().replace("@", "at").split())
    often = re.fullmatch(r"(?:every|each) (\d+|[a-z]+) ?(minutes?|mins?|m|hours?|hrs?|h)", low)
    if often:
        count = int(NUMBER_WORDS.get(often[1], often[1])) if often[1].isdigit() or often[1] in NUMBER_WORDS else 0
        whole = 24 if often[2].startswith("h") else 60
        if not count or count >= whole or whole % count:
            return None
        step = f"*/{count}" if count > 1 else "*"
        return f"0 {step} * * *" if whole == 24 else f"{step} * * * *"
    if "half" in low:
        return "*/30 * * * *"
    if "minute" in low:
        return "* * * * *"
    if "hour" in low:
        return "0 * * * *"
    day = re.search(_DAY, low)
    time = re.search(rf"at ({_TIME})", low)
    if day is None or time is None:
        return None
    clock = re.fullmatch(r"(\d{1,2})(?:[:.h](\d{2}))?(?: ?([ap])m)?", time[1])
    hour, minute = (0 if time[1] == "midnight" else 12, 0) if clock is None else (int(clock[1]), int(clock[2] or 0))
    if clock is not None and clock[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (clock[3] == "p")
    elif clock is not None and ("evening" in low or "night" in low) and 1 <= hour <= 11 and "evening" in low:
        return None
    fields = next((field for form, field in _DAYS.items() if day[0].startswith(form)), "")
    return f"{minute} {hour} * * {fields}" if hour < 24 and minute < 60 and fields else None


def _bound(said: str) -> int | str | None:
    return said.replace(" ", "") if said.endswith("%") else _int(said)


def _ports(said: str) -> list[int]:
    return [int(port) for port in re.findall(r"\d+", said)]


def _scalar(said: str) -> Value | bool | None:
    text = said.strip()
    if text.isdigit():
        return int(text)
    return {"true": True, "false": False}.get(text.casefold(), _text(text))


_SHAPES: dict[str, tuple[str, Callable[[str], object]]] = {
    "name": (_NAME, _name),
    "int": (_NUMBER, _int),
    "port": (r"\d{1,5}(?:/tcp)?" + _END, _int),
    "percent": (r"\d{1,3}\s?(?:%|percent\b|per cent\b|pct\b)", lambda said: _int(re.match(r"\d+", said)[0])),  # type: ignore[index]
    "bound": (rf"(?:\d{{1,3}}\s?%|{_NUMBER})", _bound),
    "amount": (_AMOUNT, amount),
    "size": (_SIZED, amount),
    "amounts": (rf"[{{]?{_ITEM}(?:{_AND}{_ITEM})*[}}]?", _amounts),
    "image": (rf"{_Q}[a-z0-9][\w.-]*(?::\d+)?(?:/[\w.-]+)*(?::[\w.-]*\w)?(?:@sha256:[0-9a-f]+)?{_Q}(?<![.])", _text),
    "tagged": (rf"{_Q}[a-z0-9][\w./-]*(?::\d+/[\w./-]+)?:[\w.-]*\w{_Q}", _text),
    "pairs": (_PAIRS, pairs),
    "yaml": (_YAML, _yaml),
    "command": (rf"(?:`[^`\n]+`|\"[^\"\n]+\"|'[^'\n]+'|{_WORDS})", _command),
    "schedule": (rf"{_Q}(?:(?:[\d*][\d*/,-]*\s+){{4}}[\d*a-z]+(?:[/,-][\d*a-z]+)*|@[a-z]+){_Q}(?![\w*/])", _text),
    "path": (rf"{_Q}/?\w[\w./-]*\w{_Q}", _text),
    "file": (rf"{_Q}\w[\w./-]*\.\w+{_Q}{_END}", _text),
    "url": (rf"{_Q}/[\w./?=&-]*{_Q}(?<![.,])", _text),
    "host": (rf"{_Q}(?:\*\.)?[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+{_Q}{_END}", _text),
    "key": (_KEY, _text),
    "keys": (rf"{_ONE_KEY}(?:{_LIST}{_ONE_KEY})*", _keys),
    "value": (r"(?:`[^`\n]*`|\"[^\"\n]*\"|'[^'\n]*'|[^\s,;()]*[^\s,;().:!?])", _text),
    "spoken": (
        rf"(?!(?:{_NO_VALUE})\b)(?:`[^`\n]*`|\"[^\"\n]*\"|'[^'\n]*'|[^\s,;()]*[^\s,;().:!?])"
        r"(?=\s*(?:[,;)\n]|$|\.(?:\s|$))|\s+and\b)",
        _text,
    ),
    "capital": (r"(?-i:[A-Z][A-Z0-9_]+)(?!\w)", _text),
    "upper": (r"(?-i:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*|[a-z][\w-]*[_.][\w.-]*\w)(?![\w])", _text),
    "verbs": (_VERBS, _listed),
    "kinds": (rf"{_KIND}(?:{_LIST}(?:the )?{_KIND})*", _kinds),
    "envs": (rf"{_ENV}(?:{_AND}{_ENV})*(?![\w=])", pairs),
    "access": (r"(?:rw[ox]p?|rox|read(?:write|only)(?:oncepod|once|many))\b", _access),
    "type": (r"(?:cluster\s?-?ip|node\s?-?port|load\s?-?balancer)\b", _type),
    "seconds": (r"\d+\s?(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)?\b", _seconds),
    "who": (rf"{_Q}[\w.+@-]*\w(?::[\w.:-]+\w)?{_Q}", _text),
    "account": (
        rf"{_Q}(?:[a-z0-9-]+[/:])?[a-z0-9][a-z0-9.-]*[a-z0-9]{_Q}{_END}",
        lambda said: _text(said).replace(":", "/"),
    ),
    "workload": (r"(?:deployment|statefulset|daemonset|deploy|sts|ds|stateful set|daemon set)\b", kind_of),
    "scalar": (r"(?:`[^`\n]*`|\"[^\"\n]*\"|\d+|true|false|[A-Z]\w*)" + _END, _scalar),
    "field": (r"spec(?:\.[a-z]\w*)+", lambda said: said),
    "span": (
        r"(?:half[ -]an?|half|an?|\d+|[a-z]+)[\s-]?(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|weeks?)\b",
        _span,
    ),
    "when": (_WHEN, _when),
    "manifest": (rf"{_Q}(?!/)[\w./-]+\.ya?ml{_Q}(?![\w/])", _text),
    "local": (rf"{_Q}(?![/.])[\w-][\w./-]*(?:\.\w+|/[\w-]+){_Q}(?![\w/:])", _text),
    "place": (rf"{_Q}(?!/)[\w-][\w./-]*\w{_Q}{_END}", _text),
    "absolute": (rf"{_Q}/[\w./+@-]*[\w/]{_Q}(?![\w/])", _text),
    "gigs": (r"\d+\s?(?:gigs?|gigabytes?|gibibytes?)(?=\s*\(gi\))", lambda said: re.match(r"\d+", said)[0] + "Gi"),  # type: ignore[index]
    "kind": (rf"{_KIND}", lambda said: kind_of(said) or None),
    "count": (r"\d+", _int),
    "bare": (r"\d{1,3}(?:\s?%)?", _int),
    "portlist": (r"\d{1,5}(?:/tcp)?(?:(?:\s*,\s*|\s+and\s+)\d{1,5}(?:/tcp)?)*" + _END, _ports),
    "cascade": (r"(?:orphan|foreground|background)\b", str.casefold),
    "counted": (
        r"(?:(?:requests|limits)\.(?:cpu|memory|storage|ephemeral-storage)|services\.(?:nodeports|"
        r"loadbalancers)|cpus?|cores?|mem(?:ory)?|ram|"
        r"pods?|services|secrets|configmaps|persistentvolumeclaims|replicationcontrollers|"
        r"count/[a-z]+(?:\.[a-z]+)*)(?![\w./-])",
        lambda said: _COUNTED.get(said.casefold(), said.casefold()),
    ),
    "plain_name": (r"[a-z0-9][a-z0-9-]*", _name),
    "time": (r"\d+\s?(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b", _seconds),
    "label": (r"[a-z0-9][\w./-]*", lambda said: said),
    "plain": (r"[\w.-]*\w", lambda said: said),
    "effect": (r"(?-i:NoSchedule|PreferNoSchedule|NoExecute)\b", lambda said: said),
}


@lru_cache(maxsize=1024)
def pattern(template: str) -> re.Pattern[str]:
    """A template as a pattern: `~` is a link such as `:`, `=` or `is`, `<argument:shape>` a value.

    `<a.b:shape>` is a value within the mapping `a`; `<@a:shape>` the key of an entry of it, with `<@value:shape>`.
    """
    found = re.sub(r"<([@\w.]+):(\w+)>", lambda hit: f"(?P<{_group(hit[1])}__{hit[2]}>{_SHAPES[hit[2]][0]})", template)
    found = re.sub(r"(?<!\[) ", r"\\s+", found.replace("~", _LINK).replace(" ?", r"\s*"))
    return re.compile(found, re.IGNORECASE)


def _group(argument: str) -> str:
    return argument.replace(".", "_dot_").replace("@", "entry_")


def values(found: re.Match[str]) -> dict[str, object] | None:
    """The arguments that a match of a template says; None where a value is none of its shape."""
    out: dict[str, object] = {}
    entry: list[str] = []
    for group, said in found.groupdict().items():
        if said is None:
            continue
        argument, _, shape = group.rpartition("__")
        value = _SHAPES[shape][1](said)
        if value is None or value == "":
            return None
        if argument.startswith("entry_") and argument != "entry_value":
            entry = [argument.removeprefix("entry_"), *(str(value).split(".") if shape == "field" else [str(value)])]
        else:
            out[argument] = value
    if entry:
        value = out.pop("entry_value")
        return nested(entry, value if isinstance(value, bool | int) and entry[0] == "patch" else str(value))
    return {path[0]: value for key, value in out.items() for path in [key.split("_dot_")] if len(path) == 1} | {
        key: value
        for dotted, one in out.items()
        if "_dot_" in dotted
        for key, value in nested(dotted.split("_dot_"), one).items()
    }


def nested(path: list[str], value: object) -> dict[str, object]:
    """`{a: {b: value}}` for the path a, b."""
    return {path[0]: nested(path[1:], value) if len(path) > 1 else value}
