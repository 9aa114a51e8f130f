"""What a browser device does: the system's own Chromium, through Playwright. Loaded where it is used.

settings   what the owner decides          finding    which program, and whether it can be used
guard      who may be spoken to            proxy      the one way out of the browser, which asks the guard
browser    the process and its tabs        session    one attempt's way to it
verbs, skills, and the skills themselves: opening, reading, touching, tables, downloading
"""
