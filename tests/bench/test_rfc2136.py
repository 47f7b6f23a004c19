"""The benchmark of dynamic updates runs, and both sides leave the same zone; how fast they are, no test says."""

from pathlib import Path

import pytest

from bench import rfc2136
from tests.support import knot


# octodns-bind uses what octoDNS says it will take away
@pytest.mark.filterwarnings("ignore:.* is DEPRECATED:DeprecationWarning")
def test_both_sides_write_the_same_records(tmp_path: Path) -> None:
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    (figure,) = rfc2136.figures(tmp_path, 2_000, 1)
    assert figure.name.startswith("RFC 2136, 197 new records on Knot")
    assert len(figure.ours) == len(figure.other) == 1
