"""Noun phrases: files, lines, counts, and what was spoken of before."""

from __future__ import annotations

from dataclasses import replace

from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.terms import rule
from agents.embedded.meaning.things import (
    Count,
    Fact,
    FileAt,
    Files,
    Found,
    Lines,
    Pages,
    Part,
    Ref,
    Thing,
)

# --- files -----------------------------------------------------------------------------------------------------------


@rule("file", "[%the] {f:p}", "[%the] [csv|log|text|backup|zip|json|new|whole] [%fnoun] [called|named] {f:p}")
def _file(f: str) -> FileAt:
    return FileAt(f)


@rule("file", "[%the] [whole] (%folder) [called|named] {f:name}")
def _folder(f: str) -> FileAt:
    return FileAt(f, noun="folder")


@rule("file", "{d:d} [own] (%fnoun) {f:p}", "{d:d} {f:p}")
def _owned(d: Mention, f: str) -> FileAt | None:
    return FileAt(f, d) if d.text.endswith(("'s", "s'")) else None


@rule("file", "{d:d} (%folder) {f:name}")
def _owned_folder(d: Mention, f: str) -> FileAt | None:
    return FileAt(f, d, "folder") if d.text.endswith(("'s", "s'")) else None


@rule("file", "[%the] {f:name} (%folder)")
def _named_folder(f: str) -> FileAt:
    return FileAt(f, noun="folder")


@rule(
    "located",
    "{f:file}",
    "{f:file} [that is|which is|that are|which are|lying] (on|from|at|of|in) [each of|all of] {d:d}",
    "{f:file} %made",
)
def _located(f: FileAt, d: Mention | None = None) -> FileAt | None:
    if d is not None and (f.place is not None or d.text.endswith("'s")):
        return None
    return replace(f, place=d) if d is not None else f


@rule("files", "{a:located}", "{a:located} (%and) {r:files}")
def _files(a: FileAt, r: Files | None = None) -> Files | None:
    rest = r.files if r is not None else ()
    if a.place is None and rest and rest[0].place is not None:
        a = replace(a, place=rest[0].place)
    return Files((a, *rest))


@rule("names", "{a:name}", "{a:name} (%and) {r:names}")
def _names(a: str, r: tuple[str, ...] = ()) -> tuple[str, ...]:
    return (a, *r)


@rule(
    "files",
    "[%the] [three|two|four] (folders|directories) {n:names}",
    "[%the] (folders|directories) {n:names} (on|of|from) {d:d}",
)
def _folders(n: tuple[str, ...], d: Mention | None = None) -> Files | None:
    return Files(tuple(FileAt(one, d, "folder") for one in n)) if len(n) > 1 else None


@rule("files", "[%the] (files|workbooks|archives|logs|tables|scripts) {r:files}")
def _listed(r: Files) -> Files | None:
    return r if len(r.files) > 1 else None


@rule(
    "urls", "{a:u}", "{a:u} (%and) {r:urls}", "[%the] (page|pages|address|addresses|url|urls|file|files|model) {r:urls}"
)
def _urls(a: str = "", r: tuple[str, ...] = ()) -> tuple[str, ...]:
    return (a, *r) if a else r


@rule("pages", "{u:urls}")
def _pages(u: tuple[str, ...]) -> Pages:
    return Pages(u)


@rule("pageat", "{u:u} (from|on|with|via|by|using) {d:d}", "{u:u} (from|on|with|via|by|using) {d:d} (%and) {r:pageat}")
def _page_at(u: str, d: Mention, r: Pages | None = None) -> Pages:
    more = r if r is not None else Pages(())
    return Pages((u, *more.urls), (d, *more.places))


@rule(
    "found",
    "(every|each|all|any|all the) (file|files) (in|below|under|of) {f:located} (whose name ends|whose "
    "names end|ending|that end|with names that end|with a name that ends) (in|on|with) {e:name}",
)
def _ending(f: FileAt, e: str) -> Found | None:
    return Found(f, ending=e) if e.startswith(".") and f.noun == "folder" else None


@rule("found", "(every|each|all|any|all the) {e:name} (file|files) (in|below|under|of) {f:located}")
def _kind(f: FileAt, e: str) -> Found | None:
    return Found(f, ending=e) if e.startswith(".") and f.noun == "folder" else None


# --- what was spoken of ----------------------------------------------------------------------------------------------


@rule("ref", "{n:pron}", "{n:pron} (all|both|together)")
def _pronoun(n: str) -> Ref:
    return Ref(n)


@rule("ref", "both", "both of (them|these|those)", "[%the] [other] two")
def _both() -> Ref:
    return Ref("them", 2)


@rule(
    "ref",
    "(the|that|this|these|those|its|their|the same|all the|all|both|the whole|the resulting|the new|"
    "the finished|the sum and) {n:noun}",
    "(the|these|those|all|all the) {k:n} {n:noun}",
    "(the|that|this) {n:noun} (there|on|from|of|at) {d:d}",
    "(the|that|this) {n:noun} {d:d}",
    "the {n:noun} of (that|it|them|those|these)",
    "the (current|actual|present) {n:noun}",
    "(that|this|the) {n:noun} again",
    "(a|the) copy of (the|that|this) {n:noun}",
    "(the|a) {n:noun} found [there]",
)
def _spoken(n: str, k: object = None, d: Mention | None = None) -> Ref | None:
    if isinstance(k, float) or k == 0:
        return None
    return Ref(n, int(k or 0), d)  # type: ignore[call-overload]


@rule("ref", "{d:d} (copy|version|count|file|archive|one)")
def _of_device(d: Mention) -> Ref | None:
    return Ref("one", 0, d) if d.text.endswith("'s") else None


@rule("ref", "the (copy|version|count|one) (on|from|of|at) {d:d}", "the (copy|one) {d:d}")
def _one_on(d: Mention) -> Ref:
    return Ref("one", 0, d)


@rule("ref", "the (first|former) [one|value|number|result|of them]")
def _first() -> Ref:
    return Ref("one", which="first")


@rule("ref", "the (second|latter) [one|value|number|result|of them]")
def _second() -> Ref:
    return Ref("one", which="second")


@rule("ref", "the third [one|value|number|result|of them]")
def _third() -> Ref:
    return Ref("one", which="third")


@rule(
    "ref",
    "what (they|it|each of them|each) (print|prints|says|say|printed|said|writes|returns|answers)",
    "what (is left|remains)",
    "the (rest|remaining rows|remaining ones)",
)
def _what() -> Ref:
    return Ref("it")


@rule("source", "{x:files}", "{x:ref}")
def _source(x: Thing) -> Thing:
    return x


# --- lines and counts ------------------------------------------------------------------------------------------------


@rule(
    "lit",
    "{t:q}",
    "{t:caps}",
    "(the|a) (word|text|string|level|words) {t:q}",
    "(the|a) (word|text|string|level|words) {t:caps}",
)
def _lit(t: str) -> str:
    return t


@rule(
    "lines",
    "[all|the|those|every|all the|all of the|any] (lines|line|entries) (with|containing|saying|that "
    "contain|that contains|that say|which contain|"
    "which say|that have|that hold|having|that mention|mentioning|that read|marked|that are marked) "
    "{t:lit} [in them] [(in|of|from) {f:source}]",
    "[all|the|those|every|all the] {t:lit} (lines|line|entries) [(in|of|from) {f:source}]",
    "[all|the|those|every|all the] (lines|line|entries) (in|of|from) {f:source} (with|containing|"
    "saying|that contain|that say|which contain|which say|"
    "that have|having|that mention|mentioning|in which {t:lit} stands|that hold) {t:lit}",
    "[all|the|those|every|all the] (lines|line) (in|of|from) {f:source} (in which|where) {t:lit} "
    "(stands|occurs|appears)",
)
def _lines(t: str, f: Files | Ref | None = None) -> Lines:
    return Lines(f, t)


@rule("part", "[the] last {n:n} lines (of|in|from) {f:source}", "{d:pron} last {n:n} lines", "its last {n:n} lines")
def _last(n: int, f: Files | Ref | None = None, d: str = "") -> Part | None:
    return Part(f or Ref("it"), "last", n) if isinstance(n, int) and d in ("", "its") else None


@rule("part", "[the] first {n:n} lines (of|in|from) {f:source}", "its first {n:n} lines")
def _first_lines(n: int, f: Files | Ref | None = None) -> Part | None:
    return Part(f or Ref("it"), "first", n) if isinstance(n, int) else None


@rule(
    "part",
    "(what|the number|the word|the value|the text) [that] (is|stands) (in|written in) {f:files}",
    "the (contents|content|text|number|word|value) (of|in) {f:files}",
)
def _content(f: Files) -> Part:
    return Part(f, "word")


@rule("counted", "{x:lines}", "{x:rows}", "{x:ref}", "{x:messages}", "{x:found}")
def _counted(x: Thing) -> Thing:
    return x


@rule(
    "count",
    "(the|their|its) (number|count|total number) of {x:counted}",
    "how many [of] {x:counted}",
    "how many {x:counted} (there are|there is|there were)",
    "the count for {x:counted}",
)
def _count(x: Thing) -> Count:
    return Count(x)


@rule(
    "count",
    "how many (there are|there were|there are of them|of them there are|they are|it is|of them there "
    "were|that is|were found)",
    "(their|its) (number|count)",
    "how many of (them|those|these)",
)
def _tally() -> Count:
    return Count(Ref("them"))


@rule("count", "(how many|the number of) {n:w} (there are|there were|it has|it holds|are left|they are)")
def _tally_of(n: str) -> Count:
    return Count(Ref("them"), n.casefold())


@rule(
    "fact",
    "(how many|the number of) files (it|the archive|the backup|that|this) (holds|contains|has)",
    "(how many|the number of) files (are|there are|were) [in it|in the archive|in there|restored|unpacked]",
    "the number of (its files|files in it|files in the archive|files it contains)",
)
def _files_in() -> Fact:
    return Fact("files", Ref("it"))


@rule("fact", "[the|its|their|a] (%sha) (of|for) {x:source}")
def _sha(x: Thing) -> Fact:
    return Fact("hash", x)


@rule("fact", "(its|their|the|that) (%sha)")
def _its_sha() -> Fact:
    return Fact("hash", Ref("it"))


@rule(
    "fact", "(its|their) (%sha) {d:d}", "(the|its|their) (%sha) (on|there on) {d:d}", "the (one|checksum|hash) on {d:d}"
)
def _sha_on(d: Mention) -> Fact:
    return Fact("hash", Ref("it", 0, d))


@rule(
    "fact",
    "how (large|big) (it is|they are|each [one] is|each of them is|each one of them is)",
    "(its|their|the) (size|sizes) [in bytes]",
    "the (size|sizes) (of|for) {x:source} [in bytes]",
)
def _size(x: Thing | None = None) -> Fact:
    return Fact("size", x or Ref("them"))
