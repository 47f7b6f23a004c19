"""What a run says of a case: the walk that every resource takes in `check`, on a zone in a file or a certificate."""

import contextlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from evaluation.cases import Case
from sophia_infra import advised
from sophia_infra.advice.claude.budget import Call
from sophia_infra.advice.claude.spec import ClaudeSpec
from sophia_infra.advice.model import Advice, Edit, Level, Request, Verdict
from sophia_infra.advised.limits import BeyondLimitsError
from sophia_infra.changes import Exposure
from sophia_infra.codec import decode
from sophia_infra.dns.backends.zone_file import ZoneFile
from sophia_infra.dns.lifecycle.check import check
from sophia_infra.dns.reader import ZoneTextError, refuse_unloadable
from sophia_infra.dns.renewals.foretold import foretold
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.journal import Journal
from sophia_infra.probes.addresses import Answer, Question
from sophia_infra.reporter import STDERR
from sophia_infra.settings import Settings
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.check import CheckedCertificate
from sophia_infra.tls.choice import Met
from sophia_infra.tls.facts import Facts
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.preflight.judge import judge
from sophia_infra.tls.preflight.look import Seen, questions
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.state import CertificateState

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case.

    Attributes:
        advice: what was advised; None where the records could not even be read.
        refused: the code of the refusal, empty where the run went through.
        codes: of the findings, each with its level, but of those that are older than the change.
        request: what the advisor was told of it.
        published: what would be applied, as JSON; empty where the run was refused.
        call: what the model took, None where none was asked.
    """

    exposure: Exposure
    codes: tuple[tuple[str, Level], ...]
    refused: str = ""
    advice: Advice | None = None
    request: Request | None = None
    published: str = ""
    call: Call | None = None

    @property
    def verdict(self) -> Verdict:
        """What the run tells the person as a whole: stopped, told that something is grave, or passed without a word."""
        if self.refused or self.advice is None:
            return Verdict.BLOCK
        return max(self.advice.verdict, Verdict.CAUTION if self.exposure >= Exposure.HIGH else Verdict.APPROVE)

    @property
    def proposed(self) -> tuple[Edit, ...]:
        """The edits that a person may approve."""
        return tuple(edit for edit in (self.advice.edits if self.advice else ()) if edit.state == "proposed")

    @property
    def bytes(self) -> str:
        """All that a second run must say again, byte by byte."""
        body = self.advice.to_body() if self.advice else {}
        return json.dumps([self.refused, self.published, body], sort_keys=True, default=str)


def outcome(case: Case, folder: Path, claude: ClaudeSpec | None = None, run: str = "evaluation") -> Outcome:
    """Return what a run says of a case, by the rules, and by a model beside them where one is named.

    `folder` MUST be new: a journal would say again what it knows, and a run has used what it used there.
    """
    folder.mkdir(parents=True)
    settings, journal = Settings(probe=False, claude=claude), Journal.open(folder)
    checked = _certificate if case.certificate else _zone
    with _at(folder, run):
        try:
            refused, published = "", json.dumps(checked(case, folder, settings, journal), sort_keys=True, default=str)
        except BeyondLimitsError as error:
            refused, published = error.code, ""
        except ZoneTextError as error:
            codes = tuple((problem.code, Level.ERROR) for problem in error.problems)
            return Outcome(Exposure.NONE, codes, error.code)
        return _told(journal, refused, published)


def _told(journal: Journal, refused: str, published: str) -> Outcome:
    [advice], [request] = journal.newest(Advice, 1), journal.newest(Request, 1)
    call = next(iter(journal.newest(Call, 1)), None)
    return Outcome(
        exposure=Exposure.parse(request.row.facts["exposure"]),
        codes=tuple((finding.code, finding.level) for finding in advice.row.findings if not finding.old),
        refused=refused,
        advice=advice.row,
        request=request.row,
        published=published,
        call=call.row if call else None,
    )


@contextlib.contextmanager
def _at(folder: Path, run: str) -> Iterator[None]:
    """Run at the time of all cases, with files of its own, and in silence."""
    told = {"SOPHIA_NOW": NOW.isoformat(), "SOPHIA_HOME": str(folder), "SOPHIA_RUN": run}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        STDERR.forget()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _zone(case: Case, folder: Path, settings: Settings, journal: Journal) -> dict[str, Any]:
    refuse_unloadable(case.after, case.origin)  # as the program does when it reads its records
    file = ZoneFile(case.origin, folder / "zone")
    file.path.write_text(case.before)
    source, was = (with_serial(text, 0) for text in (case.after, case.before))
    spec = ZoneSpec(case.origin, source, label="zone", protect=case.protect, issuers=case.issuers, settings=settings)
    return check(spec, ZoneState(case.origin, was, label="zone"), journal, file)


def _certificate(case: Case, folder: Path, settings: Settings, journal: Journal) -> dict[str, Any]:
    return advised.check(_Certificate.of(case.certificate, settings), journal)


_CAA_IDENTITY = "caa_identity"


@dataclass
class _Certificate(CheckedCertificate):
    """A certificate whose issuer holds what the case says. `public` is what is true of a CA that browsers trust, and
    `caa` the records of its zone, as lines.
    """

    held: Issued | None = None
    public: dict[str, Any] = field(default_factory=dict)
    caa: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Any, settings: Settings) -> "_Certificate":
        now = given.get("now", NOW)
        spec = CertificateSpec.from_inputs({"label": "case", "csr_pem": "request", **given["asked"]})
        held = _issued(given["held"]) if "held" in given else None
        state = CertificateState(True, 1, "request", schedule=spec.schedule, spec=spec) if held else CertificateState()
        caa = tuple(given["asked"].get("caa", ()))
        return cls(spec, state, settings, now, held=held, public=given.get("issuer", {}), caa=caa)

    @cached_property
    def due(self) -> Plan:
        return Plan.make(self.spec, self.held, self.now, self.state.generation)

    @cached_property
    def facts(self) -> Facts:
        known = {name: value for name, value in self.public.items() if name != _CAA_IDENTITY}
        return replace(Facts.of(self.renewal, self.now), **known)

    def _look(self, turn: CertificateSpec) -> Met:
        """What the case's CAA records say to the CA that it names; everything else is as it should be."""
        names, identity = tuple(self.public.get("domains", turn.domains)), self.public.get(_CAA_IDENTITY)
        zone = LazyNames("".join(f"{line}\n" for line in self.caa), turn.zone)
        told = foretold(zone, questions(names, ""), is_whole=True)
        answers = {Question(*asked.split(" ")): decode(Answer, answer) for asked, answer in told.items()}
        seen = Seen(names[0], names, frozenset([identity] if identity else ()), answers=answers)
        return Met(seen, tuple(judge(seen)))


def _issued(given: dict[str, Any]) -> Issued:
    begins, ends = given["not_before"], given["not_after"]
    names, key = tuple(given["domains"]), given.get("key_type", "ecdsa-p256")
    facts = Certificate("0A", names, key, begins, ends, "ab" * 32, "CN=issuer")
    return Issued(1, facts, "leaf", "chain", "root", given.get("withdrawn", ""))
