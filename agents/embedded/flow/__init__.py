"""Requests whose clauses hand things on: what is read, counted or made on some devices goes somewhere else.

    line.py     the request as tokens, devices that are named together as one
    things.py   what a clause is about: files, values, what was made before; where it goes
    nouns.py    noun phrases to things            places.py   phrases of place to targets
    deeds.py    clauses to deeds                  build.py    deeds to steps
    door.py     the whole request                 asides.py  words that ask for nothing

Deeds with modules of their own are listed in readers.py; each module is a subject: sums, log lines, checksums, pages.

Every word of a clause has its place in one of the patterns, or the request is declined.
"""
