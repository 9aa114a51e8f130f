"""Everyday turns of composition as (pattern, replacement): `the result goes to x` is read as `save it to x`.

A pattern is a regular expression over lemmas; a literal or a device stands there as its kind in angle brackets. In a
replacement a number is a group of the pattern, anything else a word. Groups keep their tokens as they are; only words
that say how steps hang together are exchanged or dropped. Rules are used in this order, each wherever it fits.
"""

from __future__ import annotations

from typing import Final


def _any(text: str) -> str:
    """One of the phrases that commas part."""
    return "(?:" + "|".join(part.strip() for part in text.split(",")) + ")"


def _some(text: str) -> str:
    """Any number of the words."""
    return f"(?:{_any(', '.join(text.split()))} )*"


def _unless_after(text: str) -> str:
    """Not where one of these words stands before."""
    return "".join(f"(?<!{word} )" for word in text.split())


_MANNER = _some(
    "short little brief quick nice small neat tidy proper simple readable clean compact handy full single new a an the "
    "markdown md formatted nicely plain written pretty decent summary status health"
)
_REPORT = _any("report, writeup, write-up, summary, rundown, document, doc, overview")
_NOUN = _any("result, output, outcome, answer, finding, body, response, reply, outputs")
_IT = _any(
    "it, that, this, both, everything, them, those, these, the lot, the list, the whole thing, the whole lot, "
    f"all of it, all of them, all of that, whatever it say, what (?:you|it|they|that|this|come) [^ ]+(?: back| up)?, "
    f"(?:(?:the|that|this|its|their|all the) )?{_NOUN}"
)
_INTO = "(to|in|into|under|as|at|on|onto)"
_PUT = _any(
    "put, drop, dump, stick, stash, save, store, place, leave, keep, pop, park, chuck, throw, write, shove, bung"
)
_SAVED = _any("saved, stored, written, put, dumped, kept, placed, exported, dropped, recorded, filed, stashed, logged")
_MUST = _any("should, must, shall, can, may, need to, has to, have to, is to, ought to, would")
_OVER = _any("over, across, back, down, up, along, out, through, right, straight")
_FETCH = _any("get, pull, grab, fetch, take, copy, bring, download, retrieve, collect, snag, lift, pick")
_OFF = _any("off, from, of, out of, off of")
_FILE = f"{_some('me us the my our that file folder directory a copy of')}(<path>|<quoted>)"
_DONE = _any(
    "done, finished, complete, completed, ready, over, there, through, finish, in place, arrived, landed, succeeded, "
    "worked, gone through, happened, up there, copied over, all done, done with that, all there"
)
_SUBJECT = _any("it, its, that, this, they, everything, all, both, those, these, all of that, all of them")
_IS = _any("is, are, be, has, have, has been, have been")
_SAME = _any("same, identical")
_SPOT = _any("path, place, location, spot, name, filename, file name, folder, directory")
_TOO = "(?: there| too| as well)*"
_MISSING = _any("missing, absent, not there, not present, gone, isn't there, isn't present")
_DEAD = _any("down, dead, died, crashed, not up, not alive, isn't up, isn't alive, not there anymore")
_ODD = _any("odd, different, strange, deviating")
_POINTED = _any("them, it, that, those, the hit, the match, the result, the line, the count, the number, the error")

_DOERS = _any("he, she, the [a-z]+, that [a-z]+, this [a-z]+, that one, the whole thing")
_PACKED = {
    "packed": "pack",
    "zipped": "zip",
    "archived": "archive",
    "compressed": "compress",
    "copied": "copy",
    "unpacked": "unpack",
    "extracted": "extract",
    "unzipped": "unzip",
    "downloaded": "download",
    "sent": "send",
    "transferred": "transfer",
    "created": "create",
    "tarred": "tar",
}
_PACKING = {
    "packing": "pack",
    "zipping": "zip",
    "copying": "copy",
    "unpacking": "unpack",
    "extracting": "extract",
    "unzipping": "unzip",
    "downloading": "download",
    "sending": "send",
    "creating": "create",
    "moving": "move",
    "checking": "check",
    "running": "run",
}
_LEAVE = _any("it, that, this, everything, them, things")

ORDER: Final = (
    *(
        (
            f"(?<=^ ){_any('once, after, as soon as, when')} ((?:[^ ,]+ ){{1,7}}?)"
            f"(?:{_any('is, are, be, has been, have been')} )?(?:{done}|{verb}) (?:is )?"
            "((?:[^ ,;]+ )*?[^ ,;]+) (?:,|;)",
            f"{verb} 1 2 , then",
        )
        for done, verb in _PACKED.items()
    ),
    *(
        (f"(?<=^ )after {doing} ((?:[^ ,;]+ )*?[^ ,;]+) (?:,|;)", f"{verb} 1 , then")
        for doing, verb in _PACKING.items()
    ),
    (f"(?<!^ ){_any('once, when, after, as soon as, the moment')} {_DOERS} (?:{_IS} )?{_DONE}", "then"),
    ("(tell|show|give|send|let) (me|us) then", "then 1 2"),
    (f"{_any('once, when, after, as soon as, the moment')} (?:{_SUBJECT} )?(?:{_IS} )?{_DONE}", "then"),
    (f"{_any('once, after, as soon as')} {_SUBJECT}(?: {_IS})?(?= (?:,|;|\\.))", "then"),
    (
        f"(?:{_any('right, straight, immediately')} )?"
        f"{_any('afterwards, afterword, afterwords, afterward, thereafter, after that')}",
        "then",
    ),
)
CONDITIONS: Final = (
    (
        f"(?:, |; |and |but )*{_any('otherwise, else, if not')} (?:just )?"
        + _any(
            f"leave {_LEAVE} alone, leave {_LEAVE} be, leave {_LEAVE} as (?:it|they) (?:is|are), leave {_LEAVE}, "
            f"do nothing, nothing, skip it, skip, ignore it, ignore {_LEAVE}, don't, do not, don't bother"
        )
        + "(?= (?:[.;]|$))",
        "",
    ),
    (
        "(?<=[.;] )(status|response|code|status code) ((?:[^ ,.;]+ ){1,4}?)(?:to|then|,)"
        "(?= (?:append|write|delete|run|stop|send|save|copy|restart|execute) )",
        "if 1 2 ,",
    ),
    (f"{_any('on, with')} (?:an? )?{_any('exit code, exit status, rc, return code')} <zero>", "if it succeeds"),
    (f"{_any('on, in case of, upon, after')} (?:a )?{_any('success, clean exit')}", "if it succeeds"),
    (f"{_any('on, in case of, upon')} (?:a |any )?{_any('failure, error, non-zero exit')}", "if it fails"),
    (
        f"if {_SUBJECT} {_any('exit, exits, end, return')} (?:with )?(?:an? )?"
        f"{_any('non-zero, nonzero, error, bad status, failure, badly, non-zero status, non-zero exit code')}",
        "if it fails",
    ),
    (
        f"if {_SUBJECT} {_any('exit, exits, end, return')} (?:with )?"
        f"(?:<zero>|{_any('cleanly, success, normally, zero')})",
        "if it succeeds",
    ),
    ("follow up with (<quoted>)", "run 1"),
    (f"(?:but |and )?only {_any('if, when, in case, where')}", "if"),
    (
        _any("provided that, provided, assuming that, assuming, as long as, so long as, in the event that, given that"),
        "if",
    ),
    ("(?<=^ )should ((?:[^ ]+ ){1,9}?)be(?= [^ ]+ )", "if 1 is"),
    ("(?<=^ )should ((?:[^ ]+ ){1,6}?)(have|contain|exist|exceed|differ|fail)", "if 1 2"),
    (f"(if|unless|whether) {_SUBJECT} (?:is |are )?(?:still |already )?there", "1 it exists"),
    (f"(if|unless) ((?:[^ <]+ |<path> ){{1,5}}?)(?:is |are |be )?{_MISSING}", "1 2 not exists"),
    (f"(if|unless) ((?:[^ <]+ ){{1,3}}?)(?:is |has |are )?{_DEAD}", "1 2 not running"),
    (f"(?:(?<=^ )|(?<=[.;] ))when(?= (?:the|a|an|any|there|all|both|one|nothing|no|{_SUBJECT}|<device>) )", "if"),
)
SAVING: Final = (
    (
        f"(?:append|add|tack|stick|paste|glue|attach|tag) {_IT} (?:on |on to |onto |to |at )(?:to )?"
        "the (?:very )?(?:end|bottom|tail) of",
        "append it to",
    ),
    (f"(?:and )?{_IT} (?:{_MUST} )?{_any('go, goe, land, belong, end up, get')} {_INTO}", ", save it 1"),
    (f"(?:and )?{_IT} (?:{_MUST} be|{_IS}|get|to be) {_SAVED} {_INTO}", ", save it 1"),
    (f"{_MUST} {_any('end up, land, go')} {_INTO} (<path>)", "1 2"),
    (f"with {_IT} {_SAVED} {_INTO}", ", save it 1"),
    (f"(?:and )?{_any('have, get')} {_IT} {_SAVED} {_INTO}", ", save it 1"),
    (
        f"{_unless_after('be is are file text been was were it that lines line files what who')}"
        f"(?:and )?{_SAVED} {_INTO} "
        f"({_some('the a file folder')}<path>)",
        ", save it 1 2",
    ),
    (
        f"{_any('stick, stash, pop, park, chuck, throw, shove, bung, leave, drop, dump, keep')} {_IT} "
        f"(?:{_any('all, down, over, across, back, straight, right')} )*{_INTO}",
        "put it 1",
    ),
    (
        f"(drop|dump|put|keep|store|write|save) {_IT} {_INTO}",
        "1 it 2",
    ),
)
REPORTS: Final = (
    (
        f"{_any('write, type, writing, turn, make, put, compile, sum')} {_IT} (?:up )?{_any('as, in, into')} "
        f"{_MANNER}{_REPORT}",
        "make a report",
    ),
    (f"{_any('write, type, writing')} {_IT} up", "make a report"),
    (f"{_any('write, type')} up", "make a report of"),
    (
        f"(?:{_any('give, get, show, send, do, draw up, put together, need, want, like')} "
        "(?:me |us )?(?:an?|one) |(?<=^ )(?:an?|one) )"
        f"{_MANNER}{_any('report, writeup, write-up, document, doc')} "
        "(of|on|about|with|for|covering|showing|listing|containing)",
        "make a report 1",
    ),
    (f"(?:all )?{_any('written, typed')} up {_any('as, in, into')} {_MANNER}{_REPORT}", ", make a report"),
    (f"(?:all )?{_any('written, typed')} up(?: {_any('nicely, neatly, properly')})?", ", make a report"),
    (f"{_any('as, in')} {_MANNER}{_any('table, list')} in {_MANNER}{_REPORT}", ", make a report to"),
)
TRANSFERS: Final = (
    (f"{_OVER} (there)", "1"),
    (
        f"{_any('take, get, grab, pick up')} (?:what's|what is|whatever is|all that is|the content|the text) "
        "(?:in|inside|of)",
        "read",
    ),
    (f"(append|add) {_IT} (?:on )?(?:to|onto)", "1 it to"),
    (f"(?:tack|paste|glue) {_IT} (?:on to|onto)", "append it to"),
    (
        f"{_FETCH} {_FILE} (?:{_OVER} )?{_OFF} (<device>) (?:and |, )*(?:then )?{_PUT} "
        f"(?:{_any('it, that, this, a copy')} )?(?:{_OVER} )?{_any('to, onto, on, in, into')} (<device>)",
        "send 1 from 2 to 3",
    ),
    (
        f"{_FETCH} {_FILE} (?:{_OVER} )?{_OFF} (<device>) (?:and |, )*(?:then )?{_PUT} "
        f"(?:{_any('it, that, this, a copy')} )?(in|into|under|as|at|to) "
        "((?:the |a |my )?(?:folder |directory )?(?:<path>|[a-z_-]+ (?:folder|directory)|(?<=folder )[a-z_-]+)) "
        f"{_any('on, of, at, onto')} (<device>)",
        "send 1 from 2 to 5 3 4",
    ),
    (
        f"{_any('need, want, like')} {_FILE} from (<device>) {_any('on, onto, to, at')} (<device>)",
        "send 1 from 2 to 3",
    ),
    (
        f"backup ((?:[^ ,]+ ){{1,4}}?){_any('on, of, from')} (<device>) (?:and |, )+{_PUT} it "
        f"{_any('on, to, onto')} (<device>)",
        "backup 1 from 2 to 3",
    ),
    (
        f"(?:{_FETCH}|need|want) {_FILE} (?:down )?{_OFF} (<device>) and {_any('onto, to, on, into')} (<device>)",
        "send 1 from 2 to 3",
    ),
    (
        f"{_unless_after('folder directory dir called named')}(?:{_OVER} (to|onto)|(?:over|across) on) (<device>)",
        "1 2",
    ),
    (
        f"(?:and )?{_any('under, at, with, in, into, to, on, using, keeping, keep')} "
        f"{_some('the its that exactly very')}{_SAME} {_SPOT}{_TOO}",
        "",
    ),
    (f"{_SAME} {_SPOT}{_TOO}", ""),
    (
        f"(to|onto) (<device>) (?:(?:,|;|and) )+(?:then )?(?:{_PUT}|land) {_any('it, them, that, those')} (?:there )?"
        f"{_any('at, as, in, under, to, into')} (<path>)",
        "1 2 as 3",
    ),
    (
        f"({_any('pull, get, bring, copy, send, fetch, grab, download, transfer, move, put, drop')} "
        "(?:[^ ,]+ ){1,8}?)"
        f"(?:{_OVER} )+(<here>)",
        "1 to 2",
    ),
    (f"{_any('roll, push, hand, ship, send, share')} out", "send"),
)
_NOT = _any(
    "is not, isn't, not, other than, different from, anything but, anything other than, unequal to, be not, aren't"
)
_TWICE = _any("duplicate, dup, dupe, double, repeat, repetition, duplication, duplicated line, repeated line")
JOINS: Final = (
    (_any("byte for byte, bit for bit, byte by byte, to the byte, down to the last byte"), "exactly"),
    ("(?:the )?(?:line|match|hit|result|entry|file) (?:that )?(?:you|it|they) (?:find|found|get|got|return)", "them"),
    (
        "(tell me|see|check|know|say|tell|verify|and|,) (?:whether|if|which) (?:any |one |some )?"
        "(?:one |of them |server |machine |device )*"
        "(?:differ|differs|is different|be different|are different|deviate|stands out)"
        "(?: from the (?:rest|other|others|other one))?(?= (?:[.;?]|$))",
        ", compare them",
    ),
    (
        "(?:find|list|show|get|collect) (?:me )?(?:all |every )?(?:the |of the )*file ((?:[^ ,;.]+ ){1,8}?)(?:and |, )+"
        "(?:count|tally|group|sort|break) (?:them|it) (?:down |up )?(?:by|per) (?:file )?(?:extension|type)",
        "count file 1 by extension",
    ),
    ("only (?:tell me|show me|list|show|give me)(?: about)?(?! (?:those|these|the one|one|where|them))", "list"),
    (f"{_SAME} one", "same"),
    (f"(?:,? )?or {_any('some, one, any, not all, some of them')} {_any('is, are, be')} (?:different|not)", ""),
    (
        f"(if|whether|that) the <number> (?:{_any('of them, file, copy, version')} )?"
        f"({_any('are, is, be, match, differ')})",
        "1 they 2",
    ),
    (f"{_any('letting, telling, showing')} (?:me|us) (?:know )?(if|whether)", "tell me 1"),
    (f"(?<=^ )(the [a-z]+(?: version)?) , (is|are) {_any('it, they')}", "2 1"),
    (
        f"(?:and )?{_any('without, no, minus, removing, remove, dropping, drop, excluding, sans')} "
        f"(?:any |the |all )?{_TWICE}",
        "unique",
    ),
    (
        f"(?:(?:and|,) )*(?:each|every) {_any('one, name, line, entry, item')} (?:only )?"
        f"{_any('once, one time')}(?: only)?",
        "unique",
    ),
    (f"{_NOT} (<number>)", "unequal 1"),
    ("(status|status code|code) (?:is |be |equals |equal |of )(<number>)", "1 equalling 2"),
    (f"{_SAME} {_any('as, like')} (?:{_any('the one, it is, that, those, what is')} )?(on|from|in)", "same 1"),
    (f"{_SAME} as (<device>)", "same on 1"),
    (
        f"(match|matches|differ from|different from|equal) "
        f"{_any('the one, that, what is, the copy, the version')} (on|from|in)",
        "1 2",
    ),
    (_any("deduped, dedup, de-duplicated, de-duped, dedupe, dedupped"), "unique"),
    (f"(?:and )?{_any('put, bring, throw, get, join')} {_POINTED} together", ", combine them"),
    (
        "(?:keep|show|list|take|leave) (?:only |just )?(?:the |those |these )?(?:one|line|entry|those) "
        "(?:containing|with|mentioning|matching|that contain|that mention|that have|which contain|that say)",
        "filter them containing",
    ),
    (
        f"(?:, |\\? |and )?(?:{_any('show, list, tell me, give me, show me')} )?{_any('only, just')} "
        f"(?:the |those |these )?one "
        f"{_any('where, that, which')} (?:it |they |that )?{_any('is, are, does, do, has, have')}(?= (?:[.]|$))",
        "",
    ),
    (
        f"(?:is |am i |are )?(?:{_any('closest to, nearest to, about to, first to, next to')} )?"
        f"{_any('running-out, run out, running low, running short, lowest, shortest, tightest')} (?:of|on) "
        f"(?:free )?(disk|disk space|space|memory|ram|storage)",
        "has the least free 1",
    ),
    (f"{_any('sum to, add up to, sum up to, come to, amount to, total up to')}", "total size"),
    (f"{_any('breakdown, split, bucketed, tallied, broken up, grouped, summed, sorted into groups')} (by|per)", "1"),
    (
        f"(?:{_any('tell me, show me, see, tell, show, name, find')} )?{_any('who, which, what')}(?: one)?(?: {_IS})? "
        f"(?:the |an )?{_ODD} {_any('one, man')}(?: out)?",
        ", compare them",
    ),
    ("(?:(?:give|show|get) (?:me |us )?)?(?:a |the )?breakdown of", "count"),
    (
        "(?<=^ )((?:(?:tell me|show me|list|name|find|show) )?<device>) (?:are running|is running|run|runs|running) "
        "((?!out|low|hot|on|the|a|slow|short)[a-z0-9_-]+)(?= (?:[.;,?]|$))",
        "1 have 2 running",
    ),
    (f"{_any('break, split, breaking')} ((?:[^ ,;.]+ ){{1,9}}?){_any('down, up')} (by|per)", "count 1 2"),
    (f"{_any('break, split, breaking, bucket')} {_POINTED}(?: down| up)? (by|per)", "count them by"),
)
_WELL = _any(
    "run, running, active, up, alive, down, stopped, dead, healthy, ok, okay, fine, back, back up, up and running"
)
_AFTER = "(?: (?:again|now|then|afterwards|after that|after it|once more|really|indeed|or not|as well))*"
SERVICES: Final = (
    (
        f"({_any('start, restart, stop, reload, bounce')}) (?:the )?(?:service )?([a-z0-9][a-z0-9_.@-]*)(?: service)? "
        "on (<device>)(?: (?:,|;|and|then))+ (?:"
        f"{_any('tell me, check, verify, see, confirm, show me, let me know, make sure, look, report')} "
        f"(?:(?:if|whether|that) )?(?:it is|it's|it (?:come|came)|it) {_WELL}|is it {_WELL}|"
        f"{_any('show, show me, tell me, check, report, give me')} its (?:current |new )?(?:status|state)){_AFTER}"
        "(?= (?:[.?;,]|$))",
        "1 the service 2 on 3 , show the status of the service 2 on 3",
    ),
)
IDIOMS: Final = ORDER + CONDITIONS + SAVING + REPORTS + TRANSFERS + JOINS + SERVICES
