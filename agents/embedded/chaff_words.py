"""The tables of chaff: patterns over the line of a request (see chaff.py). A `{name}` stands for a row of MACROS.

A macro `{w}` is one plain word that neither limits nor demands; `{w*}` up to a dozen of them.
"""

from __future__ import annotations

import re

# A word of these ends the open part of a reason or a context: it may limit what is asked for, or ask for more.
_LIMITS = [
    "only",
    "except",
    "excluding",
    "unless",
    "otherwise",
    "else",
    "then",
    "without",
    "never",
    "don't",
    "dont",
    "not",
    "no",
    "none",
    "nothing",
    "avoid",
    "instead",
    "must",
    "should",
    "please",
    "need",
    "needs",
    "want",
    "wants",
    "wanted",
    "can",
    "could",
    "would",
    "will",
    "shall",
    "may",
    "might",
    "let's",
    "delete",
    "remove",
    "erase",
    "rm",
    "overwrite",
    "kill",
    "stop",
    "terminate",
    "restart",
    "reboot",
    "move",
    "rename",
    "copy",
    "send",
    "run",
    "execute",
    "replace",
    "write",
    "create",
    "append",
    "archive",
    "unpack",
    "download",
    "upload",
    "put",
    "save",
    "print",
    "list",
    "show",
    "find",
    "tell",
    "give",
    "least",
    "most",
    "first",
    "last",
    "top",
    "every",
    "each",
    "all",
    "both",
    "before",
    "after",
    "until",
    "if",
    "whether",
]

_LIGHT = [
    "only",
    "except",
    "excluding",
    "unless",
    "otherwise",
    "else",
    "then",
    "don't",
    "dont",
    "never",
    "avoid",
    "instead",
    "must",
    "please",
    "delete",
    "remove",
    "erase",
    "rm",
    "overwrite",
    "kill",
    "terminate",
    "rename",
    "execute",
    "append",
    "unpack",
    "download",
    "upload",
]

MACROS = {
    "w*": rf"(?: (?!(?:{'|'.join(_LIMITS)}) )[a-z][a-z'/-]*){{0,12}}",
    "l*": rf"(?: (?!(?:{'|'.join(_LIGHT)}) )(?!and (?:{'|'.join(_LIMITS)}) )[a-z0-9][a-z0-9'/-]*){{0,16}}",
    "d*": rf"(?: (?!(?:{'|'.join(_LIMITS)}) )(?:@|[a-z][a-z'/-]*)){{0,14}}",
    "d": rf"(?!(?:{'|'.join(_LIMITS)}) )(?:@|[a-z][a-z'/-]*)",
    "w": rf"(?!(?:{'|'.join(_LIMITS)}) )[a-z][a-z'/-]*",
    "i": r"(?:i|we|he|she|they|you|it|one|someone|somebody|everyone|everybody|people|that|this)",
    "me": r"(?:me|us|you|him|her|them|everyone|everybody|anyone)",
    "my": r"(?:the|a|an|my|our|your|his|her|their|this|that|some|one of (?:the|my|our))",
    "nice": r"(?:great|nice|lovely|good|perfect|awesome|helpful|appreciated|wonderful|fantastic|brilliant|super|swell"
    r"|handy|useful|cool|ideal|fine|excellent|a (?:big |great |huge )?(?:help|relief)|very kind|so kind|enough"
    r"|plenty)",
    "very": r"(?:(?:really|very|so|super|quite|most|just|also|pretty|a bit|already|more than|simply|much|totally) )*",
    "maybe": r"(?: (?:please|maybe|perhaps|possibly|kindly|just|quickly|also|at all|by any chance|briefly|somehow))*",
    "moment": r"(?:(?:a|the|some|any|one|spare) )*(?:minute|moment|second|sec|chance|time|mo|min|while)",
    # What things are for: occasions, people and papers that no skill of a device is about.
    "occasion": r"(?:auditors|auditor|audit|audits|review|reviews|meeting|meetings|standup|stand-up|call"
    r"|calls|slide|slides"
    r"|deck"
    r"|presentation|demo|ticket|tickets|inventory|documentation|docs|wiki|handover|insurance|insurer|boss|manager"
    r"|management|customer|customers|client|colleague|colleagues|team|accounting|accountant|finance|bookkeeping|hr"
    r"|legal|compliance|security|auditor|auditors|support|board|planning|migration|upgrade|maintenance|post-mortem"
    r"|postmortem|retro|newsletter|records|record|spreadsheet|statistics|curiosity|sake|budget|onboarding|homework"
    r"|thesis|project|paperwork|tax|taxes|quarter|month end|month-end|year end|year-end|school|lesson"
    r"|workshop|interview|wife|husband|kids|kid|dad|mum|mom|mother|father|brother|sister|friend|neighbour"
    r"|neighbor|party|trip|holiday|briefing|update mail|status mail|status update|status page|blog post"
    r"|blog|article|forum post|bug report|incident|incident report|rollout|roll-out|release notes|change request"
    r"|purchase|order form|quote|offer|warranty|landlord|dashboard|overview page|checklist|notes|diary|logbook"
    r"|licence|license|licence audit|license audit|capacity planning|sprint|sprint review|report to \w+)",
    "owes": r"(?:is|are|'s|was|were) (?:{very})?(?:asking|waiting|wondering|nagging|bugging|pestering|chasing|begging"
    r"|complaining|worried|curious|interested|pressing)",
}
MACROS["owes"] = MACROS["owes"].replace("{very}", MACROS["very"])

# Anywhere.
ASIDES = (
    r"(?:(?:with )?(?:best|kind|warm|many|warmest|kindest) )?(?:regards|cheers|thanks|sincerely|greetings"
    r"|wishes|yours|the best|thank you)(?: ,)? (?!and |also |plus "
    r"|too |please )"
    r"(?:@|[a-z]+)(?= (?:. )?$)",
    r"at all",
    r"by any chance",
    r"by chance",
    r"if (?:you|u) (?:don't|do not|wouldn't|would not) mind",
    r"if (?:it's|it is|that's|that is|this is)(?: at all)? (?:ok|okay|alright|all right|fine|possible|not too much"
    r" (?:trouble|work|to ask|bother)|no (?:trouble|bother|problem))(?: (?:with|for|by) you)?",
    r"if(?: at all)? possible",
    r"if i may(?: ask)?",
    r"(?:if|when|whenever|once|as soon as) (?:you|u)(?:'ve| have| find| get| got| can spare)(?: got)? {moment}"
    r"(?: (?:for (?:it|that|this|me)|later))?",
    r"(?:when|whenever) (?:you can|it suits(?: you)?|you're free|you are free|you get (?:to it|around to it)"
    r"|convenient|you like|possible|you're ready|ready)",
    r"as (?:soon|quick|quickly|fast) as (?:you can|possible)",
    r"at your (?:earliest )?(?:convenience|leisure)",
    r"(?:a\.?s\.?a\.?p|asap|pronto)",
    r"right away|straight away|right now|at the moment|at present|at this (?:moment|point|time)(?: in time)?"
    r"|as of now"
    r"|as we speak|atm|rn|at this very moment|for the moment|for the time being|for now|by now|just now"
    r"|these days|nowadays"
    r"|currently|presently|this instant",
    r"for (?:a|one) (?:sec|second|minute|moment|bit)",
    r"real quick|really quick|quick smart|super quick",
    r"for (?:me|us)",
    r"(?:once|one) more(?: time)?|once again",
    r"(?<!9 )(?:and so on|and so forth|and the like|and whatnot|and all that|and all|and everything|etc|et cetera"
    r"|or so|or something(?: like that)?|or similar)(?= (?:[.,;:!?–)] |$))(?<! (?:gb|mb|kb|tb) or so)",
    r"i'd say|i would say|i'm afraid|i am afraid|you know|you see|mind you|to be honest|to be fair|to be frank"
    r"|to be clear|tbh|imho|imo|honestly|frankly|basically|actually|literally|obviously|of course|naturally"
    r"|needless to say|by the way|btw|fyi|for the record|as (?:you know|mentioned|discussed|agreed|promised)|in short"
    r"|in brief|roughly speaking|generally speaking|strictly speaking|so to speak|as it were|like i said|anyway"
    r"|anyways"
    r"|somehow|surely|certainly|definitely|seriously|really|truly|indeed|simply|kindly|please|thankfully"
    r"|luckily|sadly"
    r"|unfortunately|fortunately",
    r"lol|haha|hahaha|hehe|lmao|rofl|sigh|phew|omg|xd|smh",
    r"(?:the|on) (?:heck|hell|earth|devil|dickens)(?= (?:is|are|does|do|did|has|have|was) )",
    r"even(?= (?:in|on|is|are|running|doing|there) )",
    r"kind of|sort of|more or less",
    r"do me a favou?r(?: and)?",
    r"be so (?:kind|good|nice) (?:as to|and|to)",
    r"be a (?:dear|star|sport|pal|darling) and",
    r"feel free to",
    r"do not hesitate to|don't hesitate to",
    r"no (?:rush|hurry|worries|pressure|stress|big deal|biggie)(?: (?:though|at all|here))?",
    r"(?:when|if|in case|whenever) (?:you|u) (?:happen to )?(?:have|get|find) {moment}",
    r"(?:i )?hope (?:you're|you are|you|this finds you|everything's|all is|everything is)(?: (?:are"
    r"|is))? (?:well|doing well"
    r"|fine|good|ok|okay|had a (?:good|nice|great) (?:weekend|day|morning|holiday|evening))",
    r"how are you(?: (?:doing|today|doing today))?|how's it going|how are things|what's up|long time no see",
    r"(?:it|this|that|it's|that's)(?: is)? (?:very |quite |really |rather |pretty )?(?:urgent|not urgent|important)",
)

# Doubt says nothing where something is asked; where something is to be done it may mean that it is not to be done.
HEDGES = (
    r"i guess|i think|i suppose|i believe|i reckon|i assume|i presume|iirc|afaik|as far as i know|apparently"
    r"|supposedly"
    r"|presumably|perhaps|maybe|possibly|probably|hopefully",
    r"if i (?:remember|recall)(?: (?:right|rightly|correctly|it right))?",
)

# At the beginning of a sentence or of a part of one.
LEADS = (
    r"(?:(?:someone|somebody|everyone|{my} {w}|{w})(?: (?:from|in|at|over in) (?:the )?{w})? )(?:just |now "
    r"|urgently |also )*"
    r"(?:asked|asks|is asking|are asking|asking|wants|want|wanted|needs|need|would like|requested|requests|begs)"
    r"(?: (?:me|us))?(?: (?:for|to (?:see|have|know|get|look at|read)))?"
    r"(?= (?:the|a|an|all|every|each|any|some|how|which|what|who|#|@) )",
    r"for {my} {occasion}(?: {occasion})?(?= (?:i|i'd|we|we'd|please|could|can|would|show|give|list|get|tell"
    r"|find|run|what|which"
    r"|how|make|create|i'm|we're|need|,) )",
    r"(?:hi|hello|hey|hiya|heya|howdy|yo|hallo|greetings|salut|morning|good (?:morning|afternoon|evening|day)|g'day"
    r"|mornin|evening|dear)"
    r"(?: (?:there|all|team|folks|everyone|everybody|guys|again|asterism|friend|mate|buddy|bot|assistant"
    r"|computer|dear"
    r"|sir|madam|colleague|colleagues|pal|you))*",
    r"(?:i'm |i am |so |very )*sorry(?: (?:to|for)(?: have to)? (?:bother|bothering|disturb|disturbing|trouble"
    r"|troubling|ask|asking|pester|bug)(?: (?:you|this|that|again|so late|with this|about this))*)?",
    r"excuse me|pardon(?: me)?|forgive me",
    r"(?:just )?(?:a |one |another |my )?(?:small|quick|little|silly|stupid|dumb|simple|tiny|short|brief|last"
    r"|final|other"
    r"|next|general|urgent|odd|weird|random|newbie)? ?"
    r"(?:question|favou?r|request|task|thing|query|todo|job|ask|one)(?: for you)?(?= [:,–.!])",
    r"one (?:more )?(?:quick )?(?:thing|question|favou?r|request)(?= [:,–.!])",
    r"(?:note|reminder|heads up|heads-up|urgent|context|background|fyi|todo|task|request|story)(?= [:,–])",
    r"(?:ok|okay|okey|okay so|alright|alrighty|all right|anyway|hm+|um+|uh+|er+|erm|ah+|oh+|aha|argh+|ugh|damn|wow"
    r"|oops|whoops|ahem|psst|yeah|yep|yes|well then|right then|righto|now then|cool|perfect|excellent|listen"
    r"|look here"
    r"|sure|gosh|geez|jeez|man|dude|guys|folks|team)(?= (?!to ))(?! (?:is|are|has) )",
    r"(?:great|nice|good|right|so|well|now|look|thanks|thank you|cheers)(?= [,!.–])",
    r"(?:can|could|would|will|might|may|won't|can't|couldn't|wouldn't)"
    r" (?:you|u|ya|someone|anyone|somebody|anybody|one)(?: (?:guys|all))?{maybe}(?= (?!have |tell me how to "
    r"|recommend |say ))",
    r"(?:is there )?any (?:chance|way|possibility)(?: that)? (?:you|u|we|i)(?: (?:can|could|might"
    r"|would))?(?= (?!know))",
    r"(?:i|we)(?: was|'m| am| were|'re| are) (?:just |also |only )*(?:wondering|hoping|curious|asking myself)"
    r"(?: (?:if|whether) (?:you|u) (?:can|could|might|would|may))?{maybe}(?= )",
    r"(?:i|we)(?:'d| would)(?: (?:be|really|very|so|most|much|greatly))*"
    r" (?:appreciate|grateful|glad|happy|thankful|delighted|pleased|obliged|love|like|appreciative)(?: it)?"
    r"(?: very much| a lot)? if (?:you|u)(?: (?:can|could|would|might))?{maybe}",
    r"(?:it|that)(?:'d| would) be {very}{nice} (?:if|when) (?:you|u|we|i|someone)(?: (?:can|could|would"
    r"|might))?{maybe}",
    r"(?:would|could|might) it be (?:possible|too much trouble|too much|ok|okay|alright|all right|feasible"
    r"|asking too much)"
    r"(?: (?:for|of) you)?(?: to)?(?= )",
    r"(?:i|we)(?:'m| am|'re| are)(?: just| simply| currently)* (?:trying|looking|hoping|planning|about|going"
    r"|keen|eager)"
    r" to(?= (?:know|see|find|get|list|check|count|figure|learn|work|understand|tell|read|look|determine|compare) )",
    r"(?:i|we) (?:want|need|have|would like|'d like)(?: (?:you|u))? to (?:ask|request|tell you) (?:(?:you|u) )?to",
    r"(?:i|we)(?:'d| would) (?:like|love|want|prefer)(?: (?:you|u|it if you))(?: (?:to|could|would))?{maybe}",
    r"(?:i|we)(?: (?:really|just|also|only|kind of|now|urgently|still|quickly|badly|desperately))* (?:want|need"
    r"|have got"
    r"|require|expect)(?: (?:you|u))? to",
    r"(?:i|we)(?:'d|'ll| would| will)?(?: (?:really|just|also|now|urgently|quickly|badly|desperately|very much"
    r"|simply))*"
    r" (?:need|want|like|love|require|appreciate|fancy)(?: (?:it|very much))?(?= (?:the|a|an|all|some|any|every"
    r"|each|my|our"
    r"|information|details|@|#|\S+'s) )",
    r"(?:i|we)(?: (?:could|can))? (?:could use|can use|could do with)",
    r"what (?:i|we)(?:'d| would)?(?: (?:really|actually))?(?: (?:need|want|like|require))(?: to (?:know|see"
    r"|have))? (?:is|are)(?: to)?"
    r"(?= (?:the|a|how|which|what|who|where|when|whether|all|@|#) )",
    r"(?:the )?(?:thing|question|bit|part) (?:i|we) (?:need|want|have)(?: to know)? is",
    r"(?:my|the|our|a) (?:question|request|task|problem|job) (?:is|would be)(?= (?:which|what|how|who|where"
    r"|when|to) )",
    r"(?:please|kindly)(?: to)?",
    r"to (?:start|begin) with|first of all|first off|for (?:starters|a start)|to start",
    r"(?:your|the) (?:task|job|mission|turn)(?: today)?(?: is)?(?= [:–])",
    r"(?:so|and so|hence|therefore|thus|that's why|that is why|for that reason)(?= (?:please|can|could|would"
    r"|will|which"
    r"|what|how|run|show|list|find|give|tell|get|check|copy|delete|remove|count|download|compare) )",
    r"(?:go on and|go ahead and|go and|do go|now go and)",
    r"(?:i'll|we'll|i will)(?: (?:also|just))* (?:need|take|have|want)(?= (?:the|a|an|all) )",
    r"(?:be|make it) quick(?= [:,–])",
    r"(?:help|assist) (?:me|us)(?: out)?(?: (?:to|and|with))?(?= )",
    r"remind me(?: again)?(?= (?:of|what|how|which|who|where|when) )(?: of)?",
    r"refresh my memory",
    r"(?:just|i'm just|i am just|merely)? ?(?:curious|wondering|asking|checking)(?= [:,–])",
    r"i wonder|wondering(?= (?:which|what|how|who|where|when|whether|if) )",
    r"you (?:can|could|may|might|should)(?: (?:now|also|just|then|please))*(?= (?:show|list|find|give|tell|get"
    r"|check|delete"
    r"|remove|run|copy|move|stop|kill|start|zip|pack|unpack|download|rename|write|add|put|create|make|erase|send) )",
)

# What is not to be done. A plan that only reads obeys it.
_CHANGES = (
    "(?:unpack|extract|unzip|delete|remove|touch|change|modify|edit|alter|move|copy|run|execute|restart|kill|stop|write"
    "|overwrite|rename|download|install|send|save|replace|mess with|fiddle with|do|break|erase)"
)
_CHANGING = (
    "(?:unpacking|extracting|unzipping|deleting|removing|touching|changing|modifying|editing|altering|moving|copying"
    "|running|executing|restarting|killing|stopping|writing|overwriting|renaming|downloading|installing|sending|saving"
    "|replacing|messing with|breaking|erasing)"
)
_TARGET = (
    "(?:it|anything|them|that|those|any(?: of (?:it|them|those))?|stuff|something|one|(?:the|this|that) (?:file|files"
    "|folder|archive|original|originals|content|contents|thing|things|zip|tarball|data)(?: itself)?)"
    "(?: (?:though|please|yet|there|in there|at all|or anything|out|itself|up|down|else|on it|now))*"
)
PROHIBITIONS = (
    rf"(?:(?:but|and|please|just|so) )*(?:don't|do not|never|no need to|needn't|you don't (?:need|have) to|not to"
    rf"|you needn't|there's no need to|there is no need to)(?: (?:actually|really|even|ever|yet"
    rf"|please))* {_CHANGES}(?: {_TARGET})",
    rf"(?:(?:but|and|please|just|so) )*(?:without|no|not)(?: actually| really)? {_CHANGING}(?: {_TARGET})?",
    r"(?:(?:but|and|please|just|so) )*(?:no changes|change nothing|no modifications|touch nothing|read only"
    r"|read-only|readonly)"
    r"(?: (?:please|there|though|at all))*",
    r"(?:just|only) (?:look|looking|reading|checking)(?: please)?",
)
# An alternative that does nothing is none.
IDLE = (
    r"(?:(?:and|but|,) )*(?:otherwise|else|if not|or else) (?:(?:just|please|simply) )*"
    r"(?:leave (?:it|them|that|things|everything)(?: (?:alone|be|as (?:it|they) (?:is|are)|as is|running"
    r"|in peace|there|as it was))*"
    r"|do nothing|don't do anything|do not do anything|nothing|skip it|ignore it|no action|don't bother"
    r"|forget it|don't"
    r"|nothing (?:to do|happens|needs doing)|we're (?:good|fine|done)|that's (?:fine|ok|it)|all (?:good|fine))",
)

# At the end of a sentence or of a part of one.
ENDS = (
    r"(?:(?:best|kind|warm|many|with (?:best|kind)) )?(?:regards|wishes|greetings)(?: [,] )?"
    r"|yours(?: (?:sincerely|truly|faithfully))?"
    r"|sincerely|all the best|take care|bye(?: bye)?|see you(?: later)?|ciao|so long|over and out"
    r"|have a (?:nice|good|great)"
    r" (?:day|one|evening|weekend|night)|enjoy your (?:day|evening|weekend)|good night",
    r"(?:many |a thousand |a million |so many )?(?:thanks|thank you|thankyou|cheers|ta|merci|danke|tyvm|tia)"
    r"(?: (?:a lot|so much|very much|a bunch|a ton|a million|in advance|again|mate|buddy|you|for your help"
    r"|for the help"
    r"|for helping|already|everyone|all|lots|ever so much|muchly|for that|for this|and bye))*",
    r"(?:much|greatly|highly|very much) (?:appreciated|obliged)",
    r"(?:that|this|it|which)(?:'d| would|'ll| will)(?: (?:already|really|certainly|surely))* (?:be )?{very}{nice}"
    r"(?: (?:for (?:me|us|now)|to (?:have|know|see)|already|thanks|indeed))*",
    r"(?:that|this|it|which)(?:'d| would|'ll| will)(?: (?:already|really|certainly|surely|also))* (?:help|do|suffice"
    r"|work|do nicely|do fine|be all|save me)(?: (?:me|us|a lot|a bunch|a great deal|out|so much|for me|for us"
    r"|with (?:the|my|our) {w}(?: {w})?|me out|us out|greatly|enormously|massively|me a trip|for now))*",
    r"(?:would|'d) be {very}{nice}",
    r"(?:would|could|will|can|won't) (?:you|u|ya)(?: please)?",
    r"please|pretty please|if you please|if you would|if you could|if you can|if you like|if you will",
    r"(?:isn't|aren't|doesn't|don't|haven't|hasn't|wasn't|weren't|won't|didn't) (?:it|they|he|she|that|there|you|we)",
    r"don't you (?:think|agree)|wouldn't you say|am i right|correct me if i'm wrong|if you ask me|between you and me",
    r"(?<=, )(?:right|ok|okay|yes|no|yeah|eh|huh|hm+|correct|or)|eh|huh|innit",
    r"or (?:not|what|no|nah|nope|else what)(?: (?:any more|anymore|really))?",
    r"or (?:did|have|do|am|was|had|is|are|has|should|does|were|will)(?:n't)? (?:i|we|it|they|he|she|you|that|someone"
    r"|somebody|this)(?: [a-z][a-z']*){0,6}",
    r"just (?:curious|wondering|asking|checking|to know|to be (?:sure|safe|certain)|in case|because|out of curiosity"
    r"|fyi|for fun)",
    r"out of (?:curiosity|interest)",
    r"(?:just )?to be (?:sure|safe|certain|on the safe side)",
    r"and (?:that's|that is|that'll be|that will be)(?: (?:it|all))(?: (?:for (?:now|today|me)|from me|thanks"
    r"|i need))*",
    r"(?:that's|that is|that'll be|this is) (?:it|all|everything)(?: (?:i (?:need|want|ask|wanted)|for (?:now"
    r"|today|me)|we"
    r" need|from me|really))*",
    r"and i(?:'m| am) (?:done|happy|off|good|gone)",
    r"(?:dear|mate|buddy|pal|bud|dude|man|bro|friend|asterism|my friend|sir|folks|guys|team|everyone|again"
    r"|today|though"
    r"|too|as well|already|first thing|for once|now|quickly|quick|soon|fast|nicely|neatly|directly"
    r"|immediately)(?<!9 now)",
    r"(?:i|we) (?:'ve |have )?(?:promise|swear|hope|mean|bet|think so|guess so|suppose so)(?: so)?",
    r"(?:in (?:one|a) (?:go|shot|breath)|in a single go)",
)

# A reason or a purpose, to the end of its sentence or part: it says why, not what.
REASONS = (
    r"(?:just |only )?(?:so|such) that (?:{i}|{my} {w}(?: {w})?|everything|nothing|things)\b{l*}",
    r"so (?:i|we|he|she|they|you|people|everyone|everybody|(?:the|my|our) {w}) (?:can|could|know|knows|get|have"
    r"|don't|do"
    r"|won't|will|'ll|may|might|see|sees|understand|stop|am|are|needn't|wouldn't)\b{l*}",
    r"so (?:i'll|we'll|i'm|we're|i've|they'll|he'll|she'll|nobody|noone|no one|it won't|it doesn't)\b{l*}",
    r"so as to(?: not)?(?: {w}){1,8}",
    r"in order (?:to|that)(?: {w}){1,10}",
    r"(?:because|since|as|'cause|given that|seeing that|seeing as|now that|considering(?: that)?)"
    r" (?:i|we|he|she|they|you|everyone|nobody|somebody|someone|people|i'm|we're|he's|she's|they're|i've|we've"
    r"|they've"
    r"|i'll|we'll|you're|i'd|we'd|(?:it|that|this|there|{my} {w}|{my} {w} {w}) (?:is|was|has|had|wants|needs"
    r"|keeps|seems"
    r"|looks|asked|asks|will|might|may|are|were|have|want)|it's|that's|there's)\b{l*}",
    r"because(?: of)?\b{l*}",
    r"(?:before|until|while) (?:i|we|he|she|they|someone|somebody|{my} (?:boss|team|customer|colleague|client)) {l*}"
    r"(?= [:,–])",
    r"(?:just |only |enough |simply )?to (?:see|tell|know|check|find out|learn|decide|judge|understand|say"
    r"|verify) (?:if|whether"
    r"|how|what|why|where|when|which)\b{l*}(?<!ok)",
    r"(?:i|we|they|he|she|{my} {w}(?: {w})?) (?:just |really |only |kind of |urgently |also )*(?:need|needs"
    r"|want|wants"
    r"|require|requires|use|uses|asked for|asks for|wanted|am asked for|are asked for|have to have"
    r"|must have) (?:it|that"
    r"|this|them|those|these)(?: (?:for|by|in|because|as|since|to|today|soon|badly|quickly|now|urgently|at"
    r"|on)\b{l*})?",
    r"(?:{my} )?(?:{w} ){1,3}{owes}(?: (?:for|about|me|us|after|to)\b{l*})?",
    r"(?:i|we)(?:'m| am|'re| are) (?:being )?(?:asked|told|nagged|bugged|chased)\b{l*}",
    r"(?:i|we)(?:'ve| have)? (?:just |totally |completely |clean |simply |always |keep |kept )*(?:forgot|forget"
    r"|forgotten"
    r"|forgetting|lost track|lost count|can't (?:remember|recall|tell)|cannot (?:remember|recall)"
    r"|don't (?:remember|recall"
    r"|know)|do not (?:remember|know)|never remember|can never remember|'m not sure|am not sure|have no (?:idea"
    r"|clue)|have"
    r" never known|wonder|mislaid|'m (?:lost|clueless|curious))(?: (?:it|that|this|which|what|where|how|why|again|of"
    r" it|off-hand|offhand|right now)\b{l*})?",
    r"i'm not (?:sure|certain)(?: (?:which|what|where|how|why|about|any more|anymore)\b{l*})?",
    r"don't know (?:why|how|where|what|when)\b{l*}",
    r"(?:(?:i|we|they|he|she|you|nobody|noone|no one|{my} {w}) )?(?:don't|do not|doesn't|didn't|won't|no longer|never"
    r"|hardly|barely) (?:really )?(?:need|needs|use|uses|want|wants|miss) (?:it|that|this|them|those|these|either)"
    r"(?: (?:anymore|any more|any longer|at all|now|again|there|longer))*",
    r"(?:nobody|noone|no one|nobody here) (?:needs?|uses?|wants?|reads?|misse?s?|touche?s?) (?:it|that|this"
    r"|them|those)"
    r"(?: (?:anymore|any more|any longer|now|no more|no longer))*",
    r"(?:markdown|md|text|plain text|txt|a text file) (?:is|will be|would be|format is)(?: perfectly)? (?:fine"
    r"|ok|okay|enough|good)",
    r"(?:it|that|this|they|it's|that's|they're)(?: (?:is|are|was|were))?(?: (?:just|only|all|no|not|now|really"
    r"|a bit|far|way|much|too))*"
    r" (?:old|outdated|obsolete|junk|garbage|rubbish|stale|trash|redundant|longer needed|needed any ?more"
    r"|wasting space"
    r"|in the way|taking up space|a leftover|leftovers|left over)(?: (?:now|anyway|anymore|any more))*",
    r"(?:i|we)(?:'m| am|'re| are| 've| have)? (?:done|finished|through) with (?:it|that|this|them)",
)

# What a result is for. Not read so where something is searched for.
OCCASIONS = (
    r"for (?:(?:the|a|an|my|our|his|her|their|this|that|your|tomorrow's|today's|tonight's|monday's|tuesday's"
    r"|wednesday's"
    r"|thursday's|friday's|next week's|this week's|next month's|this month's|this|next|upcoming|bob's|\S+'s) )?"
    r"(?:{w} ){0,3}?{occasion}(?: (?:meeting|call|list|page|file|form|review|report|tomorrow|today|tonight"
    r"|later|next week"
    r"|next month|this week|on \w+day|at work|there))*",
)

# A part of the request that only tells a story, after the demand as well as before it. Statements, never demands.
_BE = r"(?:am|are|is|was|were|'m|'re|'s|has|have|had|'ve|keeps|keep|got|went|seems|seem|looks|look|feels|feel|sounds)"
_NO_WISH = r"(?! (?:to|got to|interested|looking for|after|searching|a list|a report) )"
REMARKS = (
    r"(?:i|we) (?:think|believe|suspect|fear|guess|suppose|assume|bet|hope|reckon|feel|figure)(?: that)? {w}{w*}",
    r"(?:looks|seems|sounds|feels) (?:like|as if|as though) {w}{w*}",
    rf"(?:and |but |so |well |now )?(?:i|we|he|she|they|someone|somebody|everyone|people) {_BE}\b{_NO_WISH}{{w*}}",
    r"(?:i'm|we're|he's|she's|they're|it's|that's|there's|i've|we've|they've|he'd|everyone's|something's|someone's)"
    rf"{_NO_WISH} {{w}}{{w*}}",
    r"(?:it|this|that|something|things|everything|stuff) (?:is|are|was|seems|feels|looks|sounds|keeps|acts|has"
    r"|got|smells)"
    rf"{_NO_WISH}{{w*}}",
    r"(?:yesterday|today|tonight|this morning|this afternoon|last night|earlier|lately|recently) (?:i|we|he|she"
    r"|they|{my} {w}"
    r"|somebody|someone)\b{w*}",
)
# The same at the very beginning of a request, where more forms are stories; devices in them are its topic.
OPENERS = (
    rf"{{my}} (?:{{d}} ){{1,4}}?{_BE}\b{_NO_WISH}{{d*}}",
    r"(?:{d} ){1,3}?(?:is|are)(?: \w+ly)? (?:waiting|asking|coming|due|complaining|nervous|visiting|moving"
    r"|planning|preparing"
    r"|feeling|acting|behaving|crawling|misbehaving|struggling|getting|running|going){d*}",
    rf"(?:@|{{d}}) (?:is|are|feels|feel|seems|seem|acts|looks|has been|keeps|keep|went|got"
    rf"|gets){_NO_WISH} {{d}}{{d*}}",
    r"(?:doing|preparing|planning|writing|cleaning|moving|migrating|debugging|investigating|troubleshooting"
    r"|working on"
    r"|busy with|filling in|filling out|setting up|getting ready for|taking over|testing|tidying up"
    r"|in the middle of|taking"
    r" stock of|looking into|onboarding|decommissioning|auditing|inventorying|replacing|upgrading|documenting){d*}",
    r"(?:i|we|he|she|they|someone|somebody|{my} {w}) (?:broke|messed|changed|moved|installed|bought|got|ran"
    r"|forgot|lost"
    r"|noticed|saw|heard|tried|updated|upgraded|deployed|rebooted|plugged|deleted|added|tested|switched|inherited"
    r"|took over|complained|says|said|thinks|reckons|claims|suspects?|swears|insists|told me|asked|wonders?)\b{d*}",
)

GERUND = "<gerund>"

# Set phrases that stand for one plain verb or question.
RENAMES = (
    (r"(?:i'd|i would|i|we'd|we) (?:like|want|need|have|love) to be (?:certain|sure"
     r"|positive)(?: that)?", "check whether"),
    (r"over (?=(?:on|at|in|to) )", ""),
    (r"(?<=and )(letting|telling|showing|giving|sending|listing|counting|deleting|removing|saving|putting"
     r"|reporting)", GERUND),
    (r"(?<= )(?:i\.?e|that is to say|in other words|or rather|i mean)", ""),
    (r"please to", "please"),
    (r"(?:would|do|could) (?:you|u) mind (?:maybe |perhaps |please )?(telling|showing|giving|sending|listing|checking"
     r"|looking up|finding|counting|reading|reporting|printing|fetching|grabbing|comparing|computing|calculating"
     r"|copying|moving|deleting|removing|creating|making|renaming|running|executing|writing|adding|appending|stopping"
     r"|killing|archiving|zipping|packing|unpacking|extracting|downloading|uploading|putting|replacing"
     r"|saving)", GERUND),
    (r"(?:can|could|may|might) (?:i|we)(?: (?:please|maybe|perhaps|just|kindly|quickly))*"
     r" (?:have|see|get|know|view|read|look at|take a look at|have a look at|ask for|ask)"
     r"(?= (?!.* myself))", "show"),
    (r"(?:may|can) (?:i|we) (?:see|have|get) (?:it|them|that)(?: please)?(?= (?:[?.!] |$))", "please"),
    (r"(?:i'd|i would|we'd|we would|i|we) (?:like|love|want|need|wish) to (?:see|have|get|view|know)(?= (?:the"
     r"|a|an|all|my|our|#|@) )", "show"),
    (r"(?:i'd|we'd|i|we) (?:like|love|want|need|have) to (?:see|know|learn|find out|understand|check)(?= (?:how"
     r"|which|what|who|where|when|whether|if) )", "tell me"),
    (r"(?:any idea|any clue|do (?:you|we|u) (?:know|happen to know)|(?:does )?anyone know|no idea"
     r"|idea)(?= (?:how (?!to )|which|what|who|where|when|whether|if) ?)", "tell me"),
    (r"(?:fill|clue) (?:me|us) in on|brief (?:me|us) on|update (?:me|us) on|walk (?:me|us) through|run (?:me"
     r"|us) through", "show me"),
    (r"(?:hit|provide|supply|furnish) (?:me|us) with", "give me"),
    (r"what (?:about|of)|how about(?= (?:the|a|@|#) )", "show"),
    (r"(?:i'm|i am|we're|we are) (?:looking for|after|interested in|searching for)(?= (?:the|a|an|all) )", "show"),
)  # fmt: skip

ALL = frozenset(
    word
    for table in (ASIDES, LEADS, ENDS, REASONS, OCCASIONS, REMARKS, OPENERS, PROHIBITIONS, IDLE, tuple(MACROS.values()))
    for row in table
    for word in re.findall(r"(?<![\\{])\b[a-z]{4,}\b(?!\})", row)
)
"""Every plain word of these tables, for the spelling."""
