"""The history of a university's zones: ordinary work, which passes the default limits with no override."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.changes import Changes, Limits
from sophia_infra.dns.exposure import between
from sophia_infra.dns.files import read_file
from sophia_infra.dns.rr.record import to_text
from sophia_infra.dns.serial import with_serial
from tests.support.real_zones import DATA, history

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the zones' history is not beside this checkout")


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    with history(tmp_path_factory.mktemp("history")) as found:
        yield found


def steps(versions: list[Path], domain: str) -> Iterator[Changes]:
    last = None
    for version in versions:
        file = version / "zones" / f"db.{domain}"
        reading = read_file(file, domain) if file.exists() else None
        if reading is None or reading.problems:
            continue
        text = with_serial(to_text(reading.records), 0)
        if last is not None and text != last:
            yield between(last, text, origin=domain, previous=last)
        last = text


DOMAINS = {
    "ocf.berkeley.edu": 195,
    "226.229.169.in-addr.arpa": 89,
    "0.0.0.0.1.0.8.8.0.4.1.f.7.0.6.2.ip6.arpa": 92,
    "asuc.org": 14,
    "ocfhosted.com": 1,
}


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_step_of_the_history_passes_the_default_limits(versions: list[Path], domain: str) -> None:
    found = list(steps(versions, domain))
    assert len(found) == DOMAINS[domain]
    assert [(changes.reasons, beyond) for changes in found if (beyond := Limits().judge(changes))] == []
