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
