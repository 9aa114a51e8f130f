"""How sentences say the attributes of what is ordered: templates as in `attributes`, for the cues."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, ...]] = {
    "line": (
        r"(?:the )?<namespace:name>(?: namespace)? (?:in line|up to date|in sync) with",
        r"(?:(?:on)?to|in|into|for|against|of|at) (?:the )?(?!namespace|ns\b|it\b|what|line|sync)<namespace:name>("
        r"?: (?:namespace|ns)\b)?",
        r"(?:default )?namespace(?: for| of)?(?: its| the| their)? objects~<namespace:name>",
        r"what (?:it|the file) says",
    ),
    "replaced": (
        r"(?:what is|what's|everything|the objects?|all|whatever is|the live ones?|the old ones?)(?: there|"
        r" live| running)? in (?:the )?"
        r"<namespace:name>(?: namespace)?",
        r"(?:fields?|settings?|whatever|what|anything|everything|things)(?: that| which)?(?: is| are| "
        r"isn't| aren't| not)?[^.;!?\n]{0,40}?"
        r"(?:absent|missing|left out|leaves out|lacks?|isn't in|aren't in|not in)[^.;!?\n]{0,40}?(?:disappear|"
        r"go|gone|vanish|removed|dropped|goes|deleted)"
        r"(?: from the objects?| from it| afterwards| too)*",
        r"(?:the object in|supersedes?|the live one|the live ones|completely|wholly|entirely|whole|full|"
        r"not (?:a )?merged?|not apply)",
        r"(?:in|of) (?:the )?(?!namespace|ns\b|it\b|what)<namespace:name>(?: (?:namespace|ns)\b)?",
    ),
    "request": (
        r"(?:(?:the|a|pending|new|that|this|open|certificate|cert|signing|request|csr|called|named|name|"
        r"its|it|is|it's|from|of|for) |certificate-|: )*"
        r"(?:request|csr)(?: (?:it's|it is|which is|that is|is|from the new \w+ \w+|from the \w+|,))*,?(?: "
        r"called| named| of| from| by|:)? <name:name>",
        r"(?:(?:it|it's|is|which|that|its|the|name) )*(?:called|named|name is|name) <name:name>",
        r"csr/<name:name>",
        r"(?:a|the)? ?(?:certificate )?(?:signing )?(?:request|csr)\b",
    ),
    "unnamed": (
        r"(?:claims?|pvcs?|volumes?|whoever|everyone|everybody|anyone|those|all)[^.;!?\n]{0,40}?(?:without|"
        r"don't|no|not|doesn't)[^.;!?\n]{0,24}?"
        r"(?:storage ?)?class",
        r"(?:storage ?class|sc)\b",
    ),
    "finalized": (
        r"(?:(?:of|from|on|off|the|that|in) )*(?:stuck |terminating |hanging )*<kind:kind>(?: (?:stuck|"
        r"terminating|hanging|called|named|in terminating|"
        r"is|that|which|being deleted))*[,:]? (?!stuck|terminating|hang)<name:name>",
        r"(?:(?:is |are )?(?:stuck|hangs?|hanging) )?(?:in |on )?terminating(?: state| phase)?",
        r"(?:stuck|terminating|hangs?|hanging|being deleted|won't go away|deleting)\b",
    ),
    "secret_of": (
        r"(?:(?:from|of|in|out of|inside) )?(?:the )?secret(?: called| named)? (?!key\b)<name:name>",
        r"(?:(?:from|of|in|out of|inside) )?(?:the )?<name:name> secret\b",
    ),
    "secret_key": (
        r"(?:(?:its|the|with|under|whose|of|value|entry|only|stored|behind) )*key~<key:key>",
        r"(?:(?:the|its) )?<key:file>(?= (?:from|of|out of|in)\b)",
        r"(?:the )?value (?:of|under|behind) (?:the )?(?:key )?<key:key>(?= (?:from|of|out of|in)\b)",
        r"(?:(?:the|its) )?<key:key>(?= (?:from|of|out of) (?:the )?secret\b)",
    ),
    "local": (
        r"(?:(?:the|my|our|a|local|workspace|file|called|named) )*<source:local>(?: file)?(?= (?:up )?(?:to|"
        r"into|onto|in|as|at|inside|from)\b|:)",
        r"(?:(?:the|my|our|a|local|workspace|file|called|named) )*<source:local>(?= (?:in)?to the workspace)",
    ),
    "absolute_to": (
        r"(?:(?:as|to|at|into|in|under|its|the|path|directory|folder|and|it|shall|be) ?)*:? ?<target:absolute>",
    ),
    "absolute_from": (
        r"(?:(?:the|a|whole|file|folder|directory|path|dump|log|at|lying|from|there's|there is|copy|of|"
        r"in) )*<source:absolute>",
    ),
    "here": (
        r"(?:(?:put|place|save|store|keep|write|drop|have|need|want|get|it|that|this|and|here|them|in|"
        r"into|to|under|as|my|our|the|workspace|file|folder|"
        r"directory|called|named|locally|local|on|at|with|name),? )*(?:as|to|into|under|called|named|workspace:?)"
        r" (?:the |my |our )?(?:workspace |file |"
        r"folder )*(?!workspace\b|me\b|my\b|the\b|it\b|pod\b|here\b)<target:place>",
        r"(?:in|into|to) (?:my|the|our) workspace\b",
    ),
    "pod_of": (
        r"(?:(?:to|in|into|from|of|inside|out of|on|onto|at|the|running) )*pods?(?: called| named)? (?!in\b|"
        r"of\b)<name:name>",
        r"(?:(?:to|into|from|inside|out of|onto) )(?:the |a )?(?:(?:pod|deployment|statefulset|deploy|"
        r"sts)[ /])?<name:name>",
        r"<name:name>(?= pod\b) pod\b",
        r"<name:name>(?=:/):",
    ),
    "exposed": (
        r"(?:(?:in front of|infront of|before|for|of|reach|make|get|to|our|have|let) )+(?:the |our |my "
        r")?(?!it\b|the\b|our\b|pods?\b|port\b|internet|"
        r"outside|world)<name:name>(?: (?:app|application|workload)\b)?",
        r"(?:(?:in front of|infront of|before|for|of|the|our|my|a|an) )*<name:name> <kind:workload>\b",
        r"(?:in front of|infront of|before|for|with) (?:it|them)\b",
    ),
    "reached": (
        r"(?:service )?(?:on|at|listening on|through|via|under)(?: its| the)? (?:service )?port <port:port>",
        r"(?:on|at) <port:port>",
        r"(?:that |which |and |it )*(?:leads?|forwards?|goes|points?|maps?|maps|sends|leading|forwarding|"
        r"pointing)(?: on)? to (?:its |the |their )?(?:own |pods'? "
        r"|container )?(?:port )?<target_port:port>",
        r"<port:port> (?:outside|on the outside|outward|outwards|externally)",
        r"(?:the )?(?:app|application|container|pods?|program|process|thing|workload|it)(?: itself)?(?: "
        r"actually)? (?:is|listens?|runs?|answers?|serves?|sits|lives)"
        r"(?: on| at)? (?:port )?<target_port:port>",
        r"(?:cluster ?ip|inside the cluster|cluster-internal|internally|inside|in the cluster)(?: is fine|"
        r" only| will do| suffices| is enough)",
    ),
    "scaled_name": (
        r"(?:let|have|make|like|want|get|that)? ?(?:the |our )?(?!it\b|the\b|us\b|by\b|to\b|itself|between|"
        r"at\b|in\b|namespace|up\b|down\b|and\b|autoscale)"
        r"<name:name>(?= (?:\(|in |to |scale|grow|itself|from |between |-n |automatically|stretch|breathe|"
        r"ns |namespace ))",
        r"<kind:workload>/<name:name>",
    ),
    "itself": (
        r"(?:to )?(?:scale|scales|grow|grows|breathe|breathes|stretch|expand)(?: and shrink)?(?: up| out|"
        r" up and down| down| itself| by itself| on its own|"
        r" automatically| alone)*(?: with (?:the )?(?:load|traffic|demand|use)| when [^.,;!?\n]{0,40}?busy|"
        r" when (?:the )?load [^.,;!?\n]{0,20})?",
        r"(?:automatically|by itself|on its own|by cpu|when it gets busy|under load|with the load)(?![\w-])",
    ),
    "ingress_name": (
        r"(?:(?:the )?ingress(?: is| be| shall be| should be| to be)? )?(?:called|named|name(?: it| is)"
        r"?|call it|call the ingress)~? ?<name:name>",
        r"(?:the )?ingress <name:name>",
    ),
    "as_name": (
        r"(?:as|called|named|under the name|name it|call it) (?!deployment|a\b|an\b|the\b|statefulset|"
        r"pod\b|job\b|soon)<name:name>",
        r"as (?:an? |the )?deployment(?: called| named)? <name:name>",
    ),
    "cron_name": (
        r"(?:(?:and|please) )?(?:call it|name it|called|named) <name:name>",
        r"(?:(?:as|make that|make it|that is|with|to be|be|it|the|an?|call|called|name|named) )*(?:cron "
        r"?job|cron job|cj)?(?:,? (?:with the name|by the name(?: "
        r"of)?|called|named|name|of the name))? (?!with\b|by\b|that\b|called\b|named\b)<name:name>(?=\s*(?:$|"
        r"[.,;!?\n)]))",
    ),
    "binding_name": (
        r"(?:the )?(?:role ?)?binding(?: is| be| should be| shall be)? (?:called|named|name) <name:name>",
        r"(?:call|name) the (?:role ?)?binding <name:name>",
    ),
    "claim_name": (
        r"(?:(?:the|a|as) )*(?:claim|pvc|volume claim)(?: (?:is|be|they|we|i|to|should|shall|it))*(?: "
        r"call(?:ed)?| named?)?:? (?!of\b|in\b|is\b|for\b)<name:name>",
        r"(?:called|named|call it|name it) <name:name>",
        r"(?:an? |the )?(?:persistent )?(?:volume claim|claim|pvc|disk space|disk|storage|space)\b",
    ),
    "ran": (
        r"(?:(?:is|be|to|should|must|shall|it|i want|we want|want|please|that) )*(?:runs?|running|launch(?:ed)"
        r"?|start(?:ed)?|executed?)(?: once)?(?: the)?(?: image)?",
    ),
    "allowed": (
        r"(?:(?:that|which|it|and|to|who|with|has|have|is|are|must|should|may|can|shall|needs?|only|just|"
        r"be|granted|given|"
        r"allowed|able|permitted|the|rights?|let|give|allow|permissions?) )+(?=(?:get|list|watch|create|"
        r"update|patch|delete|read)\b)",
    ),
    "binds": (
        r"(?:(?:that|which|it|and|to|who|with|has|have|is|must|should|shall|be|bind|bound|give|gets?|put|"
        r"tie|the|existing) )+(?=(?:the |an? )?"
        r"(?:existing )?(?:cluster ?)?role\b)",
    ),
    "job_name": (r"(?:the )?job(?: name| called| named)?:? (?!name\b|called\b|named\b)<name:name>",),
    "able": (
        r"(?:(?:be )?(?:able|allowed|permitted|entitled)(?: only| just)? to|the rights? to|permissions? "
        r"to|access to|what (?:he|she|it|they) needs?:)",
    ),
    "lost": (
        r"(?:(?:all|any|every|everything|his|her|their|its|of|the|from|that|what|whatever|remaining|kind|"
        r"single) )*(?:rights?|access|"
        r"permissions?|privileges?|(?:he|she|it|they) (?:may|can) do|may do|can do)",
    ),
}
