"""A small phone, simulated: what `adb shell` and the sync service find behind them.

It knows the commands that the phone's skills use, and answers them in the words of Android 13. It runs nothing of the
machine that it is on, and writes no file there.
"""
