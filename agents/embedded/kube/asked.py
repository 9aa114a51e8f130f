"""Turns of speech of questions and of what is told before an order, each as the plain form that it comes to.

As in `turns`, a pattern keeps every name, value and place of what it meets; what it drops says who wants to know.
"""

from __future__ import annotations

_NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_ASKED = r"(?=(?:which|what|when|where|who|whose|how)\b)"
_BEGIN = r"(?:^|(?<=[.!?] ))(?:hi|hey|hello|(?:good )?morning)?[,!. ]*"
_KINDLY = r"(?:please |kindly |quickly )*"
_WHO = r"(?:the |our |my )?(?:[\w'-]+ ){0,3}[\w'-]+"
_PEOPLE = r"(?:the )?(?:users?|groups?|sas?|service ?accounts?|accounts?|people)"
_PLACE = rf"(?:in|of|from) (?:the )?(?:namespace |ns )?(?P<in>{_NAME})"

TURNS: tuple[tuple[str, str], ...] = (
    (
        rf"{_BEGIN}(?:could|can|would|will) (?:someone|somebody|anyone|anybody|you) {_KINDLY}(?:tell|remind) (?:me|us) "
        rf"{_ASKED}",
        "",
    ),
    (rf"{_BEGIN}(?!(?:i|we)\b){_WHO} (?:wants?|needs?|would like|has|have) to know {_ASKED}", ""),
    (
        rf"{_BEGIN}i (?:forgot|forget|don't know|do not know|don't remember|can't remember|always forget) {_ASKED}",
        "",
    ),
    (r",? (?:can|could) you (?:please )?(?:look (?:that|it|this) up|find (?:that|it|this) out)(?: for (?:me|us))?", ""),
    (  # an account of one namespace, asked about or given something in another
        r"(?P<lead>\b(?:can|may|could|might|is|whether|if|does|give|let|allow|grant|to) )(?:the )?"
        rf"(?:service ?account|sa) (?P<sa>{_NAME}) (?:in|of|from) (?:the )?(?:namespace |ns )?(?P<home>{_NAME})"
        r"(?= (?!in |of |from )[^.?!;\n]* in (?:the )?(?:namespace |ns )?(?!(?:the|all|total|detail|general)\b)"
        rf"{_NAME})",
        "{lead}system:serviceaccount:{home}:{sa}",
    ),
    (
        r"(?P<all>\b(?P<node>(?:node|worker|master)-[\w-]*\w)\b[^.?!]*?)\b(?:that|this|the same) (?:node|machine)\b",
        "{all}{node}",
    ),
    (
        rf"{_BEGIN}{_KINDLY}(?:make sure|ensure|see to it|take care) (?:that )?"
        rf"(?P<what>{_NAME} in (?:namespace |ns )?{_NAME}) (?:runs?|has|is running|have|is) (?:with |at |on )?"
        r"(?:exactly )?(?P<count>\d+) (?:replicas|pods|instances|copies)(?= *(?:[.!]|$))",
        "scale {what} to {count} replicas",
    ),
    (r"(?<=\? )(?=(?:need|want|have) to \w+)", "we "),
    (
        rf"(?P<asked>\bwho (?:all )?(?:can|may|could|is|are|has)\b[^?]*\?)\s*(?:just |only )?(?:the )?names? of "
        rf"{_PEOPLE}(?:(?:, | and | or |, and ){_PEOPLE})*",
        "{asked}",
    ),
    (r"\b(?:revisions? list|list of (?:the )?revisions) (?:for|of) ", "rollout history of "),
    (
        r"(?P<all>\b(?:history|revisions?)\b[^?]*?),? (?:with |incl\.? |including )?(?:the )?change[- ]causes?"
        r"(?: included| too| as well)?(?= *(?:[.?!]|$))",
        "{all}",
    ),
    (
        rf"(?P<cm>\b(?:cm|config ?map) {_NAME}) {_PLACE} (?:says|has|contains|reads) (?P<key>[\w.-]+)\s*[:=]\s*"
        r"[\w.-]+, (?:please )?(?:make|change|set|turn) (?:that|it) (?:to |into )?(?P<value>[\w.-]*\w)",
        "change {key} to {value} in {cm} in {in}",
    ),
    (
        rf"\b(?:give|grant) (?P<who>(?:user|group) {_NAME}) (?P<role>edit|view|admin) (?:there|in it)\b",
        "bind the cluster role {role} to {who}",
    ),
    (
        r"(?P<all>\blimit ?range\b[^.;:]*?),? so that (?:every|each) container (?:gets|has) (?P<what>[^.;:]+?) as "
        r"(?:its |the )?default (?P<side>limit|request)s?",
        "{all} with a default {side} of {what}",
    ),
    (
        rf"{_BEGIN}{_WHO} (?:asks?|asked) for (?:a |the )?(?P<pair>[\w./-]+=[\w.-]*\w) (?P<noun>label|annotation) on "
        r"(?P<rest>[^,?.]+),? (?:can|could|would) you (?:please )?(?:add|set|put) it(?: there| on)?\b",
        "add the {noun} {pair} to {rest}",
    ),
    (
        r"\bpods (?:with |labell?ed )?(?P<a>[\w./-]+=[\w.-]+) (?:take|accept|get|receive) traffic on (?:port |tcp )?"
        r"(?P<port>\d+) from (?P<b>[\w./-]+=[\w.-]+) pods",
        "only pods with {b} may reach pods with {a} on tcp {port}",
    ),
    (
        rf"(?P<all>\bcron ?job\b[^.!?;]*?)[;,.] (?:and )?(?:please )?(?:call|name) the job (?P<job>{_NAME})",
        "{all} as job {job}",
    ),
    (r",? everything else inbound (?:is|gets) (?:dropped|blocked|denied)", ", nothing else inbound"),
)
