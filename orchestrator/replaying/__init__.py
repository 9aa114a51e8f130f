"""Recorded runs: a file that keeps all of a run, and its replay without model and devices, compared step by step."""
