"""How coverage is checked: a request as it is heard, a case (with a plan for it), forward, backward, both together."""
