"""Which step of the supervisor follows which: one table, for the LangGraph graph and for the walk without it.

    understand -> plan -> start -> [under way] -> answer
                  plan -> ask -> [wait] -> plan
                  plan, start -> refuse              [under way] -> revise -> [under way]

In brackets: the supervisor stops there until the next consultation.
"""

from __future__ import annotations

from typing import Final

FIRST: Final = "understand"
LAST: Final = "end"
STOPS: Final = frozenset({"wait", "under_way"})
# Where the supervisor goes on, by what it waited for and why it was called.
RESUMES: Final = {
    ("wait", "answered"): "plan",
    ("under_way", "failed"): "revise",
    ("under_way", "settled"): "answer",
}
FOLLOWS: Final = {
    "understand": ("plan", "refuse", "revise", "answer", "under_way", "wait", LAST),
    "plan": ("start", "ask", "refuse"),
    "ask": ("wait",),
    "wait": ("plan", "wait", LAST),
    "start": ("under_way", "plan", "refuse", LAST),
    "under_way": ("revise", "answer", "under_way", LAST),
    "revise": ("under_way",),
    "refuse": (LAST,),
    "answer": (LAST,),
}
# Far more than any way through the table takes.
MOST_STEPS: Final = 50
