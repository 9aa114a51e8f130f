"""The words of Kubernetes: kinds with short names, verbs with their forms, set phrases, words that say nothing."""

from __future__ import annotations

from agents.embedded.wordset import words

_KIND_FORMS = {
    "pod": "pod po",
    "deployment": "deployment deploy dep depl deploys deploymnt deployement",
    "statefulset": "statefulset sts",
    "daemonset": "daemonset ds",
    "replicaset": "replicaset rs",
    "job": "job",
    "cronjob": "cronjob cj cron",
    "service": "service svc",
    "endpoints": "endpoint endpoints ep",
    "ingress": "ingress ing ingresses",
    "configmap": "configmap cm",
    "secret": "secret",
    "serviceaccount": "serviceaccount sa",
    "namespace": "namespace ns",
    "node": "node",
    "persistentvolume": "persistentvolume pv",
    "persistentvolumeclaim": "persistentvolumeclaim pvc claim",
    "storageclass": "storageclass sc",
    "networkpolicy": "networkpolicy netpol netpols",
    "resourcequota": "resourcequota quota",
    "limitrange": "limitrange",
    "role": "role",
    "rolebinding": "rolebinding binding",
    "clusterrole": "clusterrole",
    "clusterrolebinding": "clusterrolebinding",
    "horizontalpodautoscaler": "horizontalpodautoscaler hpa autoscaler",
    "poddisruptionbudget": "poddisruptionbudget pdb",
    "certificatesigningrequest": "certificatesigningrequest csr",
    "customresourcedefinition": "customresourcedefinition crd",
    "ingressclass": "ingressclass",
    "priorityclass": "priorityclass",
    "event": "event",
}
CLUSTER_SCOPED = frozenset(
    [
        "node",
        "namespace",
        "persistentvolume",
        "storageclass",
        "clusterrole",
        "clusterrolebinding",
        "certificatesigningrequest",
        "customresourcedefinition",
        "ingressclass",
        "priorityclass",
    ]
)
WORKLOADS = frozenset({"deployment", "statefulset", "daemonset", "replicaset", "pod", "job", "cronjob"})
SCALABLE = frozenset({"deployment", "statefulset", "replicaset"})
GENERIC = words(
    "app application workload microservice component thing thingy stuff api-server program "
    "backend-app apps workloads "
    "applications one rollout"
)
"""Words for an object of a kind that the request leaves open."""


def _kinds() -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, forms in _KIND_FORMS.items():
        for form in forms.split():
            found[form] = kind
            plural = form[:-1] + "ies" if form.endswith("cy") else form + ("es" if form.endswith("s") else "s")
            found.setdefault(plural, kind)
    return found


KINDS = _kinds()
KIND_NAMES = frozenset(KINDS.values())
STRONG = words(
    "pod pods deployment deployments deploy statefulset sts daemonset replicaset cronjob cronjobs "
    "configmap configmaps cm "
    "namespace namespaces ns rollout rollouts kubernetes k8s kubectl replicas replica kubelet "
    "netpol networkpolicy hpa pvc "
    "serviceaccount sa rolebinding clusterrole clusterrolebinding rbac svc ingress cordon "
    "uncordon limitrange resourcequota "
    "crd crds pdb statefulsets daemonsets deploys"
)
"""Words that only a request for a cluster has."""

# What is written in several words, as one. A hyphen counts as a space.
PHRASES: dict[tuple[str, ...], str] = {}


def _phrases(table: str) -> None:
    for line in table.strip().splitlines():
        forms, _, one = line.partition("=")
        for form in forms.split("|"):
            PHRASES[tuple(form.split())] = one.strip()


_phrases(
    """
config map|config maps|configmap|conf map=configmap
service account|service accounts|svc account|service acct|svc acct|serviceacct=serviceaccount
cron job|cron jobs|scheduled job|scheduled jobs=cronjob
stateful set|stateful sets=statefulset
daemon set|daemon sets=daemonset
replica set|replica sets=replicaset
persistent volume claim|persistent volume claims|volume claim|volume claims=persistentvolumeclaim
persistent volume|persistent volumes=persistentvolume
storage class|storage classes=storageclass
network policy|network policies|net pol|network rule|firewall rule|network rules=networkpolicy
resource quota|resource quotas=resourcequota
limit range|limit ranges=limitrange
role binding|role bindings=rolebinding
cluster role binding|cluster role bindings=clusterrolebinding
cluster role|cluster roles=clusterrole
horizontal pod autoscaler|horizontal pod autoscalers|pod autoscaler|pod autoscalers=horizontalpodautoscaler
pod disruption budget|pod disruption budgets|disruption budget|disruption budgets=poddisruptionbudget
certificate signing request|certificate signing requests=certificatesigningrequest
signing request|signing requests|certificate request|certificate requests|cert request=certificatesigningrequest
custom resource definition|custom resource definitions|custom resources=customresourcedefinition
ingress class|ingress classes=ingressclass
priority class|priority classes=priorityclass
worker node|worker nodes|cluster node|cluster nodes=node
name space|name spaces=namespace
go back|roll back|rolled back|rolls back|rolling back|roll backs|revert back=rollback
roll out|rolled out|rolling out|roll outs=rollout
rolling restart|rollout restart|rolling reboot|rolling bounce=restart
scale up|scaled up|scale down|scaled down|scale out|scale in|scale back=scale
kick off|fire off|set off|start off=trigger
crash looping|crash loop|crash loops|crash loop back off=crashloop
crashloop back off|crash loopbackoff|crash loop backoff=crashloop
out of memory=oom
oom killed|oom kill|oom kills=oom
not ready|not yet ready|non ready|un ready=notready
default deny|deny all|deny everything|block all|blocks all|block everything|isolate all|deny by default=denyall
read only=readonly
cluster wide|clusterwide=clusterwide
cluster admin|clusteradmin=clusteradmin
node port|node ports=nodeport
load balancer|load balancers=loadbalancer
cluster ip=clusterip
cluster internal|internal only|cluster internally=clusterinternal
least privilege|least privileges=leastprivilege
who can|who may|who else can|who is able to|who is allowed to|who has access to|who all can=whocan
how many=howmany
how much=howmuch
number of|count of|amount of=howmany
how come=why
image pull|image pulls=imagepull
set up|sets up|setting up=create
spin up|stand up|bring up|spun up|put up=spinup
get rid of|throw away|throw out|do away with|dispose of|tear down=delete
by itself|by themselves|on its own|on their own|all by itself=automatically
all the time|all day|all night|all along=always
no longer|not any longer=nolonger
rather than=instead
once more|once again=again
scale itself|scale themselves|scale by itself=autoscale
one time|one single time|one more time|a single time=once
depending on load|depending on the load|depending on traffic|with the load|according to load=automatically
at once|right away|straight away|right now=now
take off|takes off=takeoff
turn off|switch off|turned off|switched off=turnoff
turn on|switch on|turn back on|switch back on=turnon
shut down|bring down|take down=bringdown
config maps=configmap
pull policy|image pull policy=pullpolicy
port forward=portforward
env var|env vars|environment variable|environment variables|env variable|env variables|environment vars=env
service accounts=serviceaccount
rate limit=ratelimit
last few=lastfew
have a look|take a look|have a peek|have a quick look|take a quick look|take a peek=look
up to date=uptodate
same name=samename
same namespace|same ns=samenamespace
root user|uid 0|as root|as uid 0=rootuser
host network|host networking|host path|host paths|host pid|host ipc=hostaccess
plain text|clear text|plaintext|cleartext=plaintext
api resources|api resource|resource types|resource kinds=apiresources
access mode=accessmode
cluster info|cluster information=clusterinfo
audit trail|change log|change history|changelog=trail
roll it back|roll that back|roll this back|roll them back=rollback-it
"""
)
PHRASES[("roll", "it", "back")] = "rollback"
PHRASES[("roll", "that", "back")] = "rollback"
PHRASES[("roll", "this", "back")] = "rollback"
_LONGEST = max(map(len, PHRASES))

_IRREGULAR_FORMS = {
    "get": "get gets got getting",
    "run": "run runs ran running",
    "put": "put puts putting",
    "set": "set sets setting",
    "show": "show shows showed shown showing",
    "give": "give gives gave given giving gimme",
    "make": "make makes made making",
    "take": "take takes took taken taking",
    "bring": "bring brings brought bringing",
    "delete": "delete deletes deleted deleting del rm erase kill nuke trash zap discard discards discarded scrap "
    "scraps scrapped eliminate eliminated destroy destroyed ditch bin "
    "wipe wipes wiped",
    "change": "change changes changed changing adjust adjusts adjusted adjusting modify modified modifying "
    "alter alters altered amend amended tweak tweaked",
    "raise": "raise raises raised raising lift lifts lifted lifting boost boosted hike hiked",
    "reject": "reject rejects rejected rejecting refuse refused refusing",
    "suspend": "suspend suspends suspended suspending halt halts halted",
    "drain": "drain drains drained draining evacuate evacuates evacuated evacuating vacate vacated",
    "throw": "throw throws threw thrown throwing",
    "send": "send sends sent sending",
    "roll": "roll rolls",
    "restart": "restart restarts restarted restarting relaunch respawn",
    "pick": "pick picks picked",
    "publish": "publish publishes published publishing",
    "empty": "empty empties emptied emptying",
    "reserve": "reserve reserves reserved reserving",
    "ship": "ship ships shipped shipping",
    "reactivate": "reactivate reactivated",
    "untag": "untag untagged",
    "undo": "undo undoes undid undone undoing",
    "rollback": "rollback rollbacks revert reverts reverted reverting",
    "cut": "cut cuts cutting",
    "tell": "tell tells told telling",
    "find": "find finds found finding",
    "let": "let lets letting",
    "keep": "keep keeps kept keeping",
    "have": "have has had having",
    "see": "see sees saw seen seeing",
    "come": "come comes came coming",
    "go": "go goes went gone going",
}
_VERBS = words(
    "export scale restart list describe expose label annotate cordon uncordon drain taint create pause "
    "resume suspend bounce "
    "restart grow shrink resize grant revoke bind apply patch replace edit update change switch "
    "add remove drop display "
    "print fetch check count audit diagnose debug troubleshoot investigate explain approve deny "
    "reject unsuspend disable "
    "enable allow block lock isolate trigger launch start stop deploy reload recycle reboot raise "
    "lower increase decrease "
    "reduce bump attach assign limit cap restrict watch follow tail inspect autoscale rename move "
    "copy save write collect "
    "schedule point fix mark tag strip clear unset need want wish purge fire hold kick dial look "
    "grab pull tail clean correct listen forward evict hook load open close park provision "
    "unpause rollout untaint unlabel unannotate prefer convert connect define activate pin adapt execute exec "
    "recreate install upgrade downgrade download upload publish transfer withdraw view"
)


def forms(verb: str) -> list[str]:
    if verb.endswith("e"):
        return [verb, verb + "s", verb + "d", verb[:-1] + "ing"]
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return [verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"]
    double = (
        verb + verb[-1]
        if len(verb) <= 5 and verb[-1] in "pbgtmn" and verb[-2] in "aeiou" and verb[-3:-2] not in "aeiou"
        else verb
    )
    return [verb, verb + ("es" if verb.endswith(("s", "ch", "sh", "x")) else "s"), double + "ed", double + "ing"]


def _verb_forms() -> dict[str, str]:
    found = {form: verb for verb in sorted(_VERBS) for form in forms(verb)}
    found |= {form: verb for verb, forms in _IRREGULAR_FORMS.items() for form in forms.split()}
    found |= {"limits": "limit", "requests": "request", "labels": "label", "labelled": "label", "labeled": "label"}
    found |= {"tagged": "tag", "restarts": "restarts", "rollouts": "rollout", "deployed": "deploy", "ran": "run"}
    return found | {"stopped": "stop", "autoscaling": "autoscale", "cordoned": "cordon", "cancelled": "cancel"}


VERBS = _verb_forms()
VERB_LEMMAS = frozenset(VERBS.values())
BASES = (
    _VERBS
    | frozenset(_IRREGULAR_FORMS)
    | words(
        "del rm erase kill nuke trash zap revert gimme discard scrap eliminate destroy ditch bin wipe adjust modify "
        "alter amend "
        "tweak lift boost hike refuse halt evacuate vacate relaunch respawn"
    )
)
"""Verbs in the form of an order."""
CHANGES = words(
    "scale restart expose label annotate cordon uncordon drain taint create pause resume suspend bounce resize "
    "grant revoke bind apply patch replace edit update change switch add remove drop delete set rollback undo "
    "deploy reload recycle reboot raise lower increase decrease reduce bump attach assign move copy save write "
    "trigger launch start stop load hook have let hold kick dial unpause unsuspend untaint unlabel enable "
    "disable approve deny reject autoscale spinup bringdown turnoff turnon takeoff evict purge clean fix run "
    "put take bring give make allow block freeze continue reserve adjust evacuate refuse discard halt adapt "
    "require introduce configure define activate pin close open drain empty correct cut isolate lock park "
    "provision recreate rename restrict roll exec execute upgrade downgrade empty publish reserve ship throw "
    "shrink grow cap limit strip clear unset schedule point convert reopen close install ramp send revert "
    "untag mark tag export upload download transfer withdraw"
)
"""Verbs that ask for a change."""
FILLERS = words(
    "a an the my our your his her their its please pls plz kindly just now quick quickly real "
    "really actually basically "
    "hey hi hello yo morning thanks thx ty cheers thank ok okay so well right also too still already again maybe "
    "of in on at for to from by with as into onto over under inside within around across is are "
    "am be been was were do "
    "does did i me we us you they them it he she him her can could would will shall should may might must "
    "u ur im i'd i'm i'll "
    "we'd we'll we're let's lets let that this these those there here then first next finally lastly afterwards "
    "therefore hence thus want need like love wish help currently today tonight asap immediately straight away "
    "moment mind go ahead "
    "what what's whats which who how where when it's that's there's s t re ll d ve some any all every each both "
    "exactly simply possible properly correct correctly and/or etc e.g i.e via per about being have has had got get "
    "good great nice sure one pretty super quite very much up down out off back kind sort bit little lot lots "
    "everything anybody anyone someone somebody something anything team guys folks mate buddy everyone "
    "kubernetes k8s cluster kubectl k kube asterism q fyi btw lol haha hmm um uh oh wow ahoy dear sir madam friend "
    "question thing entire whole full complete overall own current existing same such sort quick-one yet "
    "ever since will'd himself itself myself according regarding concerning respect whose than more most less least"
) - words("more most less least than down up off out everything all each every one back anything new when where both")
NEGATIONS = words(
    "not no never don't dont doesn't doesnt didn't didnt won't wont can't cant cannot isn't isnt "
    "aren't arent without "
    "none nothing neither nor except excluding unless but instead rather avoid skip w/o n't "
    "shouldn't wouldn't mustn't "
    "hasn't haven't isn wasn't weren't couldn't"
)
CONDITIONS = words("if unless whenever otherwise else until till once when while depending case provided assuming")
COMMANDS = words(
    "get show display print list give tell fetch find see check describe read grab pull need want "
    "know look view dump "
    "see output retrieve inspect provide explain report"
)
"""Verbs that ask to be shown something."""


def phrase_at(lows: list[str], at: int) -> tuple[int, str] | None:
    """The longest set phrase that begins at a word: (how many words, its one word)."""
    for size in range(min(_LONGEST, len(lows) - at), 0, -1):
        one = PHRASES.get(tuple(lows[at : at + size]))
        if one is not None:
            return size, one
    return None
