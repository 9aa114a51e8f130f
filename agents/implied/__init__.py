"""What a plan of several steps may hold that its request implies without saying it, and never more than that.

Models answer to long requests with commands that keep their output, code that works something out, tables with
headings, files between two steps, templates that are filled. Each rule here excuses one such thing where it can be
seen to be no more than that: `commands` (redirections), `code` (what only computes), `files` (between steps), `texts`
(templates, columns, choices), `asides` (words that demand nothing). What no rule excuses stays a gap.
"""
