"""`asterism bench`: suites of requests, run on real agents and judged by the end state.

A suite is data: `suite.toml` names the machines, `tasks/**/*.toml` hold one task each (docs/benchmarks-suites.md).

    suite.py    the schema, and loading            state.py    what a machine, phone, box or site is given
    seeds.py    data from a seed                   checks.py   what must be so afterwards
    machines.py the processes of a world           runner.py   one task: reset, seed, submit, judge
    metrics.py  numbers from a run's record        results.py  the file that a call leaves
    summary.py  that file in numbers, with         statistics.py, faulted.py
    comparing.py two files, pair by pair           wording.py  numbers as people read them
    report.py   text                               html.py     a page, with plots.py and tasks_page.py
"""
