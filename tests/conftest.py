"""Settings for every test: the guards, and how hard hypothesis looks.

Fixtures that belong to one part live in `tests/support/` and are named here as plugins, nothing more.
HYPOTHESIS_PROFILE picks the profile: `ci` (the default) and `fast` give the same examples at every run;
`dev` and `thorough` look at new ones each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.guards", "tests.support.postgres", "tests.support.llama"]

# Wall-clock limits on an example would fail tests for the machine's load: pytest-timeout bounds whole tests instead.
UNHURRIED = [HealthCheck.too_slow]

settings.register_profile("ci", derandomize=True, deadline=None, database=None, suppress_health_check=UNHURRIED)
settings.register_profile("fast", settings.get_profile("ci"), max_examples=20)
settings.register_profile("dev", deadline=None, suppress_health_check=UNHURRIED)
settings.register_profile("thorough", settings.get_profile("dev"), max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
