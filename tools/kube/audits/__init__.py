"""Audits without a model: exact sets of what is not as it should be, by pure functions over a snapshot.

    hits        what a check says of an object         workloads   what describes pods, each once
    checks      the table: name, needs, function       loading     the lists that the chosen checks need
    pods, settings, secret_env, rights, network, bounds     the checks themselves
    telling     the answer for people

A check is a function from a snapshot to hits; a hit has a `detail`, and a narrower check is a check with some details
only: `no_memory_limits` is `no_limits` with `memory`.
"""
