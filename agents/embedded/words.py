"""Word tables of the grammar. A word in FILLERS says nothing that a plan could miss; a word in none of these tables,
in no frame and in no slot has no place in a plan, and the request is declined for it."""

from __future__ import annotations

from agents.embedded.sayings import DELETING, SAYINGS
from agents.embedded.wordset import words

# Words that carry no demand of their own. Prepositions are here because slots read them as roles.
FILLERS = words(
    "a an the my our your their its i me we us you please kindly just only now currently current "
    "also so ok okay hey hi "
    "hello thanks thank could can would will like want need d s t re ve ll let of in on at for "
    "inside within under as and is are be been being was were has have having do does did it's "
    "that this these those there "
    "which what how here's what's whats that's it them each every all any some right exactly actually quick quickly "
    "asterism computer's well respectively whatever really along me's then "
    "via using i'd i'm i've you'd we'd you're they they're say go ahead simply"
)
# A politeness before the verb.
LEADS = words(
    "please kindly can could would will you i i'd i'll we we'd want need like to let lets let's "
    "hey hi hello yo pls plz alright just now also "
    "then so ok okay go ahead first finally next lastly and me us d asterism quickly afterwards "
    "well right once secondly "
    "love wish help be great if would've thanks simply second third last"
) - {"if", "last", "be", "great", "love", "wish", "first", "second", "third"}
ASK = words(
    "show display print give get tell report check see view present know what which how is are "
    "does do has have list find "
    "determine learn inspect look fetch read output who retrieve return provide query when "
    "identify name figure compute "
    "calculate measure describe say whether if where did obtain grab examine review monitor collect gather summarize "
    "summarise count rank compare sum total average inform enumerate specify state confirm clarify"
)
READS = words(
    "pull take show display print give get tell read open cat view see output present dump fetch retrieve what type "
    "check "
    "look inspect return examine review grab type"
)
LISTS = words("list ls enumerate show display print give get tell see view what which check browse fetch look are is")
FINDS = words(
    "find locate search list show look which what get display tell give print see identify are is hunt discover "
    "check do does where"
)
SEARCHES = words(
    "anything mention occurrence line entry match any search grep find look scan show get list "
    "collect gather extract pull fetch print display give tell count "
    "how what check are is do does see which filter retrieve grab read dig locate pick output did sum total"
)
SAVES = words("save write store put export dump create make generate produce build prepare compile keep drop")
DELETES = words("delete remove erase rm unlink trash") | DELETING
NEGATIONS = words(
    "not no never without don't dont doesn't didn't won't cannot can't isn't aren't avoid nothing none neither "
    "nor stop-short hasn't haven't shouldn't wouldn't couldn't mustn't refrain skip leave keep ignore"
)
# Words of time and doubt that change what is asked for; no frame takes them.
MULTI = {
    ("back", "up"): "backup",
    ("look", "for"): "search",
    ("look", "at"): "show",
    ("look", "into"): "show",
    ("look", "up"): "get",
    ("zip", "up"): "zip",
    ("tar", "up"): "tar",
    ("pack", "up"): "pack",
    ("bundle", "up"): "bundle",
    ("find", "out"): "tell",
    ("figure", "out"): "tell",
    ("work", "out"): "tell",
    ("pull", "up"): "show",
    ("pull", "out"): "extract",
    ("list", "out"): "list",
    ("print", "out"): "print",
    ("read", "out"): "read",
    ("let", "me", "know"): "tell",
    ("let", "me", "see"): "show",
    ("i", "want", "to", "know"): "tell",
    ("i", "need", "to", "know"): "tell",
    ("make", "a", "copy", "of"): "copy",
    ("make", "a", "backup", "of"): "backup",
    ("take", "a", "backup", "of"): "backup",
    ("create", "a", "backup", "of"): "backup",
    ("put", "a", "copy", "of"): "copy",
    ("save", "a", "copy", "of"): "copy",
    ("drop", "a", "copy", "of"): "copy",
    ("get", "rid", "of"): "delete",
    ("take", "a", "look", "at"): "show",
    ("have", "a", "look", "at"): "show",
    ("add", "up"): "sum",
    ("put", "together"): "combine",
    ("count", "up"): "count",
    ("bring", "over"): "copy",
    ("copy", "over"): "copy",
    ("send", "over"): "send",
    ("write", "down"): "write",
    ("break", "down"): "breakdown",
    ("broken", "down"): "breakdown",
    ("how", "come"): "why",
    ("throw", "away"): "delete",
    ("in", "case"): "if",
    ("look", "like"): "contain",
    ("set", "up"): "setup",
    ("shut", "down"): "shutdown",
    ("clean", "up"): "cleanup",
    ("how", "big"): "size",
    ("how", "large"): "size",
    ("how", "many"): "howmany",
    ("how", "much"): "howmuch",
    ("how", "long"): "howlong",
    ("operating", "system"): "os",
    ("hard", "drive"): "disk",
    ("hard", "disk"): "disk",
    ("file", "system"): "filesystem",
    ("host", "name"): "hostname",
    ("time", "zone"): "timezone",
    ("log", "file"): "logfile",
    ("running", "out"): "running-out",
    ("log", "line"): "logline",
    ("log", "entry"): "logline",
    ("log", "message"): "logline",
    ("make", "sure"): "verify",
    ("make", "sure", "that"): "verify",
} | SAYINGS
# Everyday words: a device that bears one as its name is meant only where a preposition says so.
COMMON = words(
    "list show read write copy move delete find search count sort rank archive report file "
    "folder log data disk memory cpu "
    "load process system network time info test home work main server desktop phone edge box "
    "backup all every each the my "
    "on in to from at of and is it this that here there line word error service hour day size "
    "free old new big first last "
    "top run stop kill tail head hash"
)
EXTENSIONS = {
    "log": "log",
    "logfile": "log",
    "text": "txt",
    "txt": "txt",
    "csv": "csv",
    "json": "json",
    "yaml": "yaml",
    "yml": "yml",
    "markdown": "md",
    "md": "md",
    "python": "py",
    "py": "py",
    "pdf": "pdf",
    "xml": "xml",
    "html": "html",
    "zip": "zip",
    "conf": "conf",
    "ini": "ini",
    "toml": "toml",
    "jpg": "jpg",
    "jpeg": "jpeg",
    "png": "png",
    "mp3": "mp3",
    "mp4": "mp4",
    "sql": "sql",
    "tmp": "tmp",
    "bak": "bak",
    "gz": "gz",
    "js": "js",
    "javascript": "js",
    "sh": "sh",
    "iso": "iso",
    "tsv": "tsv",
    "docx": "docx",
    "xlsx": "xlsx",
    "svg": "svg",
    "db": "db",
    "sqlite": "sqlite",
    "rs": "rs",
    "go": "go",
} | {
    word: word
    for word in words(
        "mkv avi mov flac wav ogg gif webp heic tiff bmp epub exe msi deb rpm apk jar tgz dmg doc xls ppt pptx odt ods "
        "rtf ipynb parquet cfg env pem crt img raw tar eml psd m3u srt vob webm m4a avif cpp"
    )
}
EXTENSIONS |= {"excel": "xlsx", "powerpoint": "pptx", "word": "docx", "jpegs": "jpeg", "shell": "sh"}
# Words such as `pdfs` and `csvs`, which name files by their type; `logs` are more than files.
PLURAL_EXTENSIONS = words(
    "pdf csv jpg jpeg png mp3 mp4 zip iso docx xlsx mkv avi mov flac wav gif webp heic tiff epub exe deb rpm apk jar "
    "dmg "
    "pptx ods odt xls svg json yaml xml webm m4a"
)
ADJECTIVES = words(
    "new empty same big bigger biggest large larger largest small smaller smallest current whole "
    "entire each every all this "
    "that which what working parent hidden first last other another top root old older oldest newest latest recent own "
    "right wrong correct following whatever any some the a an my our your its single called "
    "named different local remote "
    "included including important unused temporary modified changed and or of in on to from total source target "
    "destination many much"
)
