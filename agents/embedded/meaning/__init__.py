"""Requests of several clauses, read by a chart over typed meanings: asked where no other grammar reads a request.

    text.py      words in a normal form          chart.py    the parser: rules, and what they mean
    terms.py     literals, names, the grammar    lexicon.py  sets of words
    nouns.py, tablenouns.py, phrases.py          rules for noun phrases, and for where things go
    giving.py, reads.py, facts.py, works.py      rules for clauses
    sentences.py                                 rules for conditions and sentences
    things.py    meanings                        state.py    what was made, and what words refer to
    values.py, putting.py, testing.py, doing.py  meanings to steps
    door.py      the whole request

Every word of a sentence has its place in a rule, and all readings that can be done come to one plan, or the request is
declined.
"""
