"""What makes a request more than a question: an order to change something, a condition, an exception."""

from __future__ import annotations

import re

from agents.embedded.kube.inquiry.script import Ask
from agents.embedded.kube.lexicon import CHANGES, KIND_NAMES, VERBS

_ORDER = (
    "scale|restart|expose|label|annotate|cordon|uncordon|drain|taint|untaint|create|pause|resume|suspend|unsuspend|"
    "bounce|resize|grant|revoke|bind|apply|patch|replace|edit|update|change|switch|add|remove|drop|delete|kill|nuke|"
    "roll back|rollback|undo|deploy|reload|recycle|reboot|raise|lower|increase|decrease|reduce|bump|attach|assign|"
    "move|copy|trigger|launch|start|stop|kick off|unpause|unlabel|enable|disable|approve|deny|autoscale|spin up|"
    "take down|bring down|turn off|turn on|switch off|switch on|shut down|evict|purge|clean up|clean|set|set up|put|"
    "bring|make|take|give|run|allow|block|exec|execute|upgrade|install|rename|mark|tag|get rid of|let|hold|keep|save|"
    "revert|double|halve|triple|duplicate|clone|provision|generate|kill off|reset|write|store|dump|export|roll|"
    "get (?:\\S+ ){1,5}(?:off|away|out of|going|rid)|"
    "rotate|free|grow|shrink|hook|park|rebuild|recreate|redeploy|swap|cut|limit|cap"
)
_ALSO = (
    "fire|freeze|unfreeze|thaw|throw|toss|bin|ditch|wipe|retire|decommission|silence|push|ship|promote|demote|"
    "pin|route|point|open|close|use|ensure|"
    "guarantee|protect|prevent|forbid|permit|turn|throttle|quarantine|reschedule|empty|vacate|relocate|migrate|"
    "shift|wind|dial|crank|spread|register|"
    "define|introduce|establish|prepare|build|begin|strip|lock|unlock|isolate|shut|wake|restore|recover|reserve|"
    "request|mount|connect|attach|detach|"
    "override|cancel|abort|force|convert|provide|hand|lend|offer|send|schedule|order|arrange|unset|clear|erase|"
    "unannotate|untag"
)
"""More verbs with which something is ordered; what nobody says to a grammar needs no pattern of its own."""
_PASSIVE = (
    "(?:can|may|should|must|could|to|shall|needs to|has to|have to) be (?!seen|found|shown|read|reached|"
    "reachable|accessed|listed|done|told|heard|fixed|"
    "in|on|then|even|open|that|the|a|able|right|wrong|due|because)\\w+(?:ed|en|t|n|back|off|up|out|down)|can go|"
    "may go|is not needed|"
    "isn't needed|not needed|"
    "no longer (?:need|needed|required|use)|(?:don't|do not) need|obsolete|can (?:start|run|work|take) (?:again|"
    "work|pods)|wanted"
)
_NOUN = (
    "(?:drain|restart|rollback|update|upgrade|patch|scale|run|release|deploy|stop|start|change|copy|switch)(?: of|"
    "(?: (?!it|,|[.]|;|:|this|that|which|because|as|since|until|when|if)\\S+){0,2} (?:hangs?|fails?|failed|"
    "was|had|does|doesn't|never|won't))"
)
"""A verb of change that is the subject of its sentence: `drain of node Obj hangs, why?`."""
_TAKERS = f"(?:\\w+ )?(?:Obj|Who|Ns|team|people|folks|{'|'.join(sorted(KIND_NAMES))})"
"""Who is given something by an order; a list is given to whoever asks."""
_HARMLESS = (
    f"{_NOUN}|"
    "(?:did|have|had|has) (?:you|we|anybody|somebody) \\w+|"
    "give (?:me|us)|give (?:the )?(?:whole )?(?:\\w+ )?Ns (?:a|an) (?:\\w+ )?(?:audit|check|look|scan|review|"
    "once-over)|"
    f"give (?:please )?(?:the|an?|all) (?:\\S+ )?(?!(?:{_TAKERS}))|"
    "(?:make|keep) it (?:short|brief|quick|fast|snappy|simple|readable|compact|a list|a table|concise|sorted)|"
    "make (?:sure|a list|me a list|a table)|"
    "take (?:a|another|one) (?:\\w+ )?(?:look|peek|glance)|run (?:a|an|the|all|every|me|through|your) ?(?:\\w+ ){0,3}"
    "(?:audit|checks|(?:security|health|hygiene|sanity|quick|full|general) check|scan|review|diagnosis|"
    "diagnostics)|put (?:it|them|the|their|its) (?:\\w+ )?"
    "(?:in the table|in a table|next to|beside|right)|let (?:me|us) (?:know|see|have (?:a look|the|your|all))|"
    "keep (?:an|your) eyes?|keep (?:watch|me (?:posted|informed)|track|watching)|write (?:it|them)? ?down|"
    "(?:use|run|call|execute|invoke)(?: \\w+){0,3} tool|start with (?:the|your|what|which|why|a)|let's (?:see|look|"
    "check|have)|hold on|set aside"
)
"""Turns with a verb of change in them that order nothing."""
_DONE = "|".join(sorted(form for form, verb in VERBS.items() if verb in CHANGES and form.endswith(("ed", "en", "wn"))))
_SEEN = "(?:any|are|is|was|were|who|which|that|been|being|not|ever|never|all that|what|logs?|list|to|from|if|when)\\b"
"""With these a wish is for what is to be seen."""
_WISHED = (
    rf"(?:see (?:to it )?that|make sure(?: that)?|ensure(?: that)?|take care that)(?: [^ .?!;]+){{1,6}} (?:{_DONE})|"
    rf"(?:have|get|want|need|wants|needs|like|see) (?:to have |to see )?(?:(?!{_SEEN})[\w,]+ ){{1,8}}(?:to be |be )?"
    rf"(?:{_DONE})(?! by| at| on \d| since| yet| again and)|"
    rf"(?:need|needs|want|wants|like|love) (?:to have )?(?:an?|another|one more|some|\d+)(?: (?!list|overview|look|"
    rf"dump|"
    rf"copy)\w+){{0,2}} (?:{'|'.join(sorted(KIND_NAMES))})s?(?! (?:list|overview|count|status|logs?|report|names?))"
)
"""A change put as a wish: `please have Obj in Ns restarted`, `i need a pod in Ns`."""
_LEADS = (
    "^|[.!?;,:(-] |and |then |afterwards |after that |"
    "please |pls |kindly |can you |could you |would you |will you |you |i want you to |"
    "can we |can someone |could we |could somebody |could someone |can somebody |would someone |would you mind |"
    "someone |somebody |otherwise |else |if not |if so |to also |also |"
    "must |should |needs? to |just |i'd like to |i want to |we want to |need to |have to |go and |so "
)
FIX = (
    "fix|repair|mend|heal|cure|remedy|resolve|correct|solve|sort (?:it|this|that|them|things|\\w+) out|sort out|"
    "put (?:it|this|that|things|them) (?:right|in order|back in order)|set (?:it|this|that|things) (?:right|straight)|"
    "get (?:it|this|that|them|things|Obj) (?:working|running|going|up|back up|fixed|healthy|back)(?: again)?|"
    "make (?:(?:sure|that|it|this|them|they|Obj|in|Ns) )+(?:works?|runs?|go(?:es)?|starts?|healthy|comes?)(?: up)?"
    "(?: again)?|bring (?:it|this|that|Obj)(?: in Ns)? back(?: up)?|patch (?:it|this) up"
)
_FIXES = rf"(?:{_LEADS})(?:please |then |also |just |directly |afterwards )*(?:{FIX})"
NO_CHANGE = (
    "(?<!if )(?:but |and |please |so |just )*(?<!if )(?:don't|do not|please don't|without|no|not|never|nothing|nobody) "
    "(?:to |be |is to be |may be |should be |you |must )?"
    "(?:touch|touching|touched|change|changes|changing|changed|do|modify|modifying|alter|altering|fix|fixing|"
    "fixed|edit|"
    "restart|restarting|delete|deleting|write|repair|break|apply|mutate)"
    "(?: anything| it| nothing| them| 'em| em| a thing| any of it| any of them| yet| please| for now| now)*|"
    "change nothing|touch nothing|hands off(?: it| them| everything)?|(?:read|look|reading|looking|check) only|"
    "read only|only look|just look|i'll (?:fix|do|handle|repair|take care of) (?:it|that|this)(?: myself| later)?|"
    "do nothing(?: else)?|no changes?(?: please| yet)?|no action|leave (?:it|everything|all) (?:as is|alone|as it is)"
)
"""Assurances that nothing is to be changed."""
_OPENS = (
    "^|[.!?;,:(-] |and |or |but |so |then |please |kindly |just |also |can you |could you |would you |will you |"
    "you please |someone |somebody |"
    "i want to |we want to |i need to |we need to |i'd like to |want you to |wants to |wanna |need to |like to |"
    "have to |me |us |about |say |i |we "
)
_POLITE = "please|hi|hey|hello|kindly|so|ok|can you|could you|would you|,|quick one|:|for me"
_QUESTION = (
    "what|what's|which|who|who's|whom|whose|why|how|how's|how many|how much|how come|where|where's|when|is|are|"
    "was|were|am|does|do|did|has|have|can|could|may|"
    "might|will|any|anything|anybody|anyone|isn't|aren't|doesn't|don't|hasn't|haven't|can't|can-i|whether|"
    "who can|who may"
)
_SHOW = (
    "show|list|get|give|tell|collect|gather|print|display|fetch|find|see|check|describe|read|grab|pull|look|view|"
    "dump|output|"
    "retrieve|inspect|explain|report|count|"
    "diagnose|debug|troubleshoot|investigate|analyse|analyze|audit|scan|review|watch|keep|monitor|observe|search|"
    "stream|everything (?:that|which|Who)|grep|tail|name|figure|know|compare|hunt|"
    "identify|browse|follow|top|run|verify|test|confirm|understand|examine|help|make|take|k|kubectl|"
    "want to (?:see|know|understand)|"
    "need to (?:see|know|understand)|(?:need|want) (?:the|an?|all|its|to)|grateful for|appreciate|glad (?:of|about|"
    "for)|"
    "thankful for|interested in|wonder|wondering|curious"
)
_WISH = (
    "(?:should|must|ought to|shall|has to|have to|would like|i'd like|let's|(?:needs?|wants?)(?= (?:to|an?|more|"
    "less|at|"
    "another|\\d+|Qty|Image) ))(?= (?!to (?:see|know|"
    "understand|find|check|look|answer|tell|explain|report)|the (?:logs?|list|names?|cause|reason|output)|know|see|"
    "(?:an? )?(?:\\w+ )?(?:overview|list|answer|explanation|look|copy|summary|report|dump)))|max|min|maximum|minimum|"
    "at most|between|instead of|from now on|back to|down to|up to"
)
_CONDITION = "unless|otherwise|provided(?: that)?|assuming|only if|in case|depending on|or else"
_EXCEPTION = "except|excluding|apart from|other than|aside from|besides|but not|all but|everything but|ignoring|minus"


def opens(ask: Ask) -> bool:
    """Whether the request begins with its question: what follows then tells why it is asked."""
    begins = (
        "show|list|tell|print|display|describe|explain|look (?:at|up|for|into)|have a look|give (?:me|us)|"
        "get (?:me|us)|"
        "fetch|grab|pull up|report|name|count|diagnose|troubleshoot|investigate|find out|check|what|"
        "which|who|why|how"
    )
    return _search(ask.line, rf"^(?:(?:{_POLITE}) )*(?:{begins}|{_QUESTION})", "~")


def orders(ask: Ask) -> bool:
    """Whether a change is ordered somewhere, by a verb where orders stand."""
    ask.said(NO_CHANGE, cue=False)
    line = re.sub(_bounded(_FIXES), "~", _without(ask, NO_CHANGE))
    if opens(ask):
        # Who asks first tells why: `show me the quota, we want to add two pods`.
        line = re.sub(r"(?:i|we|they|he|she) (?:want|need|have|plan|intend|would like) to \w+", "~", line)
    ordered = rf"(?:{_LEADS})(?:{_ORDER}|{_ALSO})(?! (?:(?:Ns|Obj) )?(?:is|are|has))|{_PASSIVE}"
    ordered += rf"|(?:can|may|could|should|must)(?: (?!be|[.?!;])\S+){{1,5}} be (?:{_DONE})(?! by)"
    ordered += rf"|(?:{_LEADS})(?:don't|do not|never) (?:let|allow|put|place|schedule|send|accept|admit|start)"
    return _search(line, ordered, _HARMLESS) or (
        (not opens(ask) or ask.has(f"^(?:(?:{_POLITE}) )*have")) and _search(line, _WISHED, "~")
    )


def fixes(ask: Ask) -> bool:
    """Whether a remedy is ordered, of whatever is found."""
    return _search(
        _without(ask, NO_CHANGE),
        _FIXES,
        f"(?:how|what) (?:do|to|can|would|could|should|must|will)(?: (?:i|we|you|one))? (?:\\w+ )?(?:{FIX})",
    )


def heading(ask: Ask) -> bool:
    """Whether the request opens with what is to be seen, and nothing else: `last 50 lines of web in shop`."""
    seen = f"{'|'.join(sorted(KIND_NAMES - {'namespace'}))}"
    return ask.has(
        f"^(?:(?:{_POLITE}|morning|thanks|the|all|any|every|my|our|last|latest|previous|newest|oldest|top|\\d+|recent|"
        f"warning|public|exposed|privileged|unpinned|failing|failed|pending|unhealthy|not ready|cpu|memory|"
        f"resource|rollout|log|current|full) )*"
        f"(?:(?:{seen})s?|logs?|lines?|events?|warnings?|endpoints?|history|usage|status|errors?)"
        f"(?! (?:Obj|should|must|needs?|to|Ns (?:should|must|needs?)))"
    )


def asking(ask: Ask) -> bool:
    """Whether a clause is a question, or an order to show something."""
    told = (
        "(?:i|we|they|he|she) (?:then |now |just |always |only )?"
        "(?:get|see|find|give|tell|read|run|keep|make|watch|know)"
    )
    relative = rf"{told}|, (?:which|who|whose|when|where|as) (?!of|one|ones|pods?|\\w+s (?:are|have|do))"
    return _search(ask.line, rf"(?:{_OPENS})(?:{_QUESTION}|{_SHOW})", relative) or ask.has(
        "\\?|how (?:many|much|often|old|long)|(?:on|in|at|from|for|of|to|by|with|since) (?:which|what|whose)|"
        "(?:wants|needs|asks for|asked for|asking for) (?:all|the|every|to know|to see)|(?:be|very) (?:grateful|"
        "thankful|glad|happy) (?:for|about|of|with)"
    )


def wishing(ask: Ask) -> bool:
    """Whether something is said to be otherwise than it is."""
    return ask.has(_WISH)


def supposing(ask: Ask) -> bool:
    """Whether the request only talks about doing something."""
    return ask.has(
        "what (?:would|will) (?:happen|change|it do|be)|what if|would (?:change|happen) if|if (?:i|we|you|"
        "one) (?:\\w+ )?(?:scale\\w*|take|took|delete\\w*|"
        "restart\\w*|drain\\w*|change\\w*|set|remove\\w*)|should (?:i|we)|shall (?:i|we)|is it (?:safe|possible|ok|"
        "okay|wise) to|what command|which command|"
        "dry[- ]run|why (?:don't|not|can't|shouldn't) (?:we|you|i)|how (?:do|would|can|could|should) (?:i|you|we|"
        "one) (?:\\w+ )?(?:restart|scale|delete|create|"
        "expose|drain|deploy|grant|set|make|add|list|get|show)"
    )


def conditional(ask: Ask, *, exceptions: bool = True) -> bool:
    """Whether something is asked for under a condition, or with an exception."""
    return ask.has(f"{_CONDITION}|{_EXCEPTION}" if exceptions else _CONDITION)


def _without(ask: Ask, pattern: str) -> str:
    return re.sub(_bounded(pattern), "~", ask.line)


def _bounded(pattern: str) -> str:
    return rf"(?<![\w'-])(?:{pattern})(?![\w'-])"


def _search(line: str, pattern: str, harmless: str) -> bool:
    for hit in re.finditer(rf"(?:{pattern})(?![\w'-])", line):
        verb = hit.end() - len(re.split(r"[ ]", hit[0].strip())[-1])
        if not any(one.start() <= hit.end() and one.end() >= verb for one in re.finditer(rf"\b(?:{harmless})", line)):
            return True
    return False
