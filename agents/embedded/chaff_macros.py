"""What the patterns of chaff are made of: a `{name}` in one of their tables stands for a row of MACROS.

`{w}` is one plain word that neither limits nor demands, `{w*}` up to a dozen of them; `{l*}` is laxer, for what stands
behind a "because"; `{d*}` and `{n*}` may hold devices, and `{n*}` negations too: a story says what is not.
"""

from __future__ import annotations

from collections.abc import Iterable

from agents.embedded.clauses import VERBS
from agents.embedded.wordset import words

# A word of these ends the open part of a reason or a story: it may limit what is asked for, or ask for more.
_LIMITS = words(
    "only except excluding unless otherwise else then without never don't dont not no none nothing avoid instead "
    "must should please need needs want wants wanted can could would will shall may might let's delete remove erase "
    "rm overwrite kill stop terminate restart reboot move rename copy send run execute replace write create append "
    "archive unpack download upload put save print list show find tell give least most first last top every each "
    "all both before after until if whether "
    "under inside within below beneath called named titled folder directory file files "
)
_LIGHT = words(
    "only except excluding unless otherwise else then don't dont never avoid instead must please delete remove "
    "erase rm overwrite kill terminate rename execute append unpack download upload "
)
# What a story never holds; negations may be part of one.
_DEMANDS = _LIMITS - words("no not none nothing don't dont never could can would all")
_TOLD = words("know see have learn receive obtain be understand")
# Words that say no more than that somebody wishes something: `it would help me to know`, `I have been asked to list`.
_CLOSED = words(
    "i we you it my our the a an me us i'd i'm we'd we're it'd it's that'd i'll we'll i've we've would could can "
    "will must ought have has need needs want wants wish like love prefer required supposed expected asked "
    "instructed requested asking ask be been being is am are time nice good great helpful useful important "
    "necessary happy glad keen eager going about planning hoping trying try remember sure make certain interested "
    "also just now kindly please really very badly urgently still quickly first then so help helps "
    "should "
)


def _any(table: Iterable[str]) -> str:
    return "|".join(sorted(table))


# A verb behind an article is a noun: `we plan the move`.
# "in" belongs to a story where it says in what state somebody is, not where a file is.
_IN = (
    r"in (?!(?:the (?:middle|morning|office|way|evening|afternoon|car|dark|meantime|end|past|meeting)"
    r"|a (?:meeting|hurry|rush|bit"
    r"|call|minute|moment)|trouble|fact|general|particular|touch|between|need|front|charge|town|bed|danger|love"
    r"|doubt|vain) )(?=[a-z@#])"
)
_NOUNS = (
    " (?:the|a|an|our|my|this|that|next|last|big|whole) (?:move|copy|print|show|list|download|upload|archive|restart"
    "|reboot|run|install|night|week|month|year|time|weekend)(?= )"
)

MACROS = {
    "w*": rf"(?:{_NOUNS}| (?!(?:{_any(_LIMITS)}) |{_IN})[a-z][a-z'/-]*){{0,12}}",
    "l*": rf"(?:{_NOUNS}| (?!(?:{_any(_LIGHT)}) )(?!and (?:{_any(_LIMITS)}) )[a-z][a-z0-9'/-]*){{0,16}}",
    "d*": rf"(?:{_NOUNS}| (?!(?:{_any(_LIMITS)}) |{_IN})(?:@|[a-z][a-z'/-]*)){{0,14}}",
    "d": rf"(?!(?:{_any(_LIMITS)}) |{_IN})(?:@|[a-z][a-z'/-]*)",
    "w": rf"(?!(?:{_any(_LIMITS)}) |{_IN})[a-z][a-z'/-]*",
    "i": r"(?:i|we|he|she|they|you|it|one|someone|somebody|everyone|everybody|people|that|this)",
    "n*": rf"(?:{_NOUNS}| (?!(?:{_any(_DEMANDS)}) |{_IN})(?:@|[a-z][a-z'/-]*)){{0,16}}",
    "verb": rf"(?:{_any(VERBS | _TOLD)})",
    "wh": r"(?:how|what|which|who|whose|where|when|whether|if|why|what's|who's|how's)",
    "closed": rf"(?:{_any(_CLOSED)})",
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
    r"|thesis|project|paperwork|tax|taxes|quarter|month end|month-end|year end|year-end|school|lesson|class"
    r"|classes|student|students|pupils|lecture|course|seminar"
    r"|workshop|interview|wife|husband|kids|kid|dad|mum|mom|mother|father|brother|sister|friend|neighbour"
    r"|neighbor|party|trip|holiday|briefing|update mail|status mail|status update|status page|blog post"
    r"|blog|article|forum post|bug report|incident|incident report|rollout|roll-out|release notes|change request"
    r"|purchase|order form|quote|offer|warranty|landlord|dashboard|overview page|checklist|notes|diary|logbook"
    r"|licence|license|licence audit|license audit|capacity planning|sprint|sprint review|report to \w+)",
    "says": r"(?:is|are|was|were|'s|keeps?|kept|wants?|wanted|needs?|needed|asks?|asked|says?|said|reports?|reported"
    r"|complains?|complained|thinks?|thought|has|have|had|will|would|gets?|got|won't|can't|cannot|doesn't|don't|didn't"
    r"|isn't|aren't|loves?|hates?|expects?|waits?|insists?|swears?|notices?|noticed|sees?|hears?|heard|demands?"
    r"|requires?|requested|requests|worry|worries|calls?|called|phoned|emailed|depends?|rel(?:y|ies)|uses?|wonders?"
    r"|wondered|likes?|begs?|moans?|grumbles?|suspects?|suspected|claims?|claimed|told|wishes|must)",
    "periodical": r"(?:weekly|monthly|daily|annual|yearly|quarterly|status|board|management|team|progress|sprint"
    r"|shift"
    r"|incident|security|audit) (?:report|reports|mail|email|update|summary|overview|newsletter|sync|numbers)",
    "owes": r"(?:is|are|'s|was|were) (?:{very})?(?:asking|waiting|wondering|nagging|bugging|pestering|chasing|begging"
    r"|complaining|worried|curious|interested|pressing)",
}
# Who may have something to say about the demand; what they say is no part of it.
MACROS["person"] = (
    r"(?:users?|customers?|clients?|patients?|visitors?|guests?|students?|pupils?|kids?|children|parents?|teachers?"
    r"|professor|prof|tutor|lecturer|boss|manager|managers|director|ceo|cto|cfo|chief|lead|supervisor|owner|owners"
    r"|secretary|assistant|intern|interns|trainee|colleagues?|coworkers?|co-workers?|teammates?|team|staff|crew"
    r"|auditors?|accountants?|bookkeeper|lawyers?|lawyer|solicitor|notary|judge|doctor|nurse|dentist|landlord|tenant"
    r"|tenants|neighbou?rs?|friends?|wife|husband|partner|girlfriend|boyfriend|mum|mom|mother|dad|father|brother"
    r"|sister|son|daughter|grandma|grandpa|uncle|aunt|cousin|family|developers?|devs?|admins?|sysadmins?|ops"
    r"|engineers?|testers?|qa|designers?|researchers?|scientists?|analysts?|operators?|technicians?|security"
    r"|management|marketing|sales|finance|accounting|legal|support|helpdesk|hr|it department|everyone|everybody"
    r"|somebody|someone|nobody|people|folks|guys|librarian|editor|publisher|reviewers?|committee|board|council"
    r"|photographer|musicians?|band|choir|coach|players?|members?|volunteers?|tax office|insurance|insurer|bank"
    r"|landlady|vendor|supplier|suppliers|contractor|contractors|consultant|consultants|office|school|university"
    r"|department|headquarters|hq|group|class|lab|department|receptionist|chef|cook|driver|mechanic|electrician)"
)
# How things are that somebody complains of.
MACROS["trouble"] = (
    r"(?:slow|slower|sluggish|weird|strange|odd|laggy|lagging|unresponsive|hot|loud|louder|noisy|funny|flaky|unstable"
    r"|nervous|impatient|angry|late|worried|worrying|broken|stuck|dead|cranky|suspicious|messy|fishy|crazy|bonkers"
    r"|wonky|unhappy|annoyed|annoying|dodgy|shaky|choppy|jerky|glitchy|buggy|grumpy|tired|upset|furious|moody"
    r"|struggling|stuttering|freezing|crawling|crashing|misbehaving|overheating|complaining|dragging|wheezing"
    r"|groaning|whining|humming|rattling|acting up|playing up|on fire|in trouble)"
)
# What is asked of devices: a heading with one of these may say what the rest is about.
MACROS["topic"] = (
    r"(?:disks?|storage|space|memory|ram|swap|cpu|cpus|processor|cores?|load|uptime|kernel|os|checksums?|hash|hashes"
    r"|sizes?|gpu|gpus|users?|process|processes|network|ip|ips|addresses|clocks?|timezone|temperature|battery|health"
    r"|temp|port|ports|services?|hostname|hardware|(?:version|time|date|zone)(?= (?:check|drift|question|issue)))"
)
# The last word of a label before a colon.
MACROS["label"] = (
    r"(?:bump|reset|cleanup|clean-up|prep|setup|set-up|time|job|jobs|task|tasks|housekeeping|housework|maintenance"
    r"|drill|routine|migration|rollout|release|update|handover|day|work|duty|round|rounds|check|check-up|checkup"
    r"|question|questions|tweak|fix|panic|item|point|club|lesson|session|review|audit|request|ticket|note|exercise"
    r"|homework|lab|project|challenge|follow-up|followup|sync|stuff|business|matter|topic|issue|problem|alert"
    r"|incident|alarm|emergency|news|chore|chores|errand|errands|favou?r|investigation|hunt|census|inventory"
    r"|stocktake|stocktaking|survey|roundup|round-up|riddle|shift|patrol|tour|crisis|admin|paperwork|billing"
    r"|payroll|accounting|bookkeeping|office|school|shop|party|trip|event|preparation|preparations|step|tidy-up"
    r"|tidying|spring-cleaning|cleaning|planning|troubleshooting|debugging|diagnosis|forensics|monitoring"
    r"|reporting|ops|operations|department|desk job|wish|wishlist|idea|case|thing|things|deal|mission|assignment"
    r"|todo|to-do|curiosity|sanity|refactor|refactoring|change|correction|adjustment|edit|hotfix|patch|post-mortem"
    r"|postmortem|retro|standup|kick-off|closing|opening)"
)
MACROS["owes"] = MACROS["owes"].replace("{very}", MACROS["very"])
# A plain word that means no devices and no other mode of doing what is asked.
MACROS["o"] = (
    r"(?!(?:each|all|every|any|only|both|dry|hypothetical|rhetorical|trick|theoretical|imaginary|fictional|future|fake"
    r"|tomorrow|tonight|later|daily|hourly|weekly|nightly|monthly|yearly|[a-z]+days?|midnight|noon|scheduled"
    r"|example|server|servers|desktop|desktops|phone|phones|linux|windows|android|mac|macs|machine|machines|device"
    r"|devices|computer|computers|box|boxes|host|hosts|node|nodes|laptop|laptops|pc|pcs|cluster|edge|fleet) )"
    + MACROS["w"]
)
