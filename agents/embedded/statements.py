"""Wishes that are no commands, as (pattern, replacement) in the manner of the idioms: `a.txt should be deleted` is read
as `delete a.txt`, `a.conf needs 'x=1' at the end` as `append 'x=1' to a.conf`.
"""

from __future__ import annotations

from typing import Final

_FILE = (
    "((?:(?:the|my|our|file|folder|directory|config|script|archive|document) )*(?:<path>|<quoted>)"
    "(?: (?:file|folder|directory))?)"
)
_HERE = "((?: (?:on|at|in|from|of) <device>)?)"
_MUST = "(?:should|must|shall|need to|needs to|has to|have to|ought to|is to|are to|got to|is supposed to|want to)"
_TEXT = "(<quoted>|<label>)"
_ADD = "(?:stick|slap|attach|insert|place|drop|paste|tag|hang|put|write|add|pop|bung|chuck|shove)"
_ANY_TEXT = "(?:<quoted>|<label>|<number>)"
_LINE = "(?:(?:the|a|an|another|extra|new|line|entry|text|word|string|following) )*"
_LAST = "(?:(?:the|a|its|very) )*(?:last|final|new)"
_END = "(?:(?:at|on|to|onto) )(?:(?:the|its|very) )*(?:end|bottom)"
_EDIT = "(?:change|replace|turn|swap|substitute|correct|fix|update|set|switch|exchange|rename)"

_PASSIVE: Final = {
    "deleted": "delete",
    "removed": "delete",
    "erased": "delete",
    "binned": "delete",
    "trashed": "delete",
    "moved": "move",
    "renamed": "rename",
    "copied": "copy",
    "unpacked": "unpack",
    "extracted": "extract",
    "unzipped": "unzip",
    "untarred": "extract",
    "packed": "pack",
    "zipped": "zip",
    "compressed": "compress",
    "archived": "archive",
    "sorted": "sort",
    "run": "run",
    "executed": "execute",
    "started": "run",
    "launched": "run",
    "shared": "publish",
    "published": "publish",
    "called": "rename",
    "named": "rename",
    "backed up": "backup",
    "sent": "send",
    "downloaded": "download",
}

_GET = "(?:get|grab|pull|take|download|fetch|load)(?: me)?"
_WORD = "(?:(?:every|each|all|the|word|any|occurrence|of) )*"
_PACKED = "(?:zipped|tarred|packed|archived|compressed|bundled)"
_SETTING = "(?:(?:env|var|config|setting|value|quick|small|version|variable|edit|bump|change|tweak|fix) )*"
_SOME = "((?!what |which |who |it |that )(?:(?:the|my|folder|directory) )*(?:<path>|[a-z]+)(?: (?:folder|directory))?)"
_BECOME = "(?:become|read|be|say|turn into|be replaced by|be replaced with|be changed to)"
_LIVES = "(?:live|lie|sit|reside|stored|located|kept|saved|found|hosted|sitting|lying|living|residing|to be found)"
_ASKS = "(?:find|list|show|search|look|count|howmany|which|what|grep|locate|give me|tell me)"
_ASKED = f"(?:please )?{_ASKS}(?: (?!and |then |if |, )[^ ?.;]+)*"
_NEEDS = f"(?:need|require|want|lack|miss|get|{_MUST} (?:have|get|end with))"
_POINTER = "(it|that|this|them|the file|that file|the folder|that folder)"
_WORKING = "(?:working|current|work) (?:folder|directory|dir)"
_NAME = "((?!set |being |is |of |= |the |a |to )(?:<path>|[a-z][a-z0-9_-]*))"
_SHELL = "(bash|sh|python|python3)"

STATEMENTS: Final[tuple[tuple[str, str], ...]] = (
    # Lines at the end of files.
    (f"{_FILE}{_HERE} {_NEEDS} {_LINE}{_TEXT}(?: added| appended)? {_END}", "append 3 to 1 2"),
    (f"(?:extend|expand|complete) {_FILE}{_HERE} (?:by|with) {_LINE}{_TEXT}", "append 3 to 1 2"),
    (
        f"{_ADD} {_LINE}{_TEXT} {_END} of",
        "append 1 to",
    ),
    (
        f"(?:put|write|insert|add|place) {_LINE}{_TEXT} as {_LAST} line (?:of|to|in)",
        "append 1 to",
    ),
    (f"(?:stick|paste|tag|tack|slap) {_LINE}{_TEXT} (?:on|onto|on to)", "append 1 to"),
    (f"(?:put|write|add|note|jot) {_LINE}{_TEXT} (?:in|into|to) {_FILE}{_HERE}(?: ,)? {_END}", "append 1 to 2 3"),
    ("echo (<quoted>) > > (<path>)", "append 1 to 2"),
    ("echo (<quoted>) > (<path>)", "write 1 to 2"),
    (f"set the (?:whole )?(?:content|text) of {_FILE}{_HERE} to (<quoted>)", "write 3 to 1 2"),
    (f"set {_FILE}{_HERE} to (<quoted>)", "overwrite 1 2 with 3"),
    # Texts in files.
    (f"(?:put|use|write|set|insert) {_TEXT} (?:in place|instead|in the place) of {_WORD}{_TEXT}", "replace 2 with 1"),
    (
        f"(?:edit|change|correct|fix|update|modify) {_FILE}{_HERE} so(?: that)? {_WORD}{_TEXT} "
        f"(?:{_BECOME}|reads|says|becomes|is|turn into) {_TEXT}",
        "replace 3 with 4 in 1 2",
    ),
    (
        f"(?:in|inside|within) (the (?:new |other )?(?:copy|duplicate|file)) (?:, )?"
        f"({_EDIT} (?:[^,;.]* )?{_ANY_TEXT} [a-z ]*?{_ANY_TEXT})",
        "2 in 1",
    ),
    ("swap out", "swap"),
    ("(?:throughout|everywhere in|everywhere inside|all over|all through|wherever it occur in) (<path>)", "in 1"),
    ("egrep", "grep regex"),
    ("(grep|search) -[ep]", "1 regex"),
    ("(?:a )?(?:regex|regexp) search", "search regex"),
    (
        f"{_WORD}(<quoted>)((?: (?:in|inside|within) <path>)?{_HERE}) {_MUST} {_BECOME} (?:the word )?(<quoted>)",
        "replace 1 with 4 2",
    ),
    (
        f"(?:in|inside|within) {_FILE}{_HERE}(?: ,)? (?:please )?(?:to )?"
        f"({_EDIT} (?:[^,;.]* )?{_ANY_TEXT} [a-z ]*?{_ANY_TEXT})",
        "3 in 1 2",
    ),
    (f"{_SETTING}: (<label>) to (<label>)", "replace 1 with 2"),
    ("(?<=^ )(<label>) to (<label>)", "replace 1 with 2"),
    (
        "(replace (?:[^ ]+ )*?in (?:[^ ]+ )*?), (?:please )?(?:change|fix|replace|update|correct|edit|swap) it"
        "(?= (?:[.;]|$))",
        "1",
    ),
    # Conditions.
    (
        "(if|unless|when) there (?:is|are) ((?:[a-z]+ ){1,3}<other>) (?:free|left|available|remaining|to spare)"
        "(?: space| disk space)?(?: left)? (?:on|at) (<device>)",
        "1 3 has 2 free disk space ,",
    ),
    # Places: "the file that lives on desk", "in data on beta, find ...".
    (f"(?:(?:that|which|it) )?(?:is |are )?{_LIVES} (on|at|in) (<device>)", "1 2"),
    (
        f"(?<=^ )(?:in|under|below|inside|within) {_FILE}{_HERE} , ({_ASKED})",
        "3 in 1 2",
    ),
    # Questions with their measure first, and ends that are wished for.
    (
        f"to (howmany [a-z]+) (?:does|do) {_FILE}((?: [^ ?.;,]+)*?) (?:run|come|amount|extend|stretch|add up)(?: to)?"
        "(?= [?.]|$)",
        "1 in 2 3",
    ),
    (f"(?<=^ ){_LINE}{_TEXT} {_END} of {_FILE}", "append 1 to 2"),
    (f"{_FILE}{_HERE} can (?:now )?go(?: away| now)?(?= (?:[.!;]|$))", "delete 1 2"),
    (
        f"(<device>) (?:need|want|require|{_MUST} (?:have|get)) (?:a copy of )?(?:the |my |our )?"
        "((?:folder|directory) [^ ]+) (?:from|of|off) (<device>)",
        "copy 2 from 3 to 1",
    ),
    # Names.
    ("(?:and |, )*(?:call|name) it (<path>)", "as 1"),
    (f"give {_FILE}{_HERE} the (?:new )?name (<path>|<quoted>)", "rename 1 2 to 3"),
    (f"(?:change|switch|alter) the (?:file ?)?name of {_FILE}{_HERE} (?:in)?to", "rename 1 2 to"),
    (f"{_FILE}{_HERE} {_MUST} be (?:called|named|renamed|renamed to|renamed as) (<path>|<quoted>)", "rename 1 2 to 3"),
    (f"{_FILE}{_HERE} (?:{_MUST} )?become (<path>)", "rename 1 2 to 3"),
    (f"{_FILE}{_HERE} (?:{_MUST} )?(?:have|get|go by) the (?:new )?name (<path>)", "rename 1 2 to 3"),
    (f"call {_FILE}{_HERE} (<path>)", "rename 1 2 to 3"),
    (f"(?:there {_MUST} be )?(?:a|another|a second) copy of {_FILE}{_HERE} (?:called|named) (<path>)", "copy 1 2 to 3"),
    # From one device to another.
    (
        f"{_FILE} (?:{_MUST} |can |could )?(?:go|travel|come|get|make its way) (?:over )?from (<device>) (?:over )?"
        "(?:to|onto) (<device>)",
        "send 1 from 2 to 3",
    ),
    (
        f"(?:need|want|like|have|get) {_FILE}{_HERE} (?:copied|sent|transferred|shipped|brought|delivered|pushed)"
        "(?: over| across)? (?:to|onto) (<device>)",
        "send 1 2 to 3",
    ),
    # What is done again.
    (f"(?:recreate|re-create) {_POINTER}", "create 1 again"),
    (f"(read|show|print|display|cat) {_POINTER} back(?: to me)?", "1 2"),
    (
        f"(?:re-?create|make|create|set up) {_POINTER} (?:again|anew|afresh|new) (?:as an )?empty(?: one| folder)?",
        "create 1 again",
    ),
    ("(gone|dead|stopped|off) from (?:the )?(?:process|task) (?:table|list)", "1"),
    # Order.
    ("first ((?:, |; |and )*then)", "1"),
    # Away with it.
    (f"(?:throw|chuck|toss) {_FILE}{_HERE} (?:away|out)", "delete 1 2"),
    (f"{_FILE}{_HERE} {_MUST} (?:go|disappear|vanish|go away|be gone)(?= (?:[.;!,]|$))", "delete 1 2"),
    (f"(?:want|need|like) {_FILE}{_HERE} (?:gone|binned|trashed|wiped|out of the way)(?= (?:[.;!,]|$))", "delete 1 2"),
    (f"make {_FILE}{_HERE} (?:disappear|vanish|go away)(?= (?:[.;!,]|$))", "delete 1 2"),
    # New folders, by what there should be.
    (
        f"there {_MUST} be (?:(?:the|a|an|new|empty) )*(?:folder|directory)(?: called| named)? (<path>)",
        "create folder 1",
    ),
    (
        f"(?<=^ )(<device>) {_MUST} (?:have|get) (?:(?:the|a|an|new|empty) )*(?:folder|directory)(?: called| named)? "
        "(<path>)",
        "create folder 2 on 1",
    ),
    (
        "(?:find|search for|search|look for) (<quoted>)(?: everywhere)? and (?:replace|swap|substitute|change) it "
        "(?:with|by|to|for|into) (<quoted>)",
        "replace 1 with 2",
    ),
    # Archives.
    (f"(?:(?:have|get|want|need|see) )?{_SOME}{_HERE} {_PACKED}(?: up)? (?:as|into|to) (<path>)", "pack 1 2 into 3"),
    (
        f"put {_SOME}{_HERE} (?:in|into) (?:an|a|the) (?:archive|zip|tarball) (?:called |named )?(<path>)",
        "pack 1 2 into 3",
    ),
    # Programs and addresses.
    (
        f"(?:, )?(?:with|using|use|and)(?: the)?(?: folder| directory)? {_NAME} as (?:the |its )?{_WORKING}",
        "in folder 1",
    ),
    (f"(?:, )?(?:with |using )?(?:the |a |its )?{_WORKING}(?: set to| being| is| =| of|:)? {_NAME}", "in folder 1"),
    (
        f"(?:use|using|with|via) {_SHELL}(?: ,)?((?: on <device>)?) (?:to )?(?:run|execute|start|launch) (<path>)",
        "1 3 2",
    ),
    (
        "(?:run|execute|start|launch) ((?:the |script |file )*<path>(?: (?:on|at) <device>)?) "
        f"(?:using|with|via|through) {_SHELL}",
        "2 1",
    ),
    (f"let {_FILE}{_HERE} run", "run 1 2"),
    (f"(?<=^ )(<url>){_HERE} (as|in|at|under|to|into) (<path>)", "download 1 2 3 4"),
    (
        f"(<device>) (?:need|want|require|{_MUST} (?:have|get)) (<url>)(?: ,)? (?:(?:stored|saved|kept|placed) )?"
        "(as|in|at|under|to|into) (<path>)",
        "download 2 3 4 on 1",
    ),
    (
        f"{_GET} (<url>){_HERE} and (?:save|store|put|keep) (?:it|that|the file) (as|in|at|under|to|into) (<path>)",
        "download 1 2 3 4",
    ),
    # Folders.
    (f"(?:verify|ensure)(?: that)? (?:a|the) (?:folder|directory) (<path>){_HERE} exist", "create folder 1 2"),
    # Who it is is what was asked.
    (
        "(<device>|cpu|memory|ram|processor)(?: ,| ;| -)? who(?: is)? (?:the )?(?:culprit|guilty one|guilty|offender)",
        "1",
    ),
    # What should be done to a file.
    *((f"{_FILE}{_HERE} (?:{_MUST} be|need|want) {done}(?! by)", f"{verb} 1 2") for done, verb in _PASSIVE.items()),
)
