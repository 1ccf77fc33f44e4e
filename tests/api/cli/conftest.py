"""One running server for the tests of this folder that only need one."""

from collections.abc import Iterator

import pytest

from tests.api.cli.given import Served, served


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that all tests of a process share; each declares its own incident."""
    with served(tmp_path_factory.mktemp("served")) as running:
        yield running
