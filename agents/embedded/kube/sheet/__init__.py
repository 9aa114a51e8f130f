"""Requests that are written like a sheet: a kind, its name and its place first, its attributes after.

`Service opcua, namespace line-4: type NodePort, port 4840 -> 14840, selector app=opcua`. `head` tells the kind and
whether something new is meant; `sheets` says per kind which skill takes which attributes; `attributes` are the ways in
which people write each of them, over the values of `shapes`. Every part of the text must be an attribute or an aside
that demands nothing: else there is no reading, and the other grammars have their turn.
"""
