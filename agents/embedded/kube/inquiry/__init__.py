"""Requests that only ask: the whole request is read at once, before it is cut into clauses.

A question comes with its story, its politeness and its assurances, in any order. So it is not taken apart: `things`
finds the objects, the place and the person in it, wherever they stand; `script` writes the request down again with
a mark for each of them; and the tables of intents (`asks_*`) are patterns over that line. What a table does not explain
is chatter, unless it stands where it could narrow down what is asked for: then the reading is given up, and the grammar
of clauses has its turn.
"""
