"""Turns of speech: what is wished of an object in a roundabout way, put as the plain order that it comes to.

A turn names its object, its place and its values in a fixed pattern, all of which the order keeps; so no frame has to
know the many ways in which people say "autoscale" without saying it.
"""

from __future__ import annotations

import re

from agents.embedded.kube import asked

_NAME = r"[a-z0-9][a-z0-9.-]*[a-z0-9]"
_LONG = r"[a-z0-9]+(?:[.-][a-z0-9]+)+"
_PLACE = (
    rf"(?:,? (?:over |out |up )?(?:in|of|from|on)(?: the)?(?: namespace| ns)? (?P<in>{_NAME})(?: namespace)?"
    rf"|,? (?:namespace|ns) (?P<ns>{_NAME})|,? \((?:namespace |ns )?(?P<paren>{_NAME})\))"
)
_START = r"(?P<start>^|[.!?;:,\n] *|\b(?:and|so|then|but) )"

_UNBOUND = r"(?:(?!\b(?:bind|bound|grant|give|assign)).|\n)"
_TURNS: tuple[tuple[str, str], ...] = (
    (
        r"\band after (?:that|this),? (?=(?:please |also )?(?:"
        r"restart|scale|show|tell|delete|list|check|set|roll|bounce|"
        r"give|resume|pause|drain|cordon|uncordon|label|describe|get|print|report|fetch)\b)",
        "and afterwards ",
    ),
    (r"\bun-(suspend|pause|cordon|taint)", r"un\1"),
    (
        rf"{_START}(?:the |their |our |its )?(?:namespace (?P<name>{_NAME})|(?P<other>{_LONG})) "
        r"(?:may|can|should|is allowed to) (?:now )?(?:go up to|grow to|use up to|have up to|use) "
        r"(?P<size>\d+[kmgt]i?) (?:of )?(?P<what>memory|storage)(?: in total)? "
        r"(?:in|by|under) its quota",
        "{start}set {what} of the quota in namespace {name}{other} to {size}",
    ),
    (
        rf"{_START}(?:sa|service ?account) (?P<name>{_NAME}){_PLACE} (?:has to|needs to|must|should|wants to|may) "
        rf"(?P<verbs>(?:get|list|watch)(?:(?: ?[+,&] ?| and )(?:get|list|watch))*) (?P<kind>[a-z]+) there",
        "{start}grant the service account {name} in namespace {place} {verbs} on {kind}",
    ),
    (
        rf"{_START}(?:pull|yank|strip|cut) (?:all|every|any) (?P<kind>access|rights|permissions) (?:of|from) "
        rf"(?P<name>(?:user|group) {_NAME}) (?:to|in|on|for) (?P<in>{_NAME})",
        "{start}revoke all {kind} of {name} in namespace {in}",
    ),
    (  # what is to be told of each is no filter
        r",? (?:with|and)(?: tell me| say)? (?:how many|which|whether|if)"
        r"(?: (?:replicas|pods|ones|of them|all|they|each|has|have|are|is|of|its|their)){0,5} ready(?= *(?:[.?!]|$))",
        " with their replicas",
    ),
    (r"\bgrace period (?:of )?zero\b", "without grace period"),
    # What is to be made, in the passive; and that a role gives nobody anything yet.
    (
        rf"(?P<start>^|[.!?;:,\n] *|(?:^|[.!?\n] *)in (?:the )?(?:namespace|ns) {_NAME},? )(?:a |an |one |the )?"
        r"(?:new )?(?P<what>role|service ?account|config ?map|namespace|resource ?quota|quota|limit ?range) "
        r"(?:named |called )?"
        rf"(?P<name>{_NAME})(?P<in> (?:in|for) (?:the )?(?:namespace |ns )?{_NAME})? "
        r"(?:is to|are to|shall|should|must|has to|needs to|ought to) be (?:created|made|set up|introduced)\b",
        "{start}create {what} {name}{in}",
    ),
    (
        rf"^(?P<all>{_UNBOUND}*?)[.;,]\s*(?:and )?(?:(?:it|the role|this role|that role) "
        r"(?:shall|should|must|is|needs?) not (?:to )?be bound(?: to (?:anyone|anybody))?|"
        r"no (?:role ?)?binding is (?:required|needed|wanted))(?: yet| so far)?"
        rf"(?P<rest>{_UNBOUND}*)$",
        "{all}{rest}",
    ),
    # The number of a ticket, and what a form puts before the request; `web-1, shop:` is none.
    (
        r"^(?!(?:node|pod|web|db|app|api|job|svc|ns|pvc|pv)-)(?-i:[A-Z]{2,6})-\d{2,7}(?:\s*[:.,/|–—-]+\s+|\s+(?=\(1\)))"
        r"(?:(?:(?:change|information|access|service|support) request|requested change|request|change|task|incident)"
        r"\s*[:.,/|–—-]+\s+)?(?=\w|\()",
        "",
    ),
    (
        r"^(?:task|item|ticket|step|todo|request) (?:#|no\.? )?\d+ (?:says|reads|is|wants|asks)(?: me)?\s*(?::|to)\s+",
        "",
    ),
    (r"^(?:x|\*|•|-|\[ ?\]) ?:? (?=[a-z]+/[a-z])", ""),
    (r"(?<=\d)\s*>=\s*|\s>=\s*(?=\d)", " at least "),
    (r"\s<=\s*(?=\d)", " at most "),
    (r"\s>\s+(?=\d+ restarts)|(?<=restarts)\s+>\s*(?=\d)", " more than "),
    (r"(?<=\w) (?:n|an) (?=(?:also|then) )", " and "),
    (r"\b(who|what|why|where|how|which) (?:the|in the|on) (?:heck|hell|earth|world|devil|blazes)\b", r"\1"),
    (r"\b(?:chuck|slap|stick|pop|whack|bung) (?=(?:a |an |the |this )?(?:label|annotation|taint)s? )", "put "),
    (
        rf"{_START}(?:please )?(?:the )?(?:node )?(?P<name>{_NAME}) "
        r"(?:can|may|should|must|could|is to|needs to|has to) (?:now )?"
        r"(?:go|be put|be taken|come|be) back (?:in|into|to)(?: the)? (?:rotation|service|duty)\b",
        "{start}uncordon node {name}",
    ),
    *(
        (
            rf"{_START}(?:please )?[{sign}](?P<n>\d{{1,3}}) (?:replicas?|pods?|copies|instances?) (?:for|on|to|of) "
            rf"(?P<rest>(?:the )?(?:deployment |deploy |sts |stateful ?set )?{_NAME}{_PLACE})",
            "{start}" + order,
        )
        for sign, order in (("+", "add {n} replicas to {rest}"), ("-", "remove {n} replicas from {rest}"))
    ),
)
_PICTURE = re.compile(
    r"""("[^"\n]*"|`[^`\n]*`|'[^'\n]*')|(?:(?<=\s)|^|(?<=[.!?,])|\s+)[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]+(?![^\s.,!?;:)])"""
)
"""A picture between words, outside of quotes: it says nothing."""
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), order) for pattern, order in (*asked.TURNS, *_TURNS))
_ORDERED = re.compile(r"\{(\w+)\}")


def straight(text: str) -> str:
    """The request with its turns of speech put as orders; all else as it was written."""
    text = _PICTURE.sub(lambda found: found[1] or "", text).strip()
    for pattern, order in _COMPILED:
        text = pattern.sub(lambda found, order=order: _put(found, order), text)  # type: ignore[misc]
    return text


def _put(found: re.Match[str], order: str) -> str:
    said = {key: value or "" for key, value in found.groupdict().items()}
    said["place"] = said.get("in", "") or said.get("ns", "") or said.get("paren", "")
    if "{" not in order:
        return found.expand(order)
    return _ORDERED.sub(lambda hole: said[hole[1]], order)
