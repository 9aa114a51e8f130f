"""Orders that name no kind to be made: the words that ask for a skill, and the attributes that it takes."""

from __future__ import annotations

from typing import NamedTuple

from agents.embedded.kube.sheet.attributes import attributes
from agents.embedded.kube.sheet.sheets import Sheet

_ORDER = (
    r"(?:(?<![\w-])(?:please|pls|plz|kindly|you|to|and|then|so|now|just|also|let's|must|should|be|someone|somebody|k|"
    r"kubectl|hand|can|could|would)\s+|(?<=[.!?;:,(\n–—-])\s*|^\s*)"
)


class Cue(NamedTuple):
    """`templates` as in `attributes`, anywhere in the text; a `kind` says what places mean (`quota on x`)."""

    templates: tuple[str, ...]
    sheet: Sheet
    kind: str = ""


CUES: list[Cue] = []


def _placed(template: str) -> str:
    """A verb must be an order; a template that begins with `*` may stand anywhere."""
    return rf"(?<![\w-]){template[1:]}" if template.startswith("*") else rf"{_ORDER}{template}(?![\w-])"


def _cue(
    skill: str, takes: str, needs: str, *templates: str, kind: str = "", scoped: bool = True, **fixed: object
) -> None:
    found = attributes(takes + (" namespace" if scoped else ""))
    CUES.append(
        Cue(
            tuple(_placed(one) for one in templates), Sheet(skill, found, needs, "", scoped, tuple(fixed.items())), kind
        )
    )


_REST = r"(?:[^.!?\n]|[.?!](?=\S))*"
_FROM_FILE = rf"(?={_REST}\.ya?ml)"
_cue(
    "kube.apply",
    "manifest line namespace",
    "manifest",
    r"(?:do a )?(?:server-side )?(?:re-?)?apply(?: of)?(?: -f)?(?: together)?",
    rf"(?:roll out|install|push|deploy){_FROM_FILE}",
    rf"bring (?={_REST} (?:in line|up to date|in sync) with)",
    scoped=False,
)
_cue(
    "kube.create",
    "manifest namespace",
    "manifest",
    rf"(?:create|make)(?! (?:\S+ ){{0,3}}(?:config ?map|cm|secret)\b){_FROM_FILE}",
    r"create(?=,? (?:what|everything|whatever|all))",
    r"take (?=\S+\.ya?ml and create)",
    scoped=False,
)
_cue(
    "kube.replace",
    "manifest replaced namespace",
    "manifest",
    r"(?:replace|swap(?: out)?|overwrite|supersede)(?:,? (?:not merge|don't merge|do not merge|completely|wholly))?:?",
    scoped=False,
)
_SIGNS = r"(?:approve|sign(?: off)?|accept|confirm|wave through|let through|ok|okay|grant)"
_DENIES = r"(?:reject|deny|refuse|decline|turn down|dismiss|rejected|denied|refused|declined)"
_cue(
    "kube.approve_certificate",
    "request",
    "name",
    rf"{_SIGNS}(?= {_REST}(?:\bcsr\b|certificate|signing request|cert request))",
    r"*(?:you )?(?:can|may) (?:be )?(?:approved?|sign(?:ed)?)(?: it| that)?(?! by)",
    rf"{_SIGNS} (?:it|that)(?: one)?\b",
    scoped=False,
)
_cue(
    "kube.deny_certificate",
    "request",
    "name",
    rf"{_DENIES}(?= {_REST}(?:\bcsr\b|certificate|signing request|cert request))",
    rf"(?:it would be best if you |it's best to |better |should be |must be )?{_DENIES}(?: it| that)?\b",
    scoped=False,
)
_cue(
    "kube.set_default_storage_class",
    "unnamed",
    "name",
    r"*(?:the )?default (?:storage ?class|sc) (?:should|shoud|must|shall|is|has|ought|needs)(?: to)?(?: "
    r"be| become)? <name:name>",
    r"(?:make|set|mark|declare|choose|use|let)(?: the)?(?: storage ?class| sc)? <name:name>(?: be| become)"
    r"?(?: as| to)?(?: the| our)?(?: new)? "
    r"default(?: storage ?class| sc| class| one)?\b",
    r"(?:make|set|change|switch)(?: the)? default (?:storage ?class|sc) (?:be|to|=) <name:name>",
    r"*(?:should|shall|must|to|will)? ?(?:land|end up|get|use|receive|come from|go|be placed|be put|be "
    r"made|live) (?:on|onto|in|"
    r"to|with) (?:storage ?class |sc )?<name:name>"
    r"(?: storage)?(?![\w-])",
    scoped=False,
)
_cue(
    "kube.remove_finalizers",
    "finalized",
    "kind name",
    r"(?:remove|clear|drop|strip|take off|delete|get rid of|wipe)(?: all| the| its| their| any| off)* "
    r"finali[sz]ers?(?: (?:of|from|on|off))?",
)
_cue(
    "kube.save_secret",
    "secret_of into secret_key",
    "name key path",
    rf"(?:save|store|write|put|dump|export|extract|get|fetch|bring|need|want|give me|drop)(?: me)?(?= "
    rf"{_REST}\bsecret\b)",
)
_cue(
    "kube.copy_to",
    "local pod_of container absolute_to",
    "name source target",
    r"(?:upload|copy|push|put|transfer|send|place|drop|cp)(?: it| that)?(?! -)",
)
_cue(
    "kube.copy_from",
    "absolute_from pod_of container here",
    "name source target",
    r"(?:fetch|download|copy|get|pull|grab|save|bring|need|want|give|cp|i'd like|i would like|we'd like|"
    r"we would like)(?: me| us| it)?(?! -)",
)
_cue(
    "kube.expose",
    "workload exposed ports type service_name reached",
    "name port",
    r"expose",
    r"*(?:put|add|set up|make|create|place|get|give|have|need|want|needs|wants|gets|ask for|asks for)(?: "
    r"(?:it|him|her|them|us))? (?:an?|the) (?:new )?"
    r"<type:type>(?: service)?(?: (?:in front|before|for|on top))?\b",
    r"*(?:put|add|set up|make|create|place|get|give|have|need|want|needs|wants|gets|ask for|asks for)(?: "
    r"(?:it|him|her|them|us))? an? (?:new )?"
    rf"(?:service|svc)(?= {_REST}\b(?:in front|infront|before|for (?:the )?(?:\S+ )?(?:deployment|statefulset|"
    rf"daemonset|deploy|sts)))",
)
_cue(
    "kube.autoscale",
    "workload scaled_name min_max cpu itself",
    "name max",
    r"autoscale",
    rf"(?:let|have|make|like|want|get|needs?|should|must|shall|wants)(?= {_REST}\b(?:scale|grow|breathe|"
    rf"expand|stretch)\b)",
)
_cue(
    "kube.create_quota",
    "hard",
    "hard",
    r"*(?:the |namespace )*<namespace:name>(?: namespace)? (?:(?:may|can|should|must|shall)(?: not|n't)"
    r"|cannot|can't|mustn't|shouldn't) (?:use|have|take|"
    r"hold|consume|run|go|get|eat)(?: up)?",
    r"*(?:(?:may|can|should|must|shall)(?: not|n't)|cannot|can't|mustn't|shouldn't) (?:use|have|take|hold|"
    r"consume|run|go|get|eat)(?: up)?",
    r"(?:put|set|impose|place) (?:an? )?(?:cap|limit|ceiling|lid)(?: of| at)?",
    r"*(?:be )?(?:capped|limited|restricted) (?:at|to)",
    rf"(?:cap|limit|restrict)(?= {_REST} (?:at|to)\b)",
    kind="resourcequota",
)
_cue(
    "kube.create_network_policy",
    "denial",
    "rule",
    rf"(?:block|deny|stop|forbid|cut(?: off)?|refuse|shut off)(?= {_REST}\b(?:traffic|ingress|egress|connections?|"
    rf"inbound|outbound))",
    r"*(?=nothing\b|no traffic\b|nobody\b|no one\b|no connections?\b)",
    kind="networkpolicy",
)
_cue(
    "kube.create_network_policy",
    "traffic name",
    "pods from_pods",
    rf"(?:let|allow|only let|permit)(?= {_REST}=)",
    rf"*(?=(?:only|just) {_REST}=)",
    kind="networkpolicy",
    rule="allow_from",
)
_cue(
    "kube.create_network_policy",
    "dns name",
    "rule",
    rf"(?:let|allow|permit|add|create|make)(?= {_REST}\bdns\b)",
    kind="networkpolicy",
)
_cue(
    "kube.create_ingress",
    "host backend root class ingress_name",
    "name host service port",
    rf"(?:route|send|point|lead|publish)(?= {_REST}\.)",
    r"*<host:host> (?:should |must |shall |has to |needs to |to )?(?:go|goes|lead|leads|point|points|be "
    r"routed|resolve|resolves|route|routes)"
    r"(?= to\b)",
)
_cue(
    "kube.create_deployment",
    "image replicas container_port env command labels resources service_account as_name",
    "name image",
    r"(?:deploy|install|roll out|get (?:it|that|this) (?:going|running|up)|bring (?:it|that|this) up|start "
    r"(?:it|that|this) up)(?! -)",
)
_cue(
    "kube.create_cron_job",
    "image schedule command cron_name ran",
    "name image schedule",
    rf"(?:run|runs|running|start|launch|execute|ran)(?= {_REST}:)",
    r"*(?=(?:every|daily|each|nightly|hourly|on)\b)",
)
_cue(
    "kube.create_claim",
    "size storage_class access shared claim_name",
    "name size",
    rf"(?:need|needs|want|wants|require|requires|have|get|like|add|make|create|give|reserve|put aside)(?= "
    rf"{_REST}\b(?:disk|storage|space|volume)\b)",
    kind="persistentvolumeclaim",
)
_cue(
    "kube.bind_role",
    "bound subject role_of binding_name",
    "role user|group|service_account",
    r"(?:bind|assign|give|grant|hand|add|attach|put|tie)(?: out)?",
    r"*(?:needs?|gets?|wants?|should (?:get|have|be given|receive|be bound to)|must (?:get|have|be given|"
    r"receive)|shall (?:get|have|be given)|"
    r"is to (?:get|have))",
)
_cue(
    "kube.grant",
    "subject rules only_names able",
    "verbs kinds user|group|service_account",
    r"(?:let|allow|give|grant|enable|permit)",
    r"*(?:(?:only |just )?(?:needs?|has|have|wants?|should|must|may|can|shall|is|are|ought)(?: only| just|"
    r" also)*(?: to)?(?: be)?(?: able| allowed|"
    r" permitted| entitled)?(?: only| just)?(?: to)?)(?= (?:get|list|watch|create|update|patch|delete|read)\b)",
)
_cue(
    "kube.revoke",
    "subject lost",
    "user|group|service_account",
    rf"(?:revoke|strip|withdraw|take away|take|remove|pull|cancel|cut)(?= {_REST}\b(?:rights?|access|permissions?|"
    rf"privileges|may do|can do)\b)",
    rf"*(?:must|should|may|shall|is to)(?: not|n't| no longer| never)? (?:lose|keep|have|hold|retain)(?= "
    rf"{_REST}\b(?:rights?|access|permissions?|privileges)\b)",
)
_cue(
    "kube.revoke",
    "subject lost anywhere",
    "user|group|service_account everywhere",
    rf"(?:revoke|strip|withdraw|take away|take|remove|pull|cancel|cut)(?= {_REST}\b(?:rights?|access|permissions?|"
    rf"privileges|may do|can do)\b)",
    rf"*(?:must|should|may|shall|is to)(?: not|n't| no longer| never)? (?:lose|keep|have|hold|retain)(?= "
    rf"{_REST}\b(?:rights?|access|permissions?|privileges)\b)",
    scoped=False,
)
_cue("kube.run_job", "image command job_name", "name image", r"(?:one-off|one-time|run once)(?: job)?")
_cue(
    "kube.save_secret",
    "secret_of into secret_key",
    "name key path",
    rf"*(?=secret {_REST}\b(?:in)?to (?:the |a )?file)",
)
