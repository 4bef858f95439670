"""A sound camera for each module, set up."""

from collections.abc import Iterator

import pytest

from tests.emulated.units import Handle, unit


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    with unit(tmp_path_factory.mktemp("camera")) as handle:
        yield handle
