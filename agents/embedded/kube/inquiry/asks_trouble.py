"""What does not work: the cause, or the cause and the smallest change that mends it."""

from __future__ import annotations

import re

from agents.embedded.kube.inquiry.gate import FIX, fixes
from agents.embedded.kube.inquiry.intents import Calls, Intents, filled
from agents.embedded.kube.inquiry.script import Ask
from agents.embedded.kube.lexicon import KIND_NAMES
from agents.embedded.kube.tokens import Shape

TROUBLE = Intents()
CAUSE = (
    "why|how come|how (?:can|could) (?:this|that|it) (?:be|happen)|how is (?:this|that|it) possible|whatever (?:it is|"
    "keeps|stops|breaks|blocks)|reasons?|causes?|root cause|diagnos\\w+|debug\\w*|troubleshoot\\w*|investigat\\w+|"
    "analy[sz]e\\w*|explain|explanation|"
    "what(?:'s| is| was| went| has gone)? (?:\\w+ )?(?:wrong|broken|off|up|amiss|happening|the matter|"
    "the problem|the issue|the trouble|"
    "the deal|the cause|the reason|missing|failing|going on|behind (?:that|this|it)|it waiting for|blocking|"
    "holding|stopping|"
    "preventing|killing|breaking|keeping|eating it|choking|stuck|hurting|hanging)|"
    "what (?:stops|blocks|holds|keeps|prevents|kills|causes|breaks|hinders|hurts|bothers|ails|delays|did i do|"
    "am i|does it (?:wait|want|need|miss|lack|choke)|"
    "gives|happened|goes wrong|makes|could it be|might it be|is it choking|was it|is it)|find out|figure out|"
    "find (?:the )?(?:fault|bug|problem|error|culprit|issue)|"
    "look into|looking into|any (?:clue|idea|thoughts|hint|explanation)|(?:clue|ideas?|thoughts)|have (?:a|"
    "another) look|take (?:a|another) look|can you look|"
    "look (?:at (?:it|this|that|why|what\\S*)|why|what)|wtf|shed (?:some )?light|get to the bottom|who(?:'s|"
    " is) to blame|culprit|make sense of|"
    "confirm|check (?:what|why|it|on)|see what|can you tell|help|what (?:do|can|should) (?:i|we) do|need to know|"
    "please check|examine|check up on|tell me what"
)
SYMPTOM = (
    "crash\\w*|restarting|bounc\\w+|oom\\w*|imagepull\\w*|errimage\\w*|createcontainer\\w*|containercreating|"
    "pending|notready|not ready|"
    "unready|down|dead|dies|dying|died|broken|broke|fail\\w*|hang|hangs|hanging|hung|stuck|slow|slowly|timeouts?|"
    "time out|times out|timed out|"
    "timing out|refus\\w+|unreachable|(?:can't|couldn't|not|nobody can|no one can|unable to) (?:be )?(?:reach\\w*|"
    "connect\\w*|log in|pay|pull\\w*|mount\\w*|resolve)|"
    "5\\d\\d|5\\d\\ds|5xx|4\\d\\d|forbidden|denied|errors?|erroring|exits?|exited|exiting|unhealthy|degraded|"
    "flapping|loop\\w*|weird|wrong|evicted|kills?|killed|kicked|"
    "terminating|unavailable|unschedulable|gone|lost|missing|empty|nothing|stopped|stops|silent|unresponsive|"
    "throttled|misbehav\\w+|acting up|"
    "(?:doesn't|don't|does not|won't|will not|isn't|is not|aren't|are not|not|never|hasn't|has not|haven't|can't|"
    "didn't|did not|no longer|refuses to) (?:\\w+ ){0,3}?"
    "(?:\\w+)|no (?:ready |running |longer )?(?:pods?|endpoints?|traffic|replicas?|response|answer|reply|data|"
    "connection\\w*|logs?|output|one|sign)|"
    "only (?:ever )?(?:get |got |has |have |shows? )?\\d+ (?:of|out of)?|\\d+/\\d+|still (?:there|here|not|on|"
    "old|hanging|waiting|in)|since|"
    "keeps? \\w+ing|keeps? (?:\\S+ ){1,4}from|red|off|problems?|trouble|issues?|sick|ill|complain\\w*|flaky|"
    "unstable|stale|instead of|"
    "although|but|again and again|every few"
)
_PLAIN = "[45]\\d\\ds?|crash\\w+|oom\\w*|imagepull\\w*|errimage\\w*|createcontainer\\w*|notready"
"""What nobody says but of something that does not work, in whichever clause."""
_CERTAIN = (
    "(?:is|are|was|keeps?|stays?|gets?|goes|went|be|been|being) (?:\\w+ ){0,3}?(?:\\w+ing|down|dead|broken|stuck|"
    "pending|notready|not ready|oom\\w*|slow|gone|killed|"
    "evicted|restarted|unreachable|unhealthy|terminating|crash\\w*|unavailable|weird)|crash\\w*|oom\\w*|"
    "imagepull\\w*|errimage\\w*|createcontainer\\w*|"
    "(?:nobody can|no one can|none can|unable to|doesn't|won't|isn't|aren't|can't|don't|"
    "never|hasn't|haven't|didn't|not) (?:\\w+ ){0,2}\\w+|[45]\\d\\ds?|"
    "hangs?|fails?|failed|dies|died|refused|timeouts?|"
    "times out|timing out|errors?|stuck|\\d+/\\d+|\\?|only \\d+|notready|pending"
)
_ORDERLY = (
    "^(?:please )?(?:don't|do not|never|no)|please|should|must|needs?|want|let|Qty|Pct|Image|Pair|Key|no more|"
    "allow|block|deny"
)
_REFUSED = (
    "forbidden|denied|not allowed|can't|allow\\w*|permission|403|let him|let her|let them|unauthorized|rbac|not see"
)
_ALL = (
    "(?:is |are )?(?:everything|anything|something|all|things|stuff|half of \\w+|the half|"
    "some things)(?: \\S+){0,5} (?:ok|okay|fine|healthy|well|alright|good|broken|wrong|off|"
    "failing|red|unhealthy|amiss|weird|slow|down|sick|problems?|up|in order|running|stuck)|any (?:problems?|"
    "issues?|trouble)|some problems?|"
    "(?:health|overall) (?:check|state|status)|healthy|anything broken|(?:is|are) (?:my|the|our|this|"
    "that)(?: \\w+)? cluster (?:ok|okay|fine|healthy|well|alright|all right|good|in order|up|sick|broken)|"
    "something's (?:off|wrong)|somethings off|"
    "what's broken|what is broken|problem anywhere|what(?:'s| is) (?:going )?wrong (?:around )?here|"
    "cluster (?:\\w+ ){1,3}(?:sick|ill|slow|weird|strange|broken|down|unhealthy|off|odd|funny)"
)
_SCOPED = "pods?|deployments?|jobs?|services?|statefulsets?|daemonsets?|containers?"
_LISTED = (
    "(?:which|list|show|how many|count|name)(?: \\w+){0,4} (?:pods|deployments|jobs|nodes|persistentvolumeclaims|"
    "statefulsets|daemonsets|services|cronjobs|namespaces)"
)


@TROUBLE.of("kube.fix", strict=False)
def fix(ask: Ask) -> Calls:
    """The cause, and the smallest change that mends it."""
    if not fixes(ask) or ask.has(f"(?:{FIX})(?: \\S+){{0,6}} (?:to|with|by|using) (?:\\d+|Qty|Image|Pair|Key|Pct)"):
        return None
    thing = ask.subject()
    if thing is None or len(thing.names) != 1 or thing.kind in {"node", "namespace"} or not _certain(ask):
        return None
    only = ask.kind_of(
        f"(?:{FIX}) (?:only |just )*(?:the |its |that |this )?(?P<x>{'|'.join(sorted(KIND_NAMES))})(?! Obj)"
    )
    only = only or ask.kind_of(
        f"(?:only |just )?(?:fix|repair|mend|correct|change|touch) (?:only |just )(?:the |"
        f"its )?(?P<x>{'|'.join(sorted(KIND_NAMES))})"
    )
    only = only or ask.kind_of(f", (?:the )?(?P<x>{'|'.join(sorted(KIND_NAMES))}) only")
    only = only or ask.kind_of(
        f"(?:only|nothing but|nothing except|no other (?:thing|object) than|nothing other than)(?: (?!the|a|its)\\w+)"
        f"{{0,7}}(?: is| be)?(?: the| a| its| that)? (?P<x>{'|'.join(sorted(KIND_NAMES))})(?! Obj)"
    )
    calls = ask.things.calls(thing if thing.kind != "pod" else ask.things.as_kind(thing, ""))
    return [call | filled(change=only) for call in calls]


def _certain(ask: Ask) -> bool:
    """No condition on the repair but politeness: `if you can` is none."""
    return not ask.has(
        "if (?!you can|possible|you could|you please)[\\w']+|unless|only when|provided|(?<!nothing )except|as long as"
    )


@TROUBLE.of("kube.diagnose", strict=False)
def diagnose(ask: Ask) -> Calls:
    """The cause of what somebody complains about; without a name, whatever is wrong in the place."""
    asked = ask.has(CAUSE)
    ill = ask.has(SYMPTOM)
    person = ask.things.person
    if "service_account" in person:
        return None
    if "user" in person and (asked or ill) and ask.has(_REFUSED):
        return [filled(name=person["user"], kind="user", namespace=ask.things.namespace)]
    thing = ask.subject()
    if not asked and (not ask.has(_CERTAIN) or ask.has(_ORDERLY)):
        ill = False
    if (
        ill
        and not asked
        and thing is not None
        and not ask.has(_PLAIN)
        and not ask.meets(f"{_CERTAIN}|{SYMPTOM}", thing.at)
    ):
        ill = False
    if thing is not None and (asked or ill) and (asked or not _merely(ask)):
        if len(thing.names) > 1 and thing.kind in {"", "pod"} and not asked:
            return None
        kind = "" if thing.kind == "pod" else thing.kind
        return ask.things.calls(ask.things.as_kind(thing, kind)) if thing.kind != "namespace" else None
    if ask.things.named:
        return None
    host = next((token.text for token in ask.tokens if token.shape is Shape.URL), "")
    if host and (asked or ill):
        return [filled(name=re.split(r"[:/.]", host.partition("://")[2])[0].casefold(), namespace=ask.things.namespace)]
    space = ask.things.namespace
    if space and _namespace_itself(ask):
        return [{"name": space, "kind": "namespace"}]
    if not asked and ask.has("as a list|a list of|(?:more|longer|older|less|younger) than"):
        return None
    if (
        (ask.has(_ALL) and not ask.has("(?:should|must|needs?) "))
        or (asked and ill and not ask.has(_LISTED))
        or ask.has(
            "what's up|what is up|going on|smell\\w*|fishy|why|diagnose|investigate|troubleshoot|what's wrong|"
            "what is wrong"
        )
    ):
        if space:
            return [{"namespace": space}]
        if (
            ask.things.everywhere or ask.has("cluster|kubernetes|k8s|everything|anything|platform|around here|anywhere")
        ) and not ask.things.asked_kinds():
            return [{}]
    return None


def _merely(ask: Ask) -> bool:
    """`show the failing pods of x`: a list or an object, no cause."""
    return ask.has("as a list|a list of|(?:wants?|needs?) (?:all|every) (?:the )?\\w+s") or ask.has(
        "^(?:k |kubectl |please |can you )*(?:list|show|get|count|display|give|describe|which|how many|is|are|does|"
        "do|has|when)"
    )


def _namespace_itself(ask: Ask) -> bool:
    """A namespace that does not go away."""
    gone = (
        "delet\\w*|disappear\\w*|go away|goes away|going away|gone|remov\\w*|terminat\\w+|vanish\\w*|still (?:there|"
        "here)"
    )
    return ask.spoken_namespace() and ask.has(gone) and not ask.has(_SCOPED)
