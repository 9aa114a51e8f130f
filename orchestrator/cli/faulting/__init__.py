"""The fault-injection suite behind `asterism faults`.

work      what is run, and what must have come of it: pure
world     where: a system of child processes on a temporary folder, or one that runs already
profiles  what goes wrong meanwhile
suite     runs a profile and measures it
report    the table and the JSON
"""
