"""What a desktop can do: an X11 session, read and used over its accessibility tree first, else by pictures and keys.

settings.py    which display
x11.py         the connection to the X server; windows.py: the windows there; pictures.py: what they show
bus.py         the connections to D-Bus; atspi.py: the accessibility tree; fields.py: which label is whose; notices.py
entries.py     the applications that are installed
desktop.py     whether all of that is there, and why not; session.py: one attempt's way to it
verbs.py       makes skills of functions; skills.py: all of them, from looking.py, touching.py, acting.py, keys.py,
               apps.py, clipboard.py and notifying.py; elements.py, fronting.py, keyboard.py: what those share
"""
