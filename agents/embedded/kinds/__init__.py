"""The grammar for devices that are more than machines: phones, edge boxes, mounted servers, and what comes yet.

    text -> line (typed tokens, devices marked) -> sentences -> acts -> plan

An *act* is one thing to be done: a skill with its arguments, something to be saved or handed on, or a part of the
request that the grammar of machines reads (`agents.embedded.planner`). A sentence is cut into acts where every piece
has a meaning of its own; a piece without one ends the reading. Patterns (`pattern.py`) say what may be asked of phones
and edge boxes; every other skill is read from its own specification (`generic.py`): its name, its examples, its schema.
"""
