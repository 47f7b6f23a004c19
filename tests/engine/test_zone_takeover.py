"""Two projects with a journal each name one zone: who is not the last to have written it removes nothing."""

from pathlib import Path

import pytest

from sophia_infra.dns.rr.record import APEX, from_text
from tests.dns.homes import HOMES, Home
from tests.engine.zones import RECORDS, without, zone_program
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

CHANGED = [*RECORDS, {"name": "new", "type": "A", "values": ["192.0.2.9"]}]


def test_who_adopts_a_zone_is_told_whose_it_is_and_does_not_take_it_away(tmp_path: Path, engine: Path) -> None:
    file = tmp_path / "db.shop.example"
    one, two = (Workspace(tmp_path / name, engine, project=name) for name in ("one", "two"))
    zone_program(one, backend={"path": str(file)})
    one.up()

    zone_program(two, backend={"path": str(file)})
    told = f"{file} is there already, written by shop of one/test until now; this stack takes it over"
    assert told in two.preview().text
    two.up()
    zone = file.read_text()
    program = (two.root / "__main__.py").read_text()
    two.program("")
    for refused in (two.up(check=False), two.destroy(check=False)):
        assert refused.returncode != 0
        assert f"this stack never wrote {file} as it is now (shop of one/test did); nothing was removed" in refused.text
        assert file.read_text() == zone

    two.program(program)
    zone_program(two, CHANGED, backend={"path": str(file)})
    two.up()
    assert f"{file} was written by shop of two/test since" in one.preview(check=False).text
    zone = file.read_text()
    refused = one.destroy(check=False)
    assert f"is not the last to have written {file}" in refused.text
    assert file.read_text() == zone
    one.destroy(env={"SOPHIA_REMOVE": "always"})
    assert not file.exists()


def served(home: Home) -> set[str]:
    """What the zone holds there, the apex aside."""
    return {str(record) for record in from_text(home.backend.read().text) if record.subject not in APEX}


FURTHER = {"bind", "namecheap"}
"""Another name server, and another provider: what they are asked is told by tests/dns/backends without the engine."""


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(place, marks=[pytest.mark.soak] if place in FURTHER else [])
        for place in sorted(HOMES.keys() - {"file"})
    ],
)
def test_at_every_other_home_too_who_only_adopted_a_zone_is_told_and_removes_nothing(
    tmp_path: Path, engine: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (Workspace(tmp_path / name, engine, project=name) for name in ("one", "two"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-home"))
    with HOMES[place](tmp_path) as home:
        for name, secret in home.secrets.items():
            monkeypatch.setenv(name, secret)
        for stack in (one, two):
            zone_program(stack, without("@ NS"), backend=home.settings)
        one.up()
        zone = served(home)
        assert "written by somebody else until now; this stack takes it over" in two.up().text
        two.program("")
        for refused in (two.up(check=False), two.destroy(check=False)):
            assert refused.returncode != 0
            assert "this stack never wrote" in refused.text
            assert served(home) == zone

        new = {"name": "new", "type": "A", "values": ["192.0.2.9"], "ttl": 1800}
        zone_program(one, [*without("@ NS"), new], backend=home.settings)
        one.up()
        assert served(home) == {*zone, "new 1800 A 192.0.2.9"}
        one.destroy()
        assert served(home) == set()
