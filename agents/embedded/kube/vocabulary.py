"""Which words the grammar knows: nobody's names, unless they stand in quotes, beside a kind, or are called so."""

from __future__ import annotations

from functools import lru_cache

from agents.embedded.kube.lexicon import (
    CONDITIONS,
    FILLERS,
    GENERIC,
    KIND_NAMES,
    KINDS,
    NEGATIONS,
    PHRASES,
    VERB_LEMMAS,
    VERBS,
    forms,
)
from agents.embedded.kube.tokens import Token
from agents.embedded.wordset import words

COMMON = words(
    "crashlooping crashloops flapping "
    "dashboard dashboards "
    "worked class altogether overall workspace folder directory external identity vendor weekday weekdays browser "
    "grace period additionally spring summer autumn winter emptydir scratch firmware technician "
    "about above access account accident active actual add admin after afternoon age ago ahead "
    "alive allow almost alone "
    "along already always among amount annotation another answer any app application around ask "
    "asked attention audit "
    "auditor available away backing bad because before behind being below best better between big "
    "bigger binding blow "
    "board both bounce box break broken bug build bunch business busy call came cap capacity case "
    "cause change chat check "
    "clean clear client close code colleague come comes coming command common complain complains "
    "complaining condition "
    "config configuration connect connection console container content control copy core count "
    "cpu crash crashes crashing "
    "crashed create creation current customer cut daily data day days dead deal debug default "
    "defect definition delay deny "
    "detail details dev developer did die dies died dying different disk dns dont done down "
    "downtime dry due during each "
    "early effect either else empty end enough entry entries environment error errors even every "
    "exact except exist exists "
    "exit expected expose external extra fail failed failing fails failure fault few fewer field "
    "file final find fine "
    "finish finished first fix flag flaky follow following forbidden forever form found free "
    "freeze fresh friday from front "
    "fully gone half hand handle hang hangs hanging happen happened happening happens hard have healthy health heard "
    "heavy help here high higher highest history hold holding host hot hour hours how idea identity if image images "
    "important including info inside instance instances instead interesting internal internet "
    "issue it job keep key keys "
    "know known label labels large last late later latest leak leaking least leave left less "
    "level life like likely limit "
    "limits line lines link list little live load log logs long longer look looks lot low lower "
    "lowest main maintenance "
    "make manage many map mark master max maximum maybe mean means memory mess message metadata "
    "metric metrics middle min "
    "minimum minor minute minutes miss missing mode moment monday month more most move much must "
    "name named names need "
    "needs network never new next night nightly normal note nothing notice now number object "
    "objects obviously off offender "
    "old older oldest once open opposite option order other others our out outage outside over "
    "owner owns page paged part "
    "past path pause peak people percent permission permissions person phone pick picked pipeline "
    "place plain plan play "
    "please plus point points policy port ports possible present previous print prior prob "
    "problem problems process prod "
    "production program project proper protocol public pull push put question queue quick quiet "
    "quota ran reach reachable "
    "read ready real reason recent recently red release reliable rely remain remaining remains "
    "remember report request "
    "requests require required reserve resource resources response rest restart restarts result "
    "revision revisions right "
    "rights role root round route rule rules run running runs safe same sample save saw say says "
    "schedule scheduled secret "
    "section secure security see seem seems send sent server service session set setting settings "
    "several short should side "
    "sidecar sign similar since single size slow small smaller so software some soon sort space "
    "spec special specific "
    "squad staging stale start started starting starts startup state status stay stays still stop "
    "stopped store story "
    "straight strange stuck student style such sudden support sure suspended switch system table "
    "tag tags take takes talk "
    "target task team tell template temp temporary term test text than thing things think though "
    "three through ticket time "
    "times timing tiny today together told token tomorrow tonight too took top total touch traffic tried trouble try "
    "trying turn type under unhealthy until untouched unused up update usage use used user users "
    "uses using usual value "
    "values variable verbs version versions very via volume wait waiting wake want warning "
    "warnings was way week weekend "
    "weird well went what wildcard wildcards when where whether which while whole why wide will "
    "window with within without "
    "word words work worker-thread working works worse worst would wrong yaml yes yesterday yet "
    "zone json yml manifest "
    "privileged root capability capabilities cores bytes replica replicas desired available "
    "unavailable rollout revert "
    "pending crashloop crashloopbackoff imagepullbackoff errimagepull oomkilled createcontainerconfigerror evicted "
    "terminating bound unbound succeeded completed complete unknown notready oom denyall leastprivilege readonly "
    "clusteradmin clusterinternal loadbalancer nodeport clusterip externalname hostaccess "
    "rootuser plaintext samename "
    "samenamespace howmany howmuch whocan why imagepull trigger restart rollback scale spinup "
    "bringdown turnoff turnon "
    "takeoff env lastfew uptodate pullpolicy imagepullpolicy automountserviceaccounttoken api "
    "apigroup apigroups rbac "
    "subject subjects ingress egress inbound outbound incoming outgoing tcp udp headroom room "
    "utilisation utilization "
    "liveness readiness probe probes effect noschedule prefernoschedule noexecute taint taints "
    "toleration tolerations "
    "affinity selector selectors envfrom never always ifnotpresent opaque generic literal "
    "literals generate generated "
    "random password passwords passwd username creds credential credentials token tokens cert "
    "certificate hardcoded hygiene "
    "pinned pin exposed expose reach hit exposes kubeconfig conn conns failing faulty healthy "
    "happy sad going gonna wanna "
    "nope yep yeah sake god heavens noon evening midnight hrs mins secs ages forever whatever however anyway anymore "
    "background finally somehow somewhere anywhere nowhere elsewhere minimal permission permitted "
    "privilege privileges "
    "allowed entitled able unable authorized authorised forbid forbids forbade refuse refused "
    "refuses dropped drops timeout "
    "timeouts timed unreachable offline online serving serve serves respond responding responds "
    "reply replies returning "
    "cannot choking choke choked unschedulable schedulable scheduling unscheduled stable unstable "
    "degraded struggling "
    "misbehaving misconfigured acting broke breaks hiccup hiccups incident postmortem oncall "
    "pager alert alerts alerting "
    "firing fires fired colleague boss manager auditors customers clients users vendor marketing "
    "finance sales legal dev "
    "devs ops sre sres engineer engineers intern interns freeze migration rollback-plan load-test "
    "peak sale launch demo "
    "brief summary overview list-only rows row column columns sorted sort order ordered ascending descending newest "
    "latest largest biggest smallest heaviest hungriest busiest consuming consumption eating hogging uses per-pod "
    "and or but nor plus although though because as if then els either neither both yet unless "
    "until till than that which who whose whom where when while why how what anything something "
    "nothing everything nobody everybody everyone into onto upon toward towards through "
    "throughout between among beside besides beyond despite except like unlike near outside past "
    "per since via versus vs without within even "
    "only also even still yet ever just else again back away apart together almost quite rather "
    "pretty too very much such own same here there now then soon later earlier today em us our "
    "ours my mine your yours his her hers their theirs its itself themselves incl including excl "
    "channel carry carries carried stale guy guys lot lots bunch piece pieces part parts rest "
    "remainder offenders culprit culprits list item items entry ones answer yes no ok okay fine "
    "good great nice pls please thanks thx cheers kindly team squad people person carry hold "
    "holds contain contains include includes show shows mention mentions say says tell tells "
    "print prints echo paste mid late early half full empty only solely merely exactly precisely "
    "roughly around approx about going went gone come comes came coming put puts keep keeps kept "
    "leave leaves left make makes made take takes took taken mounted mount mounts mounting "
    "automount stop stops stopped begin begins began drop drops dropped customer-facing "
    "user-facing sideways haywire wonky bananas crazy mad nuts toast borked busted screwed hosed "
    "dead alive lol haha hmm ugh argh damn hell heck please! asap urgent urgently paged pinged "
    "called texted escalated sev sev1 p1 p0 didnt doesnt isnt arent wasnt werent wont cant "
    "couldnt shouldnt wouldnt hasnt havent hadnt thats whats theres heres lets im ive youre "
    "theyre weve black friday saturday sunday monday tuesday wednesday thursday january february "
    "march april june july august september october november december "
    "more most less least down up off out everything all each every one back anything new when where both "
    "everywhere somewhere elsewhere group groups user users account accounts dial dials lack "
    "lacks lacking containercreating podinitializing errimageneverpull invalidimagename "
    "runcontainererror backoff interns sick freeze friend idea ideas pretty intern land lands "
    "nobody somebody anybody default defaults copies copy instance single "
    "calling called hw ui api apis url urls http https tcp udp dns ip ips io os cpu ram ssd gpu "
    "mem init main side conn db dbs yamls yaml "
    "thousand hundred dozen couple pair double twice half triple quarter bit more ones else "
    "instead hello kindly gently "
    "gracefully graceful safely careful carefully slowly directly permanently temporarily manually automatically "
)

_VERBS = words(
    "accept achieve act appreciate advise agree aim announce answer appear arrive assume avoid become begin "
    "belong bother "
    "borrow "
    "break burn buy call care carry cause celebrate check choose claim climb close collapse collect complain "
    "complete "
    "confirm confuse consume contain continue cost count cover crash cross decide deliver demand deserve die "
    "disappear "
    "discover double doubt draw drive eat end enjoy enter estimate exist expect explode fail fall feel fight "
    "fill finish "
    "fit fly follow forget freeze fry grow guess handle hang happen hate hear help hide hit hold hope hurry ignore "
    "improve insist introduce invite jump keep kill knock know land last laugh lead leak learn leave lie live "
    "lose manage "
    "matter mean measure meet melt mention mind miss monitor move notice obey occur offer operate order overload "
    "owe own "
    "pay perform phone pick plan play prefer prepare pretend prevent produce promise prove pull push quit reach "
    "realise "
    "realize receive recover reduce refer reflect refresh relax release rely remain remember remind rent repair "
    "repeat "
    "replace reply report require rest retire return rise ruin rush satisfy search seem select sell serve settle "
    "share "
    "shift "
    "shout show shrink sign sink sit sleep slow smell solve spend spike stand starve stay stick struggle succeed "
    "suffer "
    "suggest suit suppose surprise survive swap swear swell talk tend test think throttle tie touch train treat "
    "trust try "
    "vanish visit wait wake walk want warn wash waste watch wear win wish wonder work worry"
)
VERB_WORDS = frozenset(form for verb in _VERBS for form in forms(verb))
_IRREGULAR = words(
    "became begun broke broken brought built came chose chosen did drew driven drove fallen fell felt flew "
    "forgot fought "
    "froze frozen gave gone grew grown heard held hidden hit kept knew known led left lost met paid ran risen "
    "rose said "
    "sat saw seen sent shrank sold spent stood stuck swore taken taught thought told took understood went woke "
    "won wore "
    "wrote written agreed approved gone okayed yesterday's"
)

COMMON_NAMES = words(
    "dashboard nightly daily weekly hourly monthly backup front data settings config main test dev staging "
    "prod production cache queue search report "
    "sync cleanup client server monitor index store order board auth user account product "
    "customer marketing finance sales billing content "
    "proxy router gateway mail demo template project db api ui app-config frontend-config feature "
    "backend frontend web worker gateway "
    "reports monitoring chat identity shipping training tickets maps security public internal build"
)
"""Words of the language that are often the names of objects."""


@lru_cache(maxsize=1)
def _all() -> frozenset[str]:
    phrases = frozenset(PHRASES.values())
    return (
        COMMON
        | FILLERS
        | NEGATIONS
        | CONDITIONS
        | GENERIC
        | phrases
        | frozenset(KINDS)
        | KIND_NAMES
        | frozenset(VERBS)
        | VERB_LEMMAS
        | _IRREGULAR
        | VERB_WORDS
    )


def known(token: Token) -> bool:
    """Whether the word is one of the language, so that it names nothing by itself."""
    vocabulary = _all()
    return token.low in vocabulary or token.lemma in vocabulary
