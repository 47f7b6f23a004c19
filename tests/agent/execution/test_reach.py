"""An apply takes along what others changed and have not applied; that is named, and nothing of the run's own is."""

from pathlib import Path
from typing import Any

import pytest

from sophia_infra.agent.editing import Places, edits_of
from sophia_infra.agent.execution.preview import Previewed
from sophia_infra.agent.execution.reach import beyond
from sophia_infra.agent.operations import Operation, SetRecords, SetSetting
from sophia_infra.report import Report
from sophia_infra.report.document import Preview, Step
from sophia_infra.report.model import Standing

TEXT = "@ 3600 NS ns1.dns.example.\nblog 300 A 192.0.2.{}\nwww 300 A 192.0.2.{}\n"
ZONE, BANK = (f"urn:pulumi:dev::shop::pulumi-python:dynamic/sophia:ZoneRecords::{name}" for name in ("shop", "bank"))
DATABASE, PROVIDER = "urn:pulumi:dev::shop::aws:rds:Instance::db", "urn:pulumi:dev::shop::pulumi:providers:aws::default"


def zone(urn: str, domain: str, before: tuple[int, int], after: tuple[int, int]) -> Step:
    old, new = ({"domain": domain, "text": TEXT.format(*last)} for last in (before, after))
    return Step("update", urn, old, new)


def found(*steps: Step) -> Previewed:
    return Previewed(Preview(steps, (), ()), Report("shop/dev", Standing.APPROVE))


@pytest.mark.parametrize(
    ("steps", "others"),
    [
        ([zone(ZONE, "shop.example", (1, 2), (1, 9))], ()),
        ([zone(ZONE, "shop.example", (1, 2), (8, 9))], ("shop.example blog A",)),
        (
            [zone(ZONE, "shop.example", (1, 2), (1, 9)), zone(BANK, "bank.example", (1, 2), (1, 3))],
            ("bank.example www A",),
        ),
        (
            [
                zone(ZONE, "shop.example", (1, 2), (1, 9)),
                Step("update", DATABASE, {}, {}),
                Step("update", PROVIDER, {}, {}),
            ],
            (DATABASE,),
        ),
        ([zone(BANK, "bank.example", (1, 2), (1, 2))], (BANK,)),
    ],
)
def test_what_no_edit_is_about_is_named(tmp_path: Path, steps: list[Step], others: tuple[str, ...]) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    text = "$TTL 1h\n@ IN NS ns1.dns.example.\nblog 5m IN A 192.0.2.1\nwww 5m IN A 192.0.2.2\n"
    (tmp_path / "shop.example.zone").write_text(text)
    places = Places(tmp_path, "dev")

    def named(*operations: Operation, **more: Any) -> tuple[str, ...]:
        return beyond(found(*steps), places, operations, edits_of(places, operations), **{"is_more": False, **more})

    www = SetRecords("Shop.Example.", "WWW", "a", ("192.0.2.9",))
    assert named(www) == others
    assert named(www, SetSetting("shop:replicas", "4")) == ()
    assert DATABASE not in named(www, is_more=True)
