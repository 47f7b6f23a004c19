"""What the next renewal of a certificate needs of zones: said by the program, and kept in the journal by each order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from sophia_infra import suffixes
from sophia_infra.changes import fingerprint
from sophia_infra.codec import decode, encode
from sophia_infra.journal import Journal, JournalError, Kind, Row
from sophia_infra.reporter import STDERR, Reporter

MOST = 1000
"""How many certificates of one registrable domain are looked at, gone ones among them; beyond it, that is told."""
FORGOTTEN = timedelta(days=30)
"""So long after its end nobody expects a certificate to be renewed any more."""


@dataclass(frozen=True, slots=True)
class Renewal(Row):
    """How a certificate was ordered last, or will be; the row's key is a registrable domain and the label.

    Attributes:
        certificate: its label, `web/prod/shop`.
        names: those that it is for, wildcards with their `*.`.
        directory: of the CA that was asked.
        issuers: what CAA records call that CA; empty where that is not known.
        method: how the names are shown, as RFC 8657 calls it: `dns-01`.
        account: the URI of our account there; empty where that is not known.
        zones: the zones that proofs are written to; none where that is not known, or nothing is written.
        ends: when the certificate that stands ends; None where that is not known.
        stands: whether it is there still.
    """

    KIND: ClassVar = Kind.EVENT
    RESOURCE: ClassVar = "renewal"

    certificate: str
    names: tuple[str, ...] = ()
    directory: str = ""
    issuers: tuple[str, ...] = ()
    method: str = ""
    account: str = ""
    zones: tuple[str, ...] = ()
    ends: datetime | None = None
    stands: bool = True

    @property
    def called(self) -> tuple[str, str]:
        """What the program knows it by: the project with the stack, and its name, whatever it stands below."""
        project, _, rest = self.certificate.partition("/")
        stack, _, name = rest.partition("/")
        return f"{project}/{stack}", name.rpartition("::")[2]

    @property
    def issuer(self) -> str:
        """What people know the CA by."""
        return ", ".join(self.issuers) or self.directory

    @classmethod
    def of_inputs(cls, given: Iterable[Mapping[str, Any]]) -> tuple[Self, ...]:
        """Read what the program says of its certificates."""
        return tuple(decode(cls, each) for each in given)


def note(journal: Journal, renewal: Renewal, before: Sequence[str] = (), reporter: Reporter = STDERR) -> None:
    """Keep what an order rested on, for the zones of its names; of the names `before` it is told that they are gone."""
    domains, gone = (_domains(names) for names in (renewal.names, before))
    try:
        for domain in domains:
            journal.write(f"{domain} {renewal.certificate}", renewal)
        for domain in gone:
            if domain not in domains:
                journal.write(f"{domain} {renewal.certificate}", replace(renewal, stands=False))
    except JournalError as error:
        reporter.say_once(f"{renewal.certificate}: what it renews by is not journaled: {error}")


def last(journal: Journal, certificate: str, names: Sequence[str]) -> Renewal | None:
    """Return what the last order of a certificate rested on; None where the journal here does not know."""
    try:
        rows = [journal.last(Renewal, f"{domain} {certificate}") for domain in _domains(names)]
    except JournalError:
        return None
    return next((row.row for row in rows if row), None)


def known(
    said: Sequence[Renewal], domain: str, journal: Journal, now: datetime, reporter: Reporter = STDERR
) -> tuple[Renewal, ...]:
    """Return the certificates that renew by a zone: what the program says of its own, and the journal of all others.

    What the journal knows of a program's own is taken for what the program can't say: the CA's name, the account.
    """
    beginning = f"{suffixes.organisation(domain)} "
    try:
        keys = journal.keys(Renewal, beginning, MOST + 1)
        if len(keys) > MOST:
            reporter.say_once(f"more than {MOST} certificates have renewed by {domain}; the rest is not looked at")
        rows = [row.row for key in keys[:MOST] if (row := journal.last(Renewal, key, foreign=True))]
    except JournalError as error:
        reporter.say_once(f"which other certificates renew by {domain} is not known: {error}")
        rows = []
    standing = {row.called: row for row in rows if row.stands and (row.ends is None or now < row.ends + FORGOTTEN)}
    mine = {renewal.called: _filled(renewal, standing.get(renewal.called)) for renewal in said}
    return tuple({**standing, **mine}.values())


def _filled(said: Renewal, kept: Renewal | None) -> Renewal:
    if kept is None:
        return said
    filled = replace(said, certificate=kept.certificate, zones=said.zones or kept.zones, ends=kept.ends)
    if kept.directory != said.directory:
        return filled
    return replace(filled, issuers=said.issuers or kept.issuers, account=said.account or kept.account)


def digest(renewals: Sequence[Renewal]) -> str:
    """Return what stands for them in a request for advice; nothing for none."""
    return fingerprint(str(sorted(map(str, map(encode, renewals))))) if renewals else ""


def _domains(names: Sequence[str]) -> list[str]:
    return sorted({suffixes.organisation(name.removeprefix("*.")) for name in names})
