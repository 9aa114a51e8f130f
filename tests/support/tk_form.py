"""A Tk program with a field and a button: `python3 tk_form.py TITLE FILE`. FILE holds what the field does."""

import os
import sys
import tkinter

title, path = sys.argv[1:]
root = tkinter.Tk(className="tk")
root.title(title)
root.geometry("300x120+40+40")
held = tkinter.StringVar()


def note(*_: object) -> None:
    with open(path + ".new", "w") as file:
        file.write(held.get())
    os.replace(path + ".new", path)


def clear() -> None:
    held.set("")


held.trace_add("write", note)
entry = tkinter.Entry(root, textvariable=held)
entry.place(x=10, y=10, width=280, height=30)
tkinter.Button(root, text="Clear", command=clear).place(x=10, y=60, width=100, height=40)
entry.bind("<FocusIn>", note)  # from here on it can be typed into
entry.focus_set()
root.mainloop()
