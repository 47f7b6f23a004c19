"""What is proposed for a finding: the lines that go, and those that come."""

from dataclasses import dataclass, field

from sophia_infra.advice.model import Edit, Finding
from sophia_infra.dns.edits import with_edits
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.linter import judge
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import from_text, to_text
from sophia_infra.dns.zone.index import Zone
from tests.dns.lint.cases.case import ORIGIN, records_of


@dataclass(frozen=True, slots=True)
class Mended:
    """In the frame less `without`, `lines` lose some and get others for `code`; `until` ends it."""

    code: str
    lines: str
    lost: str = ""
    new: str = ""
    until: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    origin: str = ORIGIN
    beside: dict[str, str] = field(default_factory=dict)
    issuers: tuple[str, ...] = ()

    @property
    def zone(self) -> Zone:
        beside = [Zone(read(f"{lines}\n", name, default_ttl=3600).records, name) for name, lines in self.beside.items()]
        return Zone(records_of(self.lines, self.without, self.origin), self.origin, beside=beside, issuers=self.issuers)

    def proposed(self) -> list[Edit]:
        """Return the edits that are proposed for the findings with this code, and no others."""
        found = judge(self.zone)
        return [edit for edit in proposals(found, self.zone) if causes(edit, found) == {self.code}]

    def canonical(self, lines: str) -> list[str]:
        return [str(record) for record in read(f"{lines}\n", self.origin, default_ttl=3600).records] if lines else []


def causes(edit: Edit, found: list[Finding]) -> set[str]:
    """Return the codes of the findings that an edit is for."""
    return {finding.code for finding in found if (finding.message, finding.subject) == (edit.why, edit.subject)}


def assert_sound(edits: list[Edit], zone: Zone) -> None:
    """Assert that with edits each of their findings is gone and no other has come."""
    text, done = with_edits(to_text(zone.records), edits, zone.origin)
    assert {edit.state for edit in done} <= {"applied"}
    before, after = judge(zone), judge(zone.holding(from_text(text)))
    keys = [(finding.code, finding.subject) for finding in before]
    left = [(finding.code, finding.subject) for finding in after]
    mended = [(code, edit.subject) for edit in edits for code in causes(edit, before)]
    assert all(left.count(key) <= keys.count(key) for key in left)
    assert all(left.count(key) < keys.count(key) for key in mended)
