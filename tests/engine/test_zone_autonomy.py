"""Edits that a level of autonomy applies by itself: within its numbers, on its word, and no more after a failure."""

import json
from typing import Any

import pytest

from tests.engine.test_zone_approval import newest_advice, sophia
from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine


def quoted_twice(*names: str) -> list[dict[str, Any]]:
    """The usual records, and texts whose quotes have quotes of their own: an edit of low exposure mends each."""
    return [*RECORDS, *({"name": name, "type": "TXT", "values": [f'"\\"check={name}\\""']} for name in names)]


def mended(workspace: Workspace) -> list[str]:
    lines = master_file(workspace).read_text().splitlines()
    return [line.split(" ")[0] for line in lines if ' TXT "check=' in line]


def edits(workspace: Workspace) -> list[tuple[str, str]]:
    inputs = workspace.resources(":ZoneRecords")[0]["inputs"]
    return [(edit["subject"], edit["word"]) for edit in inputs.get("edits", [])]


def test_limited_applies_edits_within_its_numbers_and_says_on_whose_word(standing: Workspace) -> None:
    standing.config("sophia:autonomy", "limited")
    standing.config("sophia:autonomyLimits", '{"per_day": 2}')
    zone_program(standing, quoted_twice("a", "b", "c"))
    pack = REPO / "policies" / "blast_radius"
    packed = ("--policy-pack", str(pack), "--policy-pack-config", str(pack / "prod.json"))
    stopped = standing.preview(*packed, check=False)
    assert stopped.returncode != 0
    assert "The level of autonomy is limited; maxAutonomy is suggest. Set it: pulumi config set" in stopped.text
    shown = standing.preview().text
    assert "approved edits stand in for what the program says: a TXT (sophia:autonomy limited), b TXT (soph" in shown
    assert "sophia:autonomy limited leaves c TXT to a person: " in shown
    assert "sophia:autonomyLimits.per_run is 3, per_day is 2, and" in shown
    assert "1 edit proposed" in shown
    standing.up()
    assert mended(standing) == ["a", "b"]
    assert edits(standing) == [("a TXT", "sophia:autonomy limited"), ("b TXT", "sophia:autonomy limited")]
    _, first = json.loads(sophia(standing, "advice", "list", "--json").stdout)["advice"][:2]
    told = sophia(standing, "advice", "explain", first["id"]).stdout
    assert told.count("applied on the word of sophia:autonomy limited, ") == 2
    assert "approve the advice that it shows (sophia advice list)\n" in told


def test_a_failed_verification_takes_the_level_back_until_a_person_raises_it(standing: Workspace) -> None:
    standing.config("sophia:autonomy", "limited")
    zone_program(standing, quoted_twice("a"))
    shown = standing.up().text
    assert "leaves a TXT to a person: no preview of this `pulumi up` showed them, so run" in shown
    assert mended(standing) == []
    standing.pulumi("up", "--yes")
    assert mended(standing) == ["a"]
    assert edits(standing) == [("a TXT", "sophia:autonomy limited")]
    assert "applies" not in standing.resources(":ZoneRecords")[0]["inputs"]
    file = master_file(standing)
    file.write_text(file.read_text().replace('"check=a"', '"\\"check=a\\""'))
    zone_program(standing, quoted_twice("a", "b"))
    told = "sophia:autonomy is limited, and demo/test goes by suggest since "
    shown = standing.preview().text
    assert told in shown
    assert "the edit of a TXT is not live after its apply; once that is understood: sophia advice raise demo/t" in shown
    standing.up()
    assert mended(standing) == ["a"]

    raised = sophia(standing, "advice", "raise")
    assert raised.returncode == 0, raised.stderr
    assert "demo/test went by suggest" in raised.stdout
    assert told not in standing.pulumi("up", "--yes").text
    assert mended(standing) == ["a", "b"]
    standing.preview("--expect-no-changes")


def test_an_approval_in_a_file_of_the_repository_holds_where_no_journal_knows_it(standing: Workspace) -> None:
    zone_program(standing, quoted_twice("a"))
    standing.config("sophia:approvals", "approvals.yaml")
    file = standing.write("approvals.yaml", "")
    standing.preview()
    chosen = ("--file", str(file), "--only", "a TXT", "--why", "agreed with the mail team", "--yes")
    done = sophia(standing, "advice", "approve", newest_advice(standing), *chosen)
    assert done.returncode == 0, done.stderr
    standing.env["SOPHIA_JOURNAL"] = str(standing.root / "journal-of-ci")
    told = "approved edits stand in for what the program says: a TXT ("
    shown = standing.preview().text
    assert told in shown
    assert " (approvals.yaml))" in shown
    standing.pulumi("up", "--yes")
    assert mended(standing) == ["a"]
    assert "approvals.yaml:1: the approval of the edit of a TXT has served its purpose" in standing.preview().text
    file.write_text(file.read_text().replace("until:", "untill:"))
    stopped = standing.preview(check=False)
    assert stopped.returncode != 0
    assert "untill is no field of an approval; known are resource, stack, advice, base, subject, lines" in stopped.text
