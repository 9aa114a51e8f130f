"""How people write each attribute of an object: templates, in the notation of `shapes.pattern`."""

from __future__ import annotations

from typing import NamedTuple

from agents.embedded.kube.sheet.phrases import PHRASES


class Attribute(NamedTuple):
    """A way to write an attribute, and the arguments that the words alone stand for."""

    template: str
    fixed: tuple[tuple[str, object], ...] = ()


_COUNT = r"(?:replicas?|copies|copy|instances?)"
_LABELLED = (
    r"(?:(?: |, )(?:that |which )?(?:with|labell?ed|carrying|carry|carries|bear|bearing|labels?|"
    r"matching|having|are|the|where))*"
)

TEMPLATES: dict[str, tuple[str, ...]] = {
    "namespace": (
        r"(?:(?:in|for|within|inside|of|at|under|into|to) )?(?:the )?(?:namespace|ns)~<namespace:name>",
        r"(?:-n |--namespace[ =])<namespace:name>",
        r"<namespace:name> (?:namespace|ns)\b",
        r"(?:in|within|inside|into) (?:the )?(?!namespace|ns\b|(?:total|all|general|place|order|addition|"
        r"use|parallel|sync|sum)\b)<namespace:name>(?: (?:namespace|ns)\b)?",
    ),
    "bracketed": (r"\((?:ns |namespace )?<namespace:name>\)", r"^<namespace:name>(?=:\s)"),
    "place": (
        r"(?:on|onto|for|over|to|at|upon|across|of) (?:(?:the|our|my) )?(?!namespace|ns\b)<namespace:name>(?: "
        r"(?:namespace|ns)\b)?",
    ),
    "name": (
        r"(?:named|called) <name:name>",
        r"(?:metadata\.)?name~<name:name>",
        r"call it <name:name>",
        r"<name:name> is (?:the|its|to be the|should be the) name",
    ),
    "image": (r"(?:container )?(?:image|img)~<image:image>", r"(?:(?:running|from|runs) )?<image:tagged>"),
    "new_image": (r"(?:container )?(?:image|img)~<image:image>",),
    "replicas": (rf"(?:spec\.)?{_COUNT}~<replicas:int>", rf"<replicas:int>x? (?:{_COUNT}|pods?)\b"),
    "container_port": (
        r"(?:container ?)?ports?~<port:port>",
        r"(?:listen(?:s|ing)|serv(?:es|ing)) on (?:port )?<port:port>",
    ),
    "env": (
        r"(?:env(?:ironment)?(?:[ -]?var(?:iable)?s?)?|variables?)~<env:pairs>",
        r"<env:envs>",
    ),
    "set_env": (
        r"(?:set )?(?:env(?:ironment)?(?:[ -]?var(?:iable)?s?)?|variables?)~<set:pairs>",
        r"(?:unset|drop|remove) (?:the )?(?:env(?:ironment)?(?:[ -]?var(?:iable)?s?)? |variables? )?<unset:keys>",
        r"(?:set )?<set:envs>",
    ),
    "command": (
        r"(?:command|cmd|commandline)~<command:command>",
        r"(?:running|runs|executes|executing) <command:command>",
    ),
    "labels": (r"(?:labels?|labell?ed)~<labels:pairs>", r"labels?~<labels:yaml>"),
    "set_labels": (r"(?:add )?(?:labels?|labell?ed)~<set:pairs>", r"(?:add )?labels?~<set:yaml>"),
    "annotations": (r"(?:add )?(?:annotations?|annotated)~<set:pairs>",),
    "resources": (
        r"(?:resources?:? )?(?:resource ?)?requests?~<requests:amounts>",
        r"(?:resources?:? )?(?:resource ?)?limits?~<limits:amounts>",
        r"(?:resources[.:\s]+)?requests\.cpu~<requests.cpu:amount>",
        r"(?:resources[.:\s]+)?requests\.memory~<requests.memory:size>",
        r"(?:resources[.:\s]+)?limits\.cpu~<limits.cpu:amount>",
        r"(?:resources[.:\s]+)?limits\.memory~<limits.memory:size>",
        r"cpu requests?~<requests.cpu:amount>",
        r"(?:memory|mem|ram) requests?~<requests.memory:size>",
        r"cpu limits?~<limits.cpu:amount>",
        r"(?:memory|mem|ram) limits?~<limits.memory:size>",
    ),
    "service_account": (r"(?:service ?account(?:name)?|sa)~<service_account:name>", r"runs as <service_account:name>"),
    "container": (r"(?:(?:of|in|for) )?(?:the )?container~<container:name>",),
    "workload": (
        r"(?:(?:of|in|for|on|to|targeting|targets?|scaling|scales) |target~|scaletargetref~)?(?:the "
        r")?<kind:workload>[ /]<name:name>",
    ),
    "scaled": (
        r"(?:for|targeting|of|scaling|scales|targets?) (?:the )?(?:workload )?(?!deploy|stateful|daemon|"
        r"sts\b|the\b|namespace|ns\b)<name:name>",
    ),
    "schedule": (
        r"(?:(?:cron )?schedule[d]?(?: at)?|cron(?: expression)?)~<schedule:schedule>",
        r"(?:at |on )?<schedule:schedule>",
        r"(?:schedule[d]?~)?<schedule:when>",
    ),
    "ports": (
        r"on <port:port>(?!\.)",
        r"(?:their|whose|its pods'|the pods'?|the container's?)(?: own)? port~<target_port:port>",
        r"(?:they|the pods|the containers?)(?: themselves| itself)? (?:listens?|serves?|answers?) on"
        r"(?: port)? <target_port:port>",
        r"(?:service )?ports?~<port:port>\s*(?:->|=>|→|to|onto|on|maps to|mapped to|forwards to|goes to|,|"
        r"/|and)\s*(?:the )?(?:target ?ports?|container ?ports?|pod ports?)~<target_port:port>",
        r"(?:service )?ports?~<port:port>\s*(?:->|=>|→|:| to | onto )\s*(?:port )?<target_port:port>",
        r"(?:service )?ports?~<port:port>",
        r"(?:target|container|pod)[ _-]?port~<target_port:port>",
        r"(?:target|container|pod)[ _-]?port (?:of|for) (?:port )?<port:port>~<target_port:port>",
    ),
    "type": (r"(?:(?:service )?type~|of type |through (?:a )?|as (?:a )?|via (?:a )?)?<type:type>",),
    "selector": (
        r"(?:pod )?selectors?~<selector:pairs>",
        r"(?:pod )?selectors?~<selector:yaml>",
        r"(?:select(?:s|ing)?|for|in ?front of|before|matching|matches|targeting|match ?labels~|backends?~)?\s*(?:the "
        rf")?(?:all )?pods{_LABELLED}~<selector:pairs>",
        r"(?:selects|selecting|matching|match ?labels~)\s*<selector:pairs>",
    ),
    "service_name": (r"(?:service )?name~<service_name:name>", r"service (?:named|called) <service_name:name>"),
    "host": (r"(?:for )?host(?:name)?~<host:host>", r"(?:for )?<host:host>"),
    "backend": (
        r"(?:(?:backend|route(?:s|d)?|goes|to|->|→|=>)[ :]*)*(?:to )?(?:service|svc|"
        r"backend)~<service:plain_name>(?::|[ ,]+(?:on )?(?:service )?port~?| on )\s*<port:port>",
        r"(?:->|→|=>|to|backend~)\s*<service:plain_name>:<port:port>",
        r"(?:backend |to )?(?:service|svc|backend)(?: name)?~<service:name>",
        r"(?:service |backend )?port~<port:port>",
    ),
    "root": (r"path(?:prefix)?~[`'\"]?/[`'\"]?(?![\w/])",),
    "class": (r"(?:ingress[ -]?)?class(?: ?name)?~<class_name:name>",),
    "min_max": (
        r"--min[= ]<min:count>",
        r"--max[= ]<max:count>",
        r"(?:at most|up to|no more than|not more than|never more than|not above|never above|maximum of|"
        r"max of|to a maximum "
        r"of|with a maximum of) <max:int>(?: (?:replicas|pods|copies|instances))?",
        r"(?:at least|no (?:fewer|less) than|never (?:fewer|less) than|not (?:fewer|less) than|never below|not below|"
        r"(?:never|not) (?:to )?(?:have|go|drop|fall|be|run)(?: with| to)? (?:fewer than|less than|below|"
        r"under)|minimum of|"
        r"min of|a minimum of) <min:int>(?: (?:replicas|pods|copies|instances))?",
        r"(?:from|between) <min:int>(?: (?:replicas|pods|copies|instances))? (?:to|and|up to|-) <max:int>(?: "
        r"(?:replicas|pods|copies|"
        r"instances)\b)?",
        r"(?:from )?<min:int> (?:to|up to) <max:int>\b(?! ?%| ?percent)(?: (?:replicas|pods|copies|instances)\b)?",
        r"min(?:imum)?[ _-]?(?:replicas|pods|copies|of)?~<min:int>(?: (?:replicas|pods|copies))?",
        r"max(?:imum)?[ _-]?(?:replicas|pods|copies|of)?~<max:int>(?: (?:replicas|pods|copies))?",
        r"(?:min/max|min-max)(?: replicas)?~<min:count>\s*[/-]\s*<max:int>",
        r"(?:(?:from|between) )?<min:count>\s*(?:-|–|to|and|\.\.)\s*<max:int> (?:replicas|pods|copies|instances)",
        r"(?:replicas|pods)~(?:between )?<min:count>\s*(?:-|–|to|and|\.\.)\s*<max:int>",
    ),
    "cpu": (
        r"--cpu-percent[= ]<cpu_percent:bare>",
        r"(?:target |average )*cpu(?: (?:target|average|utili[sz]ation|usage|load|threshold|percent))*~<cpu_percen"
        r"t:bare>(?! ?[a-z])",
        r"(?:(?:aiming|aim|based|depending|according|going) )?(?:by|on|to|at)(?: the)? cpu(?: (?:load|"
        r"usage|use))?(?! ?\d)",
        r"(?:(?:target|average|avg|at) )*cpu(?: (?:target|average|utili[sz]ation|usage|load|"
        r"threshold))*~(?:of )?<cpu_percent:percent>(?: cpu)?",
        r"(?:(?:target|at|average|avg)~)?(?:(?:average|of) )*<cpu_percent:percent> (?:of )?(?:(?:target|"
        r"average|avg) )*cpu(?: (?:utili[sz]ation|usage|load|target))?",
        r"targetcpuutilizationpercentage~<cpu_percent:bare>",
    ),
    "data": (
        r"--from-literal[= ]<data:pairs>",
        r"(?:(?:data|keys?|entries|entry|values?)~)?<data:pairs>",
        r"(?:data~)?<@data:upper>\s*(?::|=|->|=>|→)\s*<@value:value>",
        r"(?:data~)?<@data:capital> <@value:spoken>",
        r"key <@data:key> with(?: the)? value <@value:value>",
        r"key <@data:key>(?:,? (?:with )?value~|\s*(?::|=|->|=>|→)\s*)<@value:value>",
    ),
    "set_data": (
        r"(?:(?:data|keys?|entries|entry|values?)~)?(?:set )?<set:pairs>",
        r"(?:(?:set|change|the|key) )*<@set:upper>(?:\s*(?::|=|->|=>|→)\s*| (?:becomes|to|is(?: now)?|"
        r"changes to|goes to|set to|should be|shall be|must be|:=|from \S+ to) )<@value:spoken>",
        r"(?:data~)?<@set:capital> <@value:spoken>",
        r"(?:set |change )?(?:the )?key <@set:key>(?:,? (?:with )?value~| (?:becomes|to|is(?: now)?|"
        r"changes to|set to|should be|shall be) |\s*(?::|=|->|=>|→)\s*)<@value:spoken>",
        r"(?:(?:drop|remove|delete|unset|without)~)(?:the )?(?:keys? )?<unset:keys>",
        r"(?:keys? )?<unset:keys>(?: (?:is|are|gets?|to be|has|shall|should|must|will|be|to))* (?:dropped|"
        r"removed|deleted|unset|go)\b",
    ),
    "generated": (
        r"(?:(?:an?|the|with|some) )*(?:random|generated|randomly generated) keys? (?:called |named )?<generate:keys>",
        r"(?:(?:an?|one|the|its|whose|single|only|with|some|two|three) )*(?:keys?|entry|entries|fields?)"
        r"(?: called| named| "
        r"under|:|,)? <generate:keys>,? (?:(?:that|which|is|are|has|have|gets?|should|must|be|to|contains?|"
        r"containing|holds?|"
        r"holding|filled|set|generated|with|as|an?|some|something|completely|of|both|each|all) )*(?:random\w*|"
        r"generated|"
        r"invented|made up)(?: (?:values?|strings?|generated|data|content|one|ones))*",
        r"(?:(?:let|have) (?:the )?(?:system|cluster|it|you) )?(?:invent|make up|generate|roll|pick|come "
        r"up with) (?:(?:the|"
        r"an?|random|its|some|values?|of|for|one|keys?|fresh|new|secure|under) )*<generate:keys>(?: (?:for "
        r"me|yourself|itself))?",
        r"(?:random(?:ly generated)?|generated?)(?: (?:values?|keys?|entries|for|the|under|a))*~<generate:keys>",
        r"keys?~<generate:keys>(?:,| with|:| as)? (?:random|generated|randomly generated)(?: values?)?",
        r"(?:with )?random values? (?:for|under|in) (?:the )?keys?~<generate:keys>",
    ),
    "files": (r"(?:files?~)?<@files:key> (?:from|out of|taken from)(?: the)?(?: workspace)?(?: file)? <@value:file>",),
    "secret_type": (r"(?:of )?type~<type:path>",),
    "pull_secret": (
        r"(?:(?:it|which|that|they|have|let|should|shall|must|to|can|will|may|who|its|pods) )*(?:pulls?|"
        r"pulling|fetch(?:es)?|"
        r"gets?)(?:(?: its| the| their| all)? images?)? (?:with|through|using|by|via|from our registry "
        r"with)(?: the| our)?"
        r"(?: (?:image )?pull)?(?: secret)?(?: called| named)? (?!secret\b)<image_pull_secret:name>(?: secret\b)?",
        r"(?:with|using|via|plus)(?: the| our| an?)? (?:image[ -]?)?pull[ -]?secret(?: called| named)? "
        r"<image_pull_secret:name>",
        r"(?:with|using)?(?: the| our)? secret <image_pull_secret:name> (?:for|to) pull(?:ing)?(?: its|"
        r" the)?(?: images?)?",
        r"(?:image[ -]?)?pull[ -]?secrets?~<image_pull_secret:name>",
    ),
    "token_for": (
        r"account~<service_account:account>",
        r"(?:(?:for|of) )?(?:the )?(?:service ?account|sa)~<service_account:account>",
        r"(?:for|of) (?!namespace|ns\b|the\b)<service_account:account>",
    ),
    "lifetime": (
        r"(?:(?:with )?(?:a )?(?:lifetime|ttl|expir(?:y|ation)|validity|duration|expires? (?:in|after)|"
        r"valid(?: for)?|good for|expirationseconds)~)<seconds:seconds>",
        r"<seconds:time>",
        r"(?:(?:good|valid|works?|lives?|lasts?|lasting|living|usable) (?:for )?|for |of )?<seconds:span>(?: "
        r"(?:validity|lifetime|long)\b)?",
    ),
    "manifest": (
        r"(?:(?:from|in|of|by|with|what(?:'s| is| stands)? in|everything in|the|all|a|workspace|file|manifests?|"
        r"objects?|resources?|definitions?|content|contents|called|named|yaml|-f|as|it|described|defined|that|which|is|"
        r"are|says?|its|out)[ :]+)*<manifest:manifest>",
    ),
    "into": (
        r"(?:(?:written|saved?|stored?|write|put|goes|output)(?: it)? )?(?:(?:in)?to|in|as|at|under|file|"
        r"path|target)(?: (?:the )?(?:workspace )?file)?~<path:file>",
        r"(?:output|path|file|target file|destination)~<path:file>",
    ),
    "rules": (
        r"(?:(?:may|can|allows?|grants?|verbs?|permissions?|rules?|rights?)~|to )?<verbs:verbs>(?:,| on| "
        r"of| for|:|;)* (?:(?:the )?(?:resources?|kinds?)~)?<kinds:kinds>",
        r"(?:verbs?|permissions?|rights?)~<verbs:verbs>",
        r"(?:on )?(?:(?:the )?(?:resources?|kinds?|objects?)~)<kinds:kinds>",
    ),
    "only_names": (
        r"(?:restricted|limited|only)~(?:to )?(?:the )?(?:objects?|resource ?names?|ones?)?(?: (?:named|"
        r"called))?~<resource_names:keys>",
        r"resource ?names?~<resource_names:keys>",
    ),
    "subject": (
        r"<user:who> \((?:an? |the )?user\)",
        r"<group:who> \((?:an? |the )?group\)",
        r"\(?(?:(?:the |her |his )?(?:login|user ?name)(?: is|:)?) <user:who>\)?",
        r"(?:(?:for|to|subjects?|->|→|=>|binds|bound|of|member)[ :]*)*(?:the )?user~<user:who>",
        r"(?:(?:for|to|subjects?|->|→|=>|binds|bound|of|member)[ :]*)*(?:the )?group~<group:who>",
        r"(?:(?:for|to|subjects?|->|→|=>|binds|bound|of|member)[ :]*)*(?:the )?(?:service ?account|"
        r"sa)~<service_account:account>",
    ),
    "bound": (
        r"(?:the |an? |our )?(?:existing |already existing )?<role:name> role\b",
        r"(?:(?:binds|for|to|of|grants|gives|via|through|with|role ?ref)[ :]*)*(?:the |our )?(?:existing "
        r")?role~(?!is\b|there\b|already\b)<role:name>",
        r"(?:the )?role(?: is| exists)?(?: already)?(?: there| existing| exists)\b",
        r"<role:name>\s*(?:->|→|=>)",
    ),
    "hard": (
        r"(?:hard(?: limits?)?~)?<@hard:counted>~<@value:amount>",
        r"(?:(?:more than|at most|no more than|up to|max(?:imum)?(?: of)?|not more than) )?<@value:int> "
        r"<@hard:counted>(?: (?:max|at most|in all|in "
        r"total)\b)?",
        r"(?:(?:more than|at most|no more than|up to|max(?:imum)?(?: of)?|not more than) )?<@value:size> "
        r"(?:of )?<@hard:counted>\b",
    ),
    "ranges": (
        r"(?:default(?: limits?)?|limits? default)~<default:amounts>",
        r"(?:default[ _]?requests?|requests? default)~<default_request:amounts>",
        r"max(?:imum)?~<max:amounts>",
        r"min(?:imum)?~<min:amounts>",
    ),
    "budget": (
        r"min[ _-]?available~<min_available:bound>(?: pods?)?",
        r"max[ _-]?unavailable~<max_unavailable:bound>(?: pods?)?",
        r"(?:at least|minimum) <min_available:bound>(?: pods?)?(?: (?:available|up|ready))?",
        r"(?:at most|maximum) <max_unavailable:bound>(?: pods?)?(?: (?:down|unavailable|away))",
    ),
    "shared": (
        r"(?:shared|mounted|written|usable|writable|to be shared)(?: (?:between|among|by|across|from|on)"
        r")? (?:several|many|multiple|all|different|the|more)? ?(?:nodes|pods)"
        r"(?= ?\(? ?(?:<access:access>))",
    ),
    "size": (
        r"<size:gigs> ?(?:\(gi\) ?)?(?:(?:of )?(?:storage|disk(?: space)?|space)\b)?",
        r"(?:disk ?space|disk|storage|space)(?: of)?:? <size:size>",
        r"(?:size|capacity|storage(?: request)?|request(?:s|ing)?)~<size:size>",
        r"<size:size>(?: (?:of )?(?:storage|disk|space)\b)?",
    ),
    "storage_class": (r"(?:storage[ _-]?class(?:name)?|class|sc)~<storage_class:name>",),
    "access": (r"(?:(?:access[ _-]?)?modes?~)?<access:access>",),
    "traffic": (
        rf"(?:only |just |let |allow )*(?:(?:the )?pods?{_LABELLED} )?<from_pods:pairs> (?:only |just )"
        rf"*(?:should |may |can |must |shall |to |be |is |are )*(?:able "
        rf"|allowed |permitted )?(?:to )?(?:in|talk|connect|reach|speak|get|access|call|come|go|contact|"
        rf"use)(?: in| through| over)?(?: in ?to| to)?(?: (?:the )?pods?{_LABELLED})? "
        rf"<pods:pairs>",
        r"(?:on |over |via )?(?:tcp/|tcp port |port tcp/)<ports:portlist>",
        r"(?:and )?(?:only |just )?on <ports:portlist>",
        r"(?:and )?(?:nobody|nothing|no one|noone|none)(?: else)?(?: (?:in|gets in|may|comes in|at all))*",
        rf"(?:(?:applies to|for|target|to) )?(?:the )?pods?{_LABELLED}~<pods:pairs>",
        r"(?:pod ?)?selector~<pods:pairs>",
        r"(?:(?:shall |should |may )?(?:accepts?|allows?|admits?|takes?)(?: (?:ingress|traffic|"
        r"connections))?(?: (?:solely|only|just))? )?(?:ingress )?(?:solely |only |just )?from~?(?: "
        rf"(?:the )?pods?{_LABELLED}~)?\s*<from_pods:pairs>",
        r"(?:on )?(?:tcp )?(?:ports?)~<ports:portlist>",
        r"(?:on )?tcp <ports:portlist>",
    ),
    "probe": (
        r"(?:http(?:[ -]?get)?|get|path|http[ _-]?path)(?:~(?:get )?(?:path~)?|\s+)<http_path:url>",
        r"(?:on )?(?:tcp )?port~<port:port>",
        r"(?:exec(?:ute)?|command)(?: command)?~<command:command>",
    ),
    "cascade": (r"(?:--)?cascad(?:e|ing)~<cascade:cascade>",),
    "grace": (r"(?:--)?(?:grace(?:[ _-]?period)?(?:[ _-]?seconds)?)~<grace_s:seconds>",),
    "fields": (
        r"(?:set |field )?<@patch:field>(?:\s*(?:=|:|->|=>|→)\s*| (?:to|becomes|is|should be) )<@value:scalar>",
    ),
    "schedule_field": (r"(?:(?:new )?(?:cron )?schedule|cron)~<patch.spec.schedule:schedule>",),
    "taint": (
        r"(?:taint~)?<key:label>=<value:plain>:<effect:effect>",
        r"(?:taint~)<key:label>=<value:plain>(?!:)",
        r"key~<key:key>",
        r"value~<value:key>",
        r"(?:effect~)?<effect:effect>",
    ),
    "node": (r"(?:on |of |for )?(?:the )?node~<node:name>",),
    "pod": (r"(?:(?:inside|in|of|on|from|to) )?(?:the )?pod~<name:name>",),
}

_NONE = (
    r"(?:nothing|no traffic|nobody|no one|no connections?|none) (?:may |should |can |must |shall |is allowed "
    r"to |gets |goes |comes )?(?:be able to "
    r")?(?:go |come |get |flow |pass |connect |reach |travel )?"
)
_ANY_POD = r"(?: (?:of|to|from|for) (?:any|all|every)(?: of the)? pods?)?"
FIXED: dict[str, tuple[Attribute, ...]] = {
    "anywhere": (
        Attribute(
            r"(?:anywhere|everywhere)(?: in the (?:whole )?cluster)?|(?:in|across) (?:all|every) namespaces?|"
            r"cluster-?wide|in the whole cluster",
            (("everywhere", True),),
        ),
    ),
    "bound": (
        Attribute(
            r"(?:(?:binds|for|to|of|grants|gives|via|through|with) )*(?:the |an? )?(?:existing |built-in "
            r")?<role:name> cluster ?role\b",
            (("cluster_role", True),),
        ),
        Attribute(
            r"(?:(?:binds|for|to|of|grants|gives|role ?ref)[ :]*)*(?:the )?cluster ?role~<role:name>",
            (("cluster_role", True),),
        ),
    ),
    "dns": (
        Attribute(
            r"(?:for |to |their |the |only |all |pods |allowing |allows? |lookups? |resolve |queries )"
            r"*dns(?: lookups?| queries| traffic| resolution| requests?)*",
            (("rule", "allow_dns"),),
        ),
    ),
    "access": (
        Attribute(
            r"(?:(?:readable|writable|writeable|written|mounted|mountable|shared|usable|and|to|be|by|between|"
            r"among|across|from|on|for|it|that|which|must|should|can|able|"
            r"read|write) )*(?:writ\w+|shared|mount\w+) (?:(?:by|between|among|across|from|on|to|for|it)"
            r" )*(?:several|many|multiple|all|different) (?:nodes|machines|pods)"
            r"(?: at once| at the same time)?",
            (("access", "ReadWriteMany"),),
        ),
    ),
    "type": (
        Attribute(
            r"(?:(?:only |just )?(?:inside|within) the cluster(?: only)?|cluster-internal(?: only)?|internal "
            r"only)",
            (("type", "ClusterIP"),),
        ),
    ),
    "denial": (
        Attribute(rf"{_NONE}in(?:wards?)? ?(?:or|and|nor|/|\\+|&) ?out(?:wards?)?{_ANY_POD}", (("rule", "deny_all"),)),
        Attribute(
            rf"{_NONE}(?:in(?:to)?|inside|at|reach)(?! or out| and out| nor out)(?: it| the pods| them)?{_ANY_POD}",
            (("rule", "deny_ingress"),),
        ),
        Attribute(rf"{_NONE}(?:out|leave|outside)(?: of it)?{_ANY_POD}", (("rule", "deny_egress"),)),
        Attribute(
            r"(?:default[ -])?(?:deny|denies|denying|block|blocks|no) (?:(?:for|all|traffic|both|directions|"
            r"ways|any) )*in(?:gress|coming|bound)? ?(?:or|and|/|\+|&|,) ?(?:e?gress|out(?:going|bound)"
            r"?)(?: traffic| connections?)*",
            (("rule", "deny_all"),),
        ),
        Attribute(
            r"(?:block|deny|stop|forbid|cut off|cut|refuse|shut off)? ?(?:all |any )?(?:outgoing|outbound|"
            r"egress)(?: traffic| connections?)+(?: from| of)?(?: (?:all|every|any) pods?)?",
            (("rule", "deny_egress"),),
        ),
        Attribute(
            r"(?:block|deny|stop|forbid|cut off|cut|refuse|shut off)? ?(?:all |any )?(?:incoming|inbound|"
            r"ingress)(?: traffic| connections?)+(?: to| of)?(?: (?:all|every|any) pods?)?",
            (("rule", "deny_ingress"),),
        ),
        Attribute(
            r"(?:deny|denies|denying|block(?:s|ing)?) all (?:ingress|inbound)(?: traffic)?", (("rule", "deny_ingress"),)
        ),
        Attribute(
            r"(?:deny|denies|denying|block(?:s|ing)?) all (?:egress|outbound)(?: traffic)?", (("rule", "deny_egress"),)
        ),
        Attribute(
            r"(?:default[ -]deny|deny all)(?: traffic)?,? (?:(?:for|in) )?both (?:directions|ingress and egress)",
            (("rule", "deny_all"),),
        ),
        Attribute(r"default[ -]deny(?: for)? ingress", (("rule", "deny_ingress"),)),
        Attribute(r"default[ -]deny(?: for)? egress", (("rule", "deny_egress"),)),
        Attribute(r"deny all ingress and egress(?: traffic)?", (("rule", "deny_all"),)),
    ),
}


def attributes(names: str) -> tuple[Attribute, ...]:
    """All the ways to write the attributes of these names."""
    found: list[Attribute] = []
    for name in names.split():
        found += [Attribute(template) for template in (*TEMPLATES.get(name, ()), *PHRASES.get(name, ()))] + list(
            FIXED.get(name, ())
        )
    return tuple(found)
