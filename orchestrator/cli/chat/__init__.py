"""`asterism chat`: requests as a conversation.

The terminal belongs to the main thread (`talk.py` reads its lines, `conversation.py` does what they say), the
orchestrator's side to an event loop in a thread of its own (`engine.py`), so that a line can be edited while a
connection, or an embedded orchestrator, lives on. What a session said is in a file (`sessions.py`); what a message
refers to is found in earlier results (`orchestrator.core.followups`).
"""
