"""Command lines of kubectl, read whole and by their own rules: flags decide, not words.

`script` finds the lines in a request, `flags` parses one against the flags that its command knows, and the tables of
the other files turn it into skills and their arguments. A flag, a kind or a form without a place declines by name.
"""
