"""What is to be done to objects that are there, read as whole clauses.

A clause becomes one line of signs (`restart Kdeployment N2`), its place is taken out, and a table of patterns says what
the whole line asks for. A pattern meets all of a clause or nothing of it: no name, number or word can be dropped.
"""
