"""What several sentences say together: which of them only tell, what they speak of, and which order is left.

`clauses` cuts a text; `telling` says of a clause whether it orders, tells, assures or places; `memory` keeps what was
spoken of; `door` puts the rest as a request of its own, for the readings of single requests.
"""
