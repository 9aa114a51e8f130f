"""The set phrases of device mentions: devices spoken of before, the one at hand, the whole fleet."""

from __future__ import annotations

from agents.embedded.tokens import Kind
from agents.embedded.wordset import words

NAME_KINDS = frozenset({Kind.WORD, Kind.PATH, Kind.HOST, Kind.NUMBER})
OWN = words("the my our your that this these those")
SUPERLATIVE = words(
    "most least highest lowest largest smallest longest shortest biggest fewest greatest maximum minimum"
)
BACK = (
    "on the same machine",
    "on the same device",
    "on the same server",
    "on that machine",
    "on that device",
    "on that server",
    "on that one",
    "on the same one",
    "on those machine",
    "on those server",
    "on those device",
    "on all of them",
    "on each of them",
    "on both of them",
    "on them",
    "from them",
    "on each one",
    "from each of them",
    "there",
    "over there",
    "on there",
    "from there",
    "out there",
    "back there",
    "on both of those",
    "of both of them",
    "on all of those",
    "on each of those",
    "of each of them",
    "of all of them",
    "of those machine",
    "of those server",
    "from those machine",
    "from those server",
    "from those device",
    "on the same host",
    "on the same box",
    "on that host",
    "on that box",
    "on that node",
    "on that phone",
    "on that computer",
    "on those box",
    "on those host",
    "on those node",
    "on those one",
    "same machine",
    "same box",
    "same host",
    "same server",
    "same device",
)
HERE = (
    "this machine",
    "this computer",
    "this device",
    "this laptop",
    "this box",
    "this pc",
    "this host",
    "my own machine",
    "my machine",
    "my computer",
    "my own computer",
    "my device",
    "localhost",
    "here",
    "the machine i am on",
    "the machine i'm on",
    "locally",
    "the local machine",
    "my local machine",
    "the one right here",
    "the one here",
    "the one in front of me",
    "right here",
    "over here",
    "on here",
    "this very machine",
    "this very box",
    "this very computer",
    "this very device",
    "this one here",
    "this thing",
    "this system",
    "this server",
    "this phone",
    "this desktop",
    "this workstation",
    "this notebook",
    "this node",
    "this rig",
    "my box",
    "my own box",
    "my own device",
    "my pc",
    "my own pc",
    "my rig",
    "the machine i'm at",
    "the machine i am at",
    "the machine i'm using",
    "the machine i am using",
    "the machine i'm sitting at",
    "the machine i am sitting at",
    "the computer i'm sitting at",
    "the computer i'm on",
    "the computer i'm at",
    "the computer in front of me",
    "the machine in front of me",
    "the box i'm on",
    "the one i'm on",
    "the one i'm sitting at",
    "where i am",
    "where i sit",
)
EVERYTHING = ("the whole fleet", "the entire fleet", "the fleet", "my fleet", "all of my fleet", "my whole fleet")
TAILS = (
    "in the fleet",
    "in my fleet",
    "of mine",
    "i have",
    "we have",
    "i own",
    "that i have",
    "in my network",
    "we own",
    "at once",
)

# Nouns that stand for devices only behind a word that tells which: `the linux stuff`, `the web tier`.
LOOSE = words("thing one stuff gear kit side tier guy bunch group crowd fleet estate environment env lot family")
LOOSE_MANY = words(
    "stuff gear kit things ones side tier guys bunch group crowd fleet estate environment env lot family"
)
PRONOUNS = ("anything", "everything", "whatever", "all those", "those", "the one", "everything that", "anything that")
LABELLED = (
    "labelled",
    "labeled",
    "tagged",
    "marked",
    "labelled as",
    "labeled as",
    "tagged as",
    "marked as",
    "with the label",
    "with label",
    "with the tag",
    "with tag",
    "tagged with",
    "labelled with",
    "labeled with",
    "that are labelled",
    "that are tagged",
    "having the label",
    "with a label",
    "that have the label",
)
OWNED = ("of", "belonging to", "owned by", "that belong to", "which belong to", "that belongs to", "assigned to")
IN_PLACE = ("with", "in", "where", "from", "in the", "at the", "out in the")
GPU = (
    "with a gpu",
    "with gpu",
    "with gpus",
    "that have a gpu",
    "that has a gpu",
    "that have gpu",
    "which has a gpu",
    "which have a gpu",
    "with a graphics card",
    "with a graphic card",
    "that have a graphics card",
    "that has a graphics card",
    "having a gpu",
    "with an nvidia gpu",
    "with a gpu in it",
    "with a gpu inside",
    "that contain a gpu",
    "that come with a gpu",
    "equipped with a gpu",
)
RUNNING = (
    "running",
    "that run",
    "that are running",
    "which run",
    "that runs",
    "that is running",
    "which is running",
    "on",
    "with",
    "under",
)
BARE_GPU = (
    "has a gpu",
    "have a gpu",
    "has a gpu in it",
    "has a gpu inside",
    "has gpu",
    "got a gpu",
    "has a graphics card",
)
BARE_RUNNING = ("run", "runs", "is running", "is", "on")
STAGES = frozenset({"env", "environment", "stage", "tier", "site", "location", "zone", "room"})
# Behind a label that stands alone for its devices (`on staging, `) comes no noun that it could belong to.
AFTER_ALONE = words(
    "and or then please but with is are has have for in from to into onto also too only by as when if now at on that "
    "which who so vs versus"
)
AMONG = ("of", "among", "amongst", "out of", "from", "between")
WHICH_OF = ("which", "which one", "which of them", "which one of them", "what", "who", "which of those")
