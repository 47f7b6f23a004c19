"""What an order of a certificate in a state would meet at each of its issuers, were it to go out now; none does."""

from dataclasses import dataclass, replace

from sophia_infra.advice.model import Finding
from sophia_infra.credentials import Credentials
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from sophia_infra.tls.issuers import open_issuer
from sophia_infra.tls.of_state import Known
from sophia_infra.tls.preflight import BLOCKING
from sophia_infra.tls.preflight.judge import judge
from sophia_infra.tls.preflight.look import look
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.state import CertificateState


@dataclass(frozen=True, slots=True)
class Asked:
    """What one issuer would say: `refused` is why it takes no such order, and empty where it may.

    `issuer` is the directory of an ACME CA, or the folder of an embedded one, whose kind stands for the default.
    `findings` are those of docs/rules.md.
    """

    issuer: str
    refused: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def takes_it(self) -> bool:
        """Whether nothing is in the way that an order can't survive."""
        return not self.refused and not any(finding.code in BLOCKING for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Trial:
    """A certificate at its issuers, in their order. `is_clear` says that one of them takes the order.

    `unknown` says why nothing can be told.
    """

    name: str
    label: str
    is_clear: bool = False
    issuers: tuple[Asked, ...] = ()
    unknown: str = ""


def trial(known: Known, settings: Settings, journal: Journal, credentials: Credentials) -> Trial:
    """Return what an order would meet, by what the last run was asked for; CAs and name servers are asked."""
    told = Trial(known.name, known.label)
    try:
        spec = known.spec()
    except SophiaError as error:
        return replace(told, unknown=str(error))
    replaces = CertificateState.from_inputs(known.inputs).is_of(spec)
    found = tuple(_asked(turn, settings, journal, credentials, replaces=replaces) for turn in spec.turns)
    return replace(told, is_clear=any(each.takes_it for each in found), issuers=found)


def _asked(
    spec: CertificateSpec, settings: Settings, journal: Journal, credentials: Credentials, *, replaces: bool
) -> Asked:
    told = Asked(spec.issuer.directory or spec.issuer.folder or str(spec.issuer.kind))
    try:
        issuers = open_issuer(spec.issuer, spec.challenge).preflight(spec.domains, spec.lifetime)
        if not spec.challenge:
            return told
        seen = look(spec, issuers, settings, journal, credentials, replaces=replaces)
    except SophiaError as error:
        return replace(told, refused=str(error))
    return replace(told, findings=tuple(judge(seen)))
