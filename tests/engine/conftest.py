"""Stacks that many tests begin with: the engine makes each once, and every test gets it back as it was made.

All tests have a stack in one folder, each after the other: the state and the journal name files by their whole path.
"""

from pathlib import Path

import pytest

from tests.engine.certificates import certificate_program
from tests.engine.standing import Made, made
from tests.engine.zones import zone_program
from tests.support.workspace import Workspace


@pytest.fixture(scope="session")
def _zone(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Made:
    return made(zone_program, "standing", tmp_path_factory, engine)


@pytest.fixture
def standing(_zone: Made) -> Workspace:
    """The usual zone after its first `up`: state, journal and master file."""
    return _zone.again()


@pytest.fixture(scope="session")
def _certificate(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Made:
    return made(certificate_program, "certified", tmp_path_factory, engine)


@pytest.fixture
def certified(_certificate: Made) -> Workspace:
    """The usual certificate after its first `up`: state, journal and CA."""
    return _certificate.again()
