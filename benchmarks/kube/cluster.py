"""Which cluster: the one that ASTERISM_TEST_KUBECONFIG names, else the project's test cluster, started for this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.kube import GIVEN, CannotStart, Cluster, start


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Raises SystemExit where no cluster can be had."""
    try:
        with start() as found:
            yield found
    except CannotStart as error:
        raise SystemExit(f"{error}. Or set {GIVEN} to the kubeconfig of a cluster to test on.") from None
