"""Politeness, asides, and set phrases, as patterns over the line of a request (see chaff.py, chaff_macros.py)."""

from __future__ import annotations

# Anywhere.
ASIDES = (
    r"today's(?= (?:current )?(?:uptime|load|disk|memory|ram|cpu|free|network|kernel|temperature|humidity) )",
    r"(?<=, )both(?= (?:on|from|in|at|of) @ (?:[.?!] )?$)",
    r"pretty please|for the love of (?:god|all that is holy)|for god's sake|for heaven's sake|for crying out loud",
    r"if it's not(?: (?:too much|any|a))+ (?:trouble|bother|problem|hassle|effort|work)",
    r"(?<=^ )(?:got|have) (?:{moment}|9) \?",
    r"(?<=[,.;?] )(?:i|we)(?:'ll| will| need to| want to| have to| must)(?: {w}){1,6} (?:later|afterwards"
    r"|tomorrow|tonight)"
    r"(?= (?:[.!] )?$)",
    r"(?:and )?then (?:i'll|i can|i will|we'll|we can|i'm|we're) {w}{w*}(?= (?:[.!] )?$)",
    r"(?:(?:with )?(?:best|kind|warm|many|warmest|kindest) )?(?:regards|cheers|thanks|sincerely|greetings"
    r"|wishes|yours|the best|thank you)(?: ,)? (?!and |also |plus "
    r"|too |please )"
    r"(?:@|[a-z]+)(?= (?:. )?$)",
    r"at all",
    r"if (?:it|that|this) (?:isn't|is not|wouldn't be|won't be|is no|is not at all)(?: (?:too much|any|a|at all))*"
    r" (?:trouble|bother|problem|hassle|effort|work|inconvenience|burden|issue)",
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
    r"|needless to say|by the way|btw|fyi|(?<!it )(?<!this )(?<!that )(?<!them )for the record"
    r"|as (?:you know|mentioned|discussed|agreed|promised)|in short"
    r"|in brief|roughly speaking|generally speaking|strictly speaking|so to speak|as it were|like i said|anyway"
    r"|anyways"
    r"|somehow|surely|certainly|definitely|seriously|really|truly|indeed|simply|kindly|please|thankfully"
    r"|luckily|sadly"
    r"|unfortunately|fortunately",
    r"lol|haha|hahaha|hehe|lmao|rofl|sigh|phew|omg|xd|smh",
    r"(?:the|on) (?:heck|hell|earth|devil|dickens)(?= (?:is|are|does|do|did|has|have|was) )",
    r"even(?= (?:in|on|is|are|running|doing|there) )",
    r"(?<!what )(?<!which )(?:kind|sort) of|more or less",
    r"do me a favou?r(?: and)?",
    r"be so (?:kind|good|nice) (?:as to|and|to)",
    r"be a (?:dear|star|sport|pal|darling) and",
    r"feel free to",
    r"do not hesitate to|don't hesitate to",
    r"no (?:rush|hurry|worries|pressure|stress|big deal|biggie)(?: (?:though|at all|here))?",
    r"(?:when|if|in case|whenever) (?:you|u) (?:happen to )?(?:have|get|find) (?:{moment}|9)",
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
    # A heading: `Lab reset: delete ...`, `audit item 4: who ...`, `for my class: count ...`.
    r"(?<=^ )(?!(?:{o} ){0,3}{topic} )(?:server room |(?:{o} ){0,4}){label}(?: (?:number |no |nr |item )?9)?"
    r"(?: (?:for|of) (?:today|tonight|this week|{my} {o}))?"
    r"(?= [:–] (?:{verb}|{wh}|please|can|could|would|i|i'd|we|is|are|does|do|has) )",
    r"(?<=^ )(?:for|from|about|re|regarding|concerning|on behalf of|on) {my}(?: {o}){1,3}"
    r"(?= : (?:{verb}|{wh}|please|can|could|would|i|i'd|we|is|are|does|do|has) )",
    r"(?<=^ )(?:note|reminder|memo|message|todo|to-do|question|request|order|wish|plea)(?: (?:to|for|from)"
    r"(?: (?:self|myself|me|today|you|asterism|the (?:bot|assistant)|{my} {o}))?)(?= [:,–] )",
    r"(?<=^ )(?!(?:{o} ){0,3}(?:{topic}|file|files|folder|script|config|log|logs|version|archive) )"
    r"(?:server room |(?:{o} ){0,3}?){label}(?= : [a-z])",
    r"(?:one )?(?:last|final|one more|another) (?:thing|question|one|task)(?: for (?:today|now|tonight"
    r"|me))?(?= [:,–.])",
    r"(?!(?:is|are|am|was|were|should|must|would i|would it|could i|can i|may i|could it|can it|have i|have you"
    r"|do|how"
    r"|the|a|an|your|make|try|will it) )(?:{closed} ){2,9}?to(?= {verb} )",
    r"(?:i|we) (?:was|were|have been|'ve been|got|am|are)(?: just| also| now)* (?:asked|told|instructed|requested"
    r"|ordered)"
    r"(?: (?:by|from) (?:{my} )?{w})? to(?= {verb} )",
    r"(?:{my} )?{w} (?:asked|told|wants|wanted|needs|begged|would like)(?: (?:me|us|you))? to(?! know (?:[.,;!?–] |$))"
    r"(?= (?:show|list"
    r"|tell|give|check|find"
    r"|count|print|read|look|compare|see|know|get|have) )",
    r"(?:(?:try|remember|be sure|make sure|don't forget|do not forget|time|it's time|be careful) to|try and|start by)"
    r"(?= {verb} )",
    r"(?:i|we) (?:must|should|shall)(?: (?:also|now|really))*(?= {verb} )",
    r"(?:now )?do(?= (?!is |are |do |does |what |which |how |who |when |where ){verb} )",
    r"(?<=^ )(?:wait|my bad|no|actually|oops|sorry|hang on|hold on)(?: ,)?(?: (?:i meant|i mean|make that|rather))?",
    r"(?:next up|as a favou?r|while you're at it|back again|me again|here we go|here goes|first up|here's one|new one"
    r"|different topic|other topic|another thing|change of topic|moving on)(?= [:,–.])",
    r"(?:a )?(?:quick|short|brief|sanity|status|health|routine|spot) ?(?:check|look|glance|peek|status)(?= [:–,])",
    r"(?:{my} {w}|{w}|people|they|someone|i) (?:asks?|asked|is asking|are asking|keeps? asking|wonders?"
    r"|wants? to know)"
    r"(?: (?:me|us))?(?= {wh} )",
    r"(?:just |i'm |i am |still |i was )*(?:wondering|curious|interested)(?: to (?:know|hear|see))?(?= {wh} )",
    r"(?:i|we) (?:always |keep |totally |just )*(?:forgot|forget|forgetting|can't remember|don't remember"
    r"|don't know|wonder)"
    r"(?: again)?(?= {wh} )",
    r"(?:do|would) (?:you|u) (?:happen to |also |maybe |by any chance )*know(?= (?:the|my|our|@|#|if|whether) )",
    r"any (?:chance|idea|clue)(?: you know)?(?= {wh} )",
    r"tell me again(?= )(?:,)?",
    r"(?:because|since|as|given that|now that|seeing that) (?:{w} ){1,3}?(?:is|are|was|has|isn't|doesn't|won't"
    r"|can't|seems|keeps|went)"
    r"(?: (?!i |we |please |give |show |tell |list ){w}){1,5}(?: ,)?(?= (?:i|we|please|give|show|tell|list|can"
    r"|could|would) )",
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
    r"(?:with|under|by|on)(?= (?:what|which) (?:kernel|os|operating|version|cpu|processor|gpu|distribution|system) )"
    r"|by(?= how much )",
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

# At the end of a sentence or of a part of one.
ENDS = (
    r"(?:(?:i'm|we're|am) )?(?:n|in)(?: a)?(?: bit of a| big| real| terrible)? (?:hurry|rush)",
    r"(?:wherever|no matter where|regardless of where|wheresoever) (?:they|it|that|those)(?:'re)?(?: (?:are|is"
    r"|may be|might be"
    r"|happen to be|live|lie|sit|hide))?(?: {w})?",
    r"i mean(?= (?:[.?!] )?$)",
    r"(?:(?:and|but) )?nothing (?:else|more|fancy|special|big|dramatic|complicated|serious)",
    r"(?:keep|make) it (?:short|brief|simple|concise|quick)|(?:short|brief|quick|one-line) answer|in a nutshell"
    r"|in a word"
    r"|in one line|in plain words",
    r"(?:a )?(?:rough|ballpark|approximate) (?:number|figure|idea|estimate|value|answer)"
    r"(?: (?:is|will be|would be|will|would)(?: (?:fine|ok|okay|enough|good|do))?)?",
    r"roughly|approximately|more or less|ballpark|whenever|urgent|urgently|high prio|high priority|top priority",
    r"(?:{my} )?{w} asks",
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
    r"(?<=[,.;!?–] )(?:dear|mate|buddy|pal|bud|dude|man|bro|friend|asterism|my friend|sir|folks|guys|team|everyone)",
    r"(?:again|today|though"
    r"|too|as well|already|first thing|for once|now|quickly|quick|soon|fast|nicely|neatly|directly"
    r"|immediately)(?<!9 now)",
    r"(?:i|we) (?:'ve |have )?(?:promise|swear|hope|mean|bet|think so|guess so|suppose so)(?: so)?",
    r"(?:in (?:one|a) (?:go|shot|breath)|in a single go)",
)

# What a row of RENAMES puts in place of a phrase may be made of its first group.
GERUND = "<gerund>"
SAME = "<same>"

# Set phrases that stand for one plain verb or question.
RENAMES = (
    # An order only where it begins: "something is off with a.txt" says that a.txt is in a bad way.
    (r"(?:(?<=^ )|(?<=[.;!?:,–] )|(?<= (?:and|now) )|(?<= then )|(?<= please ))(?:away|off|out) with"
     r"(?= (?:it|that|this|them|the|my|our|#) )", "delete"),
    (r"(?:(?:that|which) )?(?:i|we|you|they) (?:may|might|could|should|must)(?: still| already)? have(?= )", ""),
    # Capitals do not count.
    (r"(?:, )?(?:(?:whether|no matter (?:if|whether)|be it) )?(?:(?:in|with|written in) )?(?:upper|lower|capitals?"
     r"|uppercase|lowercase|upper-case|lower-case|small|big)(?: case)?(?: letters)? (?:or|and|as well as) (?:in )?"
     r"(?:lower|upper|small|capitals?|uppercase|lowercase|upper-case|lower-case|big)(?: case)?(?: letters)?"
     r"(?: alike| both| the same| doesn't matter| don't matter| is fine)?(?= (?:[.,;:?!–)]|$))", "ignoring case"),
    (r"(?:, )?(?:capitals|capital letters|capitali[sz]ed|uppercase|upper case|upper-case) or not", "ignoring case"),
    (r"(?:, )?(?:the )?(?:case|capitali[sz]ation|casing|capitals) (?:doesn't|does not|shouldn't|should not|needn't"
     r"|isn't|is not|don't|do not|must not) (?:matter|important|relevant|count|play a role)(?: (?:here|to me|at all"
     r"|though))?", "ignoring case"),
    (r"(?:, )?(?:regardless|irrespective|independent|independently) of (?:the )?(?:case|casing|capitals"
     r"|capitali[sz]ation|upper or lower case)", "ignoring case"),
    (r"(?:, )?(?:no matter|whatever|never mind|any) (?:the |what |which )?(?:case|capitali[sz]ation|casing)",
     "ignoring case"),
    (r"(?:, )?(?:however|no matter how) (?:it's|it is|they're|they are) (?:capitali[sz]ed|written)", "ignoring case"),
    (r"(?:, )?(?:i|we )?(?:don't|do not) (?:care about|mind|worry about|look at|distinguish) (?:the )?(?:case|casing"
     r"|capitali[sz]ation|capitals)", "ignoring case"),
    (r"(?:, )?(?:without (?:regard|respect|attention) to|with no regard for|ignore|disregard|disregarding) (?:the )?"
     r"(?:case|casing|capitali[sz]ation|capitals)", "ignoring case"),
    (r"(?:, )?(?:not|non) case[- ]sensitive(?:ly)?|(?:, )?both cases|(?:, )?(?:in )?any case(?= (?:[.?!]|$))",
     "ignoring case"),
    # Everything that a folder holds.
    (r"(?:, )?(?:(?:along|together) )?(?:with|including|and) (?:all (?:of )?(?:its|the|their)|its|their|its whole"
     r"|its entire|the whole|the entire)(?: own)? (?:content|contents|insides?)(?= (?:[.,;:?!–)]|on|at|from|and|$))",
     "and everything in it"),
    (r"(?:, )?(?:(?:along|together) )?(?:with|including|and) (?:everything|anything|whatever|all|all that|all there)"
     r"(?: (?:that )?(?:is|'s))? (?:in|inside|within|below|under|underneath)"
     r"(?: (?:it|there|them|that))?(?= (?:[.,;:?!–)]|on|at|from|$))", "and everything in it"),
    (r"lock, stock and barrel", "and everything in it"),
    (r"(?:inform|enlighten|advise|apprise) (?:me|us)(?: (?:of|about|on))?", "tell me"),
    (r"what o'clock", "what time"),
    (r"(?:sits|lurks|hides|lives|works|ticks)(?= (?:in|inside) )", "is"),
    (r"keeps?(?= the same )", "have"),
    (r"(?:i'd|i would|i|we'd|we) (?:like|want|need|have|love) to be (?:certain|sure"
     r"|positive)(?: that)?", "check whether"),
    (r"over (?=(?:on|at|in|to) )", ""),
    (r"(?<=and )(letting|telling|showing|giving|sending|listing|counting|deleting|removing|saving|putting"
     r"|reporting)", GERUND),
    (r"(?<= )(?:i\.?e|that is to say|in other words)", ""),
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
    (r"(?:any idea|any clue|do (?:you|we|u) (?:know|happen to know)|(?:does )?anyone know"
     r"|idea)(?= (?:how (?!to )|which|what|who|where|when|whether|if) ?)", "tell me"),
    (r"(?:fill|clue) (?:me|us) in on|brief (?:me|us) on|update (?:me|us) on|walk (?:me|us) through|run (?:me"
     r"|us) through", "show me"),
    (r"(?:would you |do you |could you )?mind (?:to )?(give|tell|show|send|list|check|count|find|run|copy"
     r"|delete|remove|print)", SAME),
    (r"(?:hand|throw|shoot|toss|pass|slip|fling|spit out|serve|drop|ping) (?:me|us)(?= (?:the|a|an|all"
     r"|every) )", "give me"),
    (r"(?:tell|ask) (?:me|us) about(?= (?:the|a|all) )", "show me"),
    (r"(?:take|have|do) a (?:quick|short|brief|close|closer|good|proper|little) (?:look|peek|glance) (?:at"
     r"|into)", "show"),
    (r"(?:a )?(?:quick|short|brief) (?:check|look|peek|glance) (?:of|on|at|into)", "show"),
    (r"double[- ]check|doublecheck|cross-check", "check"),
    (r"(?:i'd|i would|we'd|we would|i'm|i am|we're|we are)(?: be)? (?:interested in|curious about|keen on)", "show"),
    (r"(?<=to )(?:receive|obtain|be (?:told|shown|given|sent))", "get"),
    (r"(?:hit|provide|supply|furnish) (?:me|us) with", "give me"),
    (r"what (?:about|of)|how about(?= (?:the|a|@|#) )", "show"),
    (r"(?:i'm|i am|we're|we are) (?:looking for|after|interested in|searching for)(?= (?:the|a|an|all) )", "show"),
)  # fmt: skip
