"""Reasons, stories and what is forbidden, as patterns over the line of a request (see chaff.py, chaff_macros.py)."""

from __future__ import annotations

# A reason or a purpose, to the end of its sentence or part: it says why, not what.
REASONS = (
    r"(?<=[,;–] )(?:it|that one|that process)(?:'s| is| has| keeps| just| simply| totally)*"
    r" (?:hangs?|hung|hanging|stuck|frozen|unresponsive|misbehaving|crashing)(?: again| now| for hours)?",
    r"(?<=[,.;–?] )(?:tell me|i want to see|i need to know) (?:if|whether) (?:it|that|this|everything"
    r"|all) (?:went|worked|ran"
    r"|finished|failed|passed|succeeded|made)\b{l*}",
    r"(?:{my} )?{w} (?:keeps?|kept) (?:on )?(?:asking|nagging|bugging|complaining|wondering|calling|bothering"
    r"|pestering)"
    r"(?: (?:for|about|me|us)\b{l*})?",
    r"(?:need|needed|want) (?:it|that|this|them) (?:for|by|because|as|since|today|soon|badly|urgently|asap)\b{l*}",
    r"(?:before|while) (?:i|we|he|she|they|i'm|we're|they're|{my} {occasion}(?: {w})?)"
    r"(?! (?:[a-z]+ed|had|was|were|did|went|got|made|put|wrote|broke|came|left|sent|ran|took|cut|set|last) )\b{l*}",
    r"(?:just |only )?(?:so|such) that (?:{i}|{my} {w}(?: {w})?|everything|nothing|things)\b{l*}",
    r"so (?:i|we|he|she|they|you|people|everyone|everybody|(?:the|my|our) {w}) (?:can|could|know|knows|get|have"
    r"|don't|do"
    r"|won't|will|'ll|may|might|see|sees|understand|stop|am|are|needn't|wouldn't)\b{l*}",
    r"so (?:i'll|we'll|i'm|we're|i've|they'll|he'll|she'll|nobody|noone|no one|it won't|it doesn't)\b{l*}",
    r"so as to(?: not)?(?: {w}){1,8}",
    r"in order (?:to|that)(?: {w}){1,10}",
    r"(?:because|since|(?<!soon )(?<!long )(?<!far )(?<!much )(?<!well )as|'cause"
    r"|given that|seeing that|seeing as|now that|considering(?: that)?)"
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
    r"for (?:{my} )(?:{w} ){0,2}?(?!(?:users?|groups?|owners?|class|lab|security) (?:[.,;:?!–)]|$)){person}"
    r"(?: (?:in|at|from|of) (?:{my} )?{w})?",
    r"for (?:{my} )?(?:{w} ){0,2}?(?:purposes?|reasons?|sake|peace of mind|convenience|amusement|pleasure|benefit"
    r"|good)",
    r"for (?:{my} )?(?:{w} ){0,2}?(?:proposal|appendix|paper|papers|article|essay|grant|application|spreadsheet|slides"
    r"|minutes|poster|leaflet|brochure|manual|handbook|letter|memo|file note|journal|blog|website text|figures"
    r"|statistics|estimate|estimation|comparison|calculation|purchase order|order|reference|future reference"
    r"|archives|files of {my} {w})",
    r"for (?:(?:the|a|an|my|our|his|her|their|this|that|your|tomorrow's|today's|tonight's|monday's|tuesday's"
    r"|wednesday's"
    r"|thursday's|friday's|next week's|this week's|next month's|this month's|this|next|upcoming|bob's|\S+'s) )?"
    r"(?:{w} ){0,3}?(?:{occasion}|{periodical})(?: (?:meeting|call|list|page|file|form|review|report|tomorrow"
    r"|today|tonight"
    r"|later|next week"
    r"|next month|this week|on \w+day|at work|there))*",
)

# A part of the request that only tells a story, after the demand as well as before it. Statements, never demands.
_BE = r"(?:am|are|is|was|were|'m|'re|'s|has|have|had|'ve|keeps|keep|got|went|seems|seem|looks|look|feels|feel|sounds)"
_NO_WISH = r"(?! (?:to|got to|interested|looking for|after|searching|a list|a report|called|named|from|about|on|at) )"
REMARKS = (
    r"(?:{my} )?(?:{w} )?{person}(?: (?:from|at|in|of|over in) (?:{my} )?{w})?(?: (?:really|just|now|already|always|all"
    r"|also|still))* {says}\b{l*}",
    r"(?:{my} )?{w}(?: {w})? keeps? (?:on )?[a-z]+ing\b{w*}",
    r"(?:{my} )?(?!(?:who|which|what|that) ){w}(?: {w})? (?:is|are|was|were|feels?|seems?|looks?|sounds?|got|gets?|went"
    r"|has been|have been|acts?|became|becomes)(?: (?:really|very|a bit|kind of|quite|so|too|awfully|painfully|pretty"
    r"|suspiciously|getting|becoming|acting|rather|a little|a tad|all|lately|again|somewhat|terribly))*"
    r" {trouble}\b{w*}",
    r"(?:i|we)(?:'ll| will|'m going to|'re going to| am going to| intend to| plan to)(?: (?:then|later|just|probably"
    r"|also|maybe))* {d}{d*}",
    r"(?:it's|it is|they're|they are) (?:{w} ){0,4}(?:and|,) (?:i|we|nobody|no one) (?:never|hardly|barely|rarely|don't"
    r"|didn't|haven't)(?: (?!(?:delete|remove|touch|want|need) )[a-z']+){1,5}",
    r"(?<=@ , )(?:my|our|the|a|an) (?:{w} ){0,3}?(?:box|machine|server|laptop|desktop|phone|computer|host|device"
    r"|pc|rig|node"
    r"|beast|monster|workhorse|baby|toy|one)",
    r"(?:{my} )?{w} (?:says|thinks|reckons|claims|swears|told me|said|insists|suspects|complains|complained"
    r"|mentioned)(?: that)?"
    r" {w}{w*}",
    r"(?:just )?asking(?: for (?:a|my) {w})?",
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
_BROKE = (
    r"(?:isn't|aren't|wasn't|doesn't|don't|didn't|won't|can't|cannot|stopped|broke|crashed|died|failed|fails"
    r"|refuses|hung|hangs"
    r"|froze|complains|complained|keeps|reported|reports|alerted|alerts|paged|is down|was down|went down|is broken)"
)
# The same at the very beginning of a request, where more forms are stories; devices in them are its topic.
OPENERS = (
    r"(?:{my} )?{w} (?:says?|said|claims?|complains?|complained|reports?|reported|mentions|mentioned|thinks?|tells me"
    r"|told me|insists|suspects)(?! to )(?: that)?{n*}",
    r"(?:i|we|he|she|they|i'm|we're|i've|we've|he's|she's|they're|someone|somebody|everyone|everybody|people|nobody)"
    r"(?! (?:would|wants?|needs?|'d|could use|wish|like|looking|require|am (?:looking|after|interested)) ){n*}",
    r"there (?:was|is|were|has been|have been|are){n*}",
    r"(?:not sure|no idea|unsure)(?: {wh})?{n*}",
    rf"(?:(?:the|my|our|this|that|his|her|their|a|an) )?(?:{{d}} ){{1,4}}?{_BROKE}\b{{n*}}",
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
    rf"(?:(?:but|and|please|just|so) )*(?:without|no|not)(?: actually| really)? {_CHANGING}(?: {_TARGET})?(?! \?)",
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

# What says again what is said already: (the words, what must be said before them, what must not be said at all).
_SUMMED = r" (?:average|avg|mean|total|sum|add up|adds up|altogether|together|combined|overall|in all) "
_TRANSFERRED = r" (?:copy|cp|move|mv|rename|download|extract|unpack|unzip|send|get|bring|fetch|pull|push|ship) "
REDUNDANT = (
    (
        r"(?:(?:really|literally|and i mean) )?(?:all|every(?: single)? one|each(?: single)?(?: one)?"
        r"|each and every one) of (?:them|it|those"
        r"|these)",
        r" (?:all|every|each) ",
        r"^$",
    ),
    (
        r"(?:(?:just|only) )?(?:a|one)(?: single| grand)? (?:number|figure|value|total|sum|result)"
        r"(?: (?:is )?(?:all )?(?:that )?(?:i|we) (?:need|want)| is enough| will do| would do| suffices| is fine)?",
        _SUMMED,
        r"^$",
    ),
    (
        r"(?:(?:and|just) )?(?:overwrit(?:e|ing)|replac(?:e|ing)) (?:what's|whatever's|what is|whatever is"
        r"|anything|everything)"
        r"(?: (?:that )?(?:is )?)?(?:already )?(?:in )?(?:it|there|@)(?: (?:now|already|before))?",
        r" # .*# | # ",
        _TRANSFERRED,
    ),
    (
        r"(?:whatever|what|anything that|the text that|everything) (?:is|was|stood|stands|'s) (?:in )?(?:it|there|@)"
        r"(?: (?:before|now|already|so far))? (?:may|can|should|is to|will) (?:be )?(?:overwritten|replaced|go|lost)",
        r" # .*# | # ",
        _TRANSFERRED,
    ),
)
