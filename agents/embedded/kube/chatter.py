"""Words that tell and ask for nothing: whom a thing is for, why it is wanted, how the person feels about it.

A request that makes something says each value (a name, an image, a quantity), and each of them must find its place.
What else it says is talk, in words that nobody can list. So here are the words that are never talk, because they would
change what is made, and the places where a verb is one of a story and no order.
"""

from __future__ import annotations

from agents.embedded.kube.lexicon import BASES, COMMANDS, CONDITIONS, KIND_NAMES, NEGATIONS, VERB_LEMMAS
from agents.embedded.kube.view import View
from agents.embedded.kube.vocabulary import known
from agents.embedded.wordset import words

COST = 0.25
"""What each word of talk takes off the weight of a reading: as much as where the clause is left out."""
_TELLING = words(
    # What an object may be made with.
    "tls ssl https headless immutable privileged readonly sidecar init volume mount disk storage probe readiness "
    "liveness startup affinity toleration selector hostaccess sticky session externally externalname rewrite path "
    "prefix wildcard class parallel parallelism completion completions backoff retries ttl timezone concurrency "
    "audience block filesystem reclaim finalizer annotation label "
    "priority ephemeral gpu cpu core memory ram mem limit request quota cap budget port "
    "targetport nodeport loadbalancer clusterip clusterinternal pullpolicy env command args entrypoint image tag "
    "container schedule hourly daily weekly monthly nightly weekday weekend cron maximum minimum max min least most "
    "replica instance copy clone same identical similar "
    # Who may do or reach what.
    "ingress egress incoming outgoing inbound outbound traffic dns tcp udp sctp denyall block allow reach user group "
    "account admin edit view read write right permission access rootuser clusteradmin secret password token "
    "certificate key value file random literal "
    # How much, where and when.
    "yaml json manifest status logs "
    "only everything both every each everywhere clusterwide tomorrow later twice thrice overwrite existing"
)
_MILD = words("need want have let get make go keep use give like see know look help come say")
_TOLD = frozenset({"state", "wish"})
_JOINED = words("and then or but also plus")


_PLACES = words("in of from on at inside within under")


def talk(v: View, at: int) -> bool:
    """Whether the word at a position only tells."""
    token = v.tokens[at]
    low, form = token.low, token.lemma
    if low in {"everything", "all"} and v.lemmas[at + 1 : at + 2] in (["live"], ["be"], ["belong"], ["go"]):
        return True
    if low == "all":
        return [t.low for t in v.tokens[at + 1 : at + 3]] in (["of", "it"], ["of", "this"], ["of", "that"])
    if not token.word or " " in token.text or {low, form} & (NEGATIONS | CONDITIONS | _TELLING | KIND_NAMES):
        return False
    if form in VERB_LEMMAS:
        return _story(v, at) or (form in _MILD and low in COMMANDS | _MILD)
    return known(token) or _described(v, at)


def _story(v: View, at: int) -> bool:
    """A verb of a statement: somebody does it, or it was done."""
    token, before = v.tokens[at], v.tokens[at - 1].low if at else ""
    if before in {"a", "an", "the", "our", "my", "their"}:  # `the load test`
        return True
    if v.moods[at] not in _TOLD:
        return False
    return token.low not in BASES or _subject(v, at) or (before == "to" and v.moods[at] == "state")


def _subject(v: View, at: int) -> bool:
    """`somebody must fetch`, `they deploy`: another one does it."""
    return any(t.low in _OTHERS for t in v.tokens[max(0, at - 3) : at])


_OTHERS = words("they he she somebody someone people nobody who it team that which")


def _described(v: View, at: int) -> bool:
    """An unknown word in a phrase: `for the vendor`; at the head of a clause it may be an order: `wipe ...`."""
    before = v.tokens[at - 1] if at else None
    return (
        (v.moods[at] == "state" and (before is None or before.low not in _PLACES))
        or v.tokens[at].low.endswith("ed")
        or (before is not None and before.word and before.low not in _JOINED | _PLACES)
    )
