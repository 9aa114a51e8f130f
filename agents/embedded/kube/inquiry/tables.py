"""Words and shapes by which the objects, the places and the people of a request are told apart."""

from __future__ import annotations

import re

from agents.embedded.wordset import words

ARTICLES = words("the a an my our your that this its their all every each any some new old whole poor good other")
IN = words("in inside within under across @ into")
SUBJECT_OF = words(
    "is has keeps keep isn't doesn't won't can't hasn't never was stays crashes fails gets gives dies hangs does shows "
    "won't cannot restarts stopped crashed died failed been finished are crashlooping flapping crashing broken"
)
FROM = IN | words("from of for on")
PRONOUNS = words("it its it's them they their that these those")
ENGLISH = re.compile(
    r"(?:self|non|semi|multi|ex|so)-\w+|\w+-(?:related|ready|wide|level|facing|written|made|based|side|like|free|only|"
    r"ish|time|term|end|up|off|out|going|known|called|to|in)|(?:follow|back|well|long|half|full|read|right|left|"
    r"clean)-\w+|[a-z]+'[a-z]+|\d{1,2}(?:[:.h]\d\d)?(?:am|pm|h|ish)|\d+(?:st|nd|rd|th|x)|[pq]\d|sev-?\d|on-?call|"
    r"once-over"
)
"""Compounds of everyday English and times of the day: no names by their shape."""
SPELLING = {
    "happend": "happened", "trafic": "traffic", "fourty": "forty", "wat": "what", "whats": "what's",
    "wheres": "where's", "whos": "who is", "who's": "who is",
    "dont": "don't", "doesnt": "doesn't", "isnt": "isn't", "arent": "aren't",
    "cant": "can't", "cannot": "can't", "wont": "won't", "didnt": "didn't", "hasnt": "hasn't", "havent": "haven't",
    "ram": "memory", "mem": "memory", "utilisation": "usage", "utilization": "usage", "consumption": "usage",
    "w/o": "without", "pls": "please", "plz": "please", "thx": "thanks", "u": "you", "yml": "yaml",
    "creds": "credentials", "pw": "passwords", "passwd": "passwords", "recieve": "receive", "seperate": "separate",
    "privilaged": "privileged", "priviledged": "privileged", "permision": "permission", "permisions": "permissions",
    "wich": "which", "whihc": "which", "wht": "what", "teh": "the", "ppl": "people", "peeps": "people",
    "rn": "now",
    "gimme": "give me", "lemme": "let me", "wanna": "want to", "gotta": "have to", "tho": "though", "cuz": "because",
    "shoud": "should", "shuld": "should", "smth": "something", "sth": "something", "sb": "somebody", "abt": "about",
    "&": "and", "+": "and",
    "resouce": "resource", "tommorow": "tomorrow", "schedual": "schedule", "lates": "latest",
}  # fmt: skip
"""What people type for a word of the tables."""
