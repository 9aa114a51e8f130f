"""One real Kubernetes for all tests of this folder, and namespaces of their own in it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support import kube
from tests.support.cluster import build
from tests.support.kube import Cluster
from tests.support.kube_api import Api
from tests.support.kube_objects import create_namespace, delete_namespaces

NOT_RUN = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> Iterator[Cluster]:
    """The session's cluster, shared: a test works in namespaces of its own and leaves the rest as it was."""
    reason = "" if os.environ.get(kube.GIVEN) else build.missing()
    if reason:
        pytestconfig.stash[NOT_RUN] = reason
        # `make test` was to build it, wherever one can be had at all.
        if os.environ.get("ASTERISM_TEST_HEAVY") and not build.why_not():
            pytest.fail(reason)
        pytest.skip(reason)
    with kube.start() as running:
        yield running


@pytest.fixture
async def namespace(cluster: Cluster) -> AsyncIterator[str]:
    """The name of a new namespace. It is told to go afterwards; that it has gone is not waited for."""
    name = await create_namespace(cluster)
    yield name
    await delete_namespaces(cluster, name)


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[Api]:
    """A connection as administrator."""
    async with Api(cluster.kubeconfig) as opened:
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reason = config.stash.get(NOT_RUN, "")
    if reason:
        terminalreporter.write_line(f"THE CLUSTER TESTS DID NOT RUN: {reason}", red=True, bold=True)
