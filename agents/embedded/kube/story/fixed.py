"""Turns of speech with which people assure that something stays as it is, or say where and what a thing is."""

from __future__ import annotations

import re

_N = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_NP = r"(?:[\w'./-]+\s+){0,7}?"
_CHANGED = (
    r"(?:touch|change|restart|delete|remove|scale|modify|edit|break|kill|drain|stop|mess with|mess|force"
    r"|overwrite|bind|go near|"
    r"roll (?:it |that |them |anything )?back|rollback|wipe|reboot|recreate|redeploy|alter|evict|fix|do|repair"
    r"|intervene|"
    r"paste|forget|worry|bother|apply|cancel|lose|drop|repeat|wait|ask|panic|interfere|interrupt)"
)
_TAIL = (
    r"(?:\s+(?:as (?:it|they|he|she) (?:is|are|was|were)|as is|as-is|as before|exactly|precisely|like (?:it"
    r"|they) (?:is|are)|"
    r"what (?:it|they) (?:is|are)|the way (?:it|they) (?:is|are)|how (?:it|they) (?:is|are)|"
    r"where (?:it|they) (?:is|are)|alone|untouched|unchanged|running|the same|in place|put|there|in there|on|up"
    r"|live|please|though|"
    r"for now|of course|today|yet|anyway|in peace|be|theirs|its image|their values?|with us|with it|online|here|now|"
    r"as usual|in use|needed|fine|okay|ok|until [\\w' ]+))*"
)
_STAYS = r"(?:stays?|remains?|survives?|keeps?(?: (?:running|its \w+|theirs))?|lives? on|finish(?:es)?|runs? on)"
_ASSURED = re.compile(
    rf"(?:(?:and|but|so|,|just|please|pls|also|only|ok)\s+)*(?:"
    # What is not to be done.
    rf"(?:please )?(?:don't|do not|dont|never|you (?:must|should|need) not|must not|no need to|don't ever|do NOT)\s+"
    rf"(?:please |ever |just |yet |even |also )*{_CHANGED}\b(?:(?!\b(?:after|when|until|unless|without|twice"
    rf"|tomorrow|and|but)\b)[^=/])*"
    rf"|(?:keep )?(?:your |the )?hands off\b[^=/]*|keep your (?:hands|fingers) (?:off|away from)\b[^=/]*"
    rf"|(?:change|touch|restart|delete|do|remove|break)\s+(?:nothing|no\w*)\b[^=/\d]*"
    rf"|(?:leave|keep|let)\s+{_NP}(?:alone|as is|as-is|as (?:it|they) (?:is|are|was|were)|untouched|unchanged"
    rf"|in peace|running|"
    rf"be|where (?:it|they) (?:is|are)|the way (?:it|they) (?:is|are)){_TAIL}"
    # What stays by itself.
    rf"|{_NP}(?:must |should |has to |have to |may |can |will |shall |ought to |is to |are to |does "
    rf"|do )?{_STAYS}{_TAIL}"
    rf"|{_NP}(?:must|should|may|can|shall|is to|are to|will|does|do|need|needs|ought)(?: not"
    rf"|n't)? (?:to )?(?:be )?(?:never |not )?"
    rf"(?:change|be (?:changed|touched|affected|killed|deleted|removed|restarted|moved|lost|dropped|altered"
    rf"|interrupted))"
    r"(?: yet| now| please| today| though)*"
    rf"|{_NP}(?:isn't|aren't|is not|are not|doesn't|don't)(?: to)?(?: (?:be|get))? (?:changed|touched|affected"
    rf"|killed|deleted|removed|"
    r"restarted|moved|altered|interrupted|evicted|meant)(?: yet| now| please| today)*"
    rf"|{_NP}(?:is|are)\s+(?:fine|okay|ok|good|right|correct|in use|needed|enough|all right)(?: (?:as|where"
    rf"|like|the way) (?:it|they) (?:is|are))?"
    rf"(?: there| now)*"
    rf"|[\w' ,]+?\bas (?:before|usual|always|they are|it is)"
    rf"|[\w]+ (?:does|do|will do) that (?:himself|herself|myself|ourselves|themselves)"
    # Nothing more.
    rf"|(?:please )?no(?:t)? (?:rollouts?|rollbacks?|restarts?|interventions?|changes?|downtime|deletions?"
    rf"|force|surge)(?: (?:please|yet|now|though))*"
    rf"|nothing (?:else|more|inside|other|there)\b[^=/\d]*|not (?:more|longer|less) than that|and no more"
    rf"|no more|not one bit beyond"
    rf"|(?:nobody|no one) (?:else )?(?:gets|should get|is) (?:evicted|hurt|affected)"
    rf"|(?:read(?:ing)?[- ]only|just (?:look|looking|asking|reading|tell me|the list)|only (?:asking|looking"
    rf"|reading|look|tell me)|hands off|no hurry|no rush|just that variable|"
    rf"just this one|just that(?: one)?|only that(?: one)?|only this one|that's (?:all|it))(?: please)*"
    rf"|it(?: must|'s|'d| is)? ?(?:not|n't|doesn't have to|needn't|need not) (?:have to "
    rf"|need to )?be reachable from (?:the )?outside"
    rf"|if (?:it|that|this|he|she|they) (?:was|were|is|are) [\w ]+ (?:they|he|she|the \w+) (?:can|may|will"
    rf"|could) [\w ]+"
    rf"|if nothing (?:turns up|comes up|is found|is there)(?: then)? (?:say so|tell me|just say so)"
    rf"|that is an answer(?: as well| too)"
    rf"|{_NP}(?:come|comes|follow|follows|(?:are|is|will be|gets?) (?:requested|handled|done|decided|discussed"
    rf"|added|made|set up))"
    rf" (?:later|separately|elsewhere|afterwards|tomorrow|next \w+|on \w+day|in (?:a|another) \w+ ?\w*)(?: [\w ]+)?"
    rf"|{_NP}(?:we|they|i) (?:discuss|decide|handle|do|settle) (?:later|separately|on \w+day|tomorrow|next \w+)"
    rf"|(?:so )?nothing to do there|there's no hurry|take your time"
    r")",
    re.IGNORECASE,
)
_HELD = re.compile(
    r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|least|most|every \w+ (?:gets|has)|paused"
    r"|suspended|stopped|off|closed|zero|only)\b",
    re.IGNORECASE,
)
_KIND = (
    r"(?:deployment|deploy|statefulset|sts|daemonset|ds|pod|job|cron ?job|service|svc|config ?map|secret|node"
    r"|role|ingress|"
    r"service account|namespace)"
)
_PLACED = re.compile(
    rf"(?:(?:and|but|so|,)\s+)*(?:(?:it|they|both|that one|this one|this|that|everything|all of it|the thing"
    rf"|that's|it's|they're)"
    rf"(?:'s|'re| is| are)?\s*(?:all |both |also |of course )*)?"
    rf"(?:(?:an?|the)\s+)?(?:(?:{_KIND})\s+)?(?:(?:lives?|runs?|sits?|belongs?|resides?|located|found|goes"
    rf"|go)\s+)?(?:over |down |up )?"
    rf"(?:in|inside|of|from|to)\s+(?:the )?(?:(?:namespace|ns)\s+)?(?:{_N})(?:\s+(?:namespace|ns))?"
    rf"|(?:and |the )?(?:namespace|ns)(?:\s+(?:is|:|=|would be|being))?\s+{_N}|(?:{_N}) is the (?:namespace|ns)"
    rf"|(?:it|that|this|they)(?:'s|'re| is| are) (?:just |only )?(?:an? )?(?:{_KIND})s?"
    rf"|(?:it|that|this)(?:'s| is) (?:the )?(?:{_KIND})\s+{_N}(?: in (?:the )?(?:namespace |ns )?{_N}(?: namespace)?)?"
    rf"|(?:the |our )?(?:{_KIND})(?: (?:in front|for (?:that|it|this)|behind it|in question"
    rf"|concerned))? is (?:called |named )?"
    rf"(?:{_N})(?: in (?:the )?(?:namespace |ns )?{_N}(?: namespace)?)?"
    rf"|(?:it|that|this)(?:'s| is) (?:called|named) {_N}",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\b(?:the|a|an|it|this|that|there|here|them|us|me|place|production|use|progress|order|total|parallel)$",
    re.IGNORECASE,
)


def assures(text: str) -> bool:
    """Whether the words only assure that something is left as it is."""
    said = text.strip(" ,.!")
    if _HELD.search(
        re.sub(r"\b(?:read[- ]only|only (?:asking|looking|reading|look|tell me|that|this)|just)\b", "", said)
    ):
        return False
    return _ASSURED.fullmatch(said) is not None


def places(text: str) -> bool:
    """Whether the words say where it is, or what kind of thing."""
    said = text.strip(" ,.!()")
    return _PLACED.fullmatch(said) is not None and _NO_NAME.search(said) is None
