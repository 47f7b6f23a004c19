"""What an order will meet: in the zone of the program as it will be, else by a resolver, and where proofs are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sophia_infra import clock
from sophia_infra.codec import decode
from sophia_infra.credentials import Credentials
from sophia_infra.dns.aliases import asked_once
from sophia_infra.dns.renewals import CONNECTING, LABELS
from sophia_infra.dns.renewals.foretold import ASK
from sophia_infra.journal import Journal
from sophia_infra.probes.addresses import TYPES, Answer, Question, answers_to
from sophia_infra.settings import Settings
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.names import address, base, climbed
from sophia_infra.tls.preflight.counted import limits_of
from sophia_infra.tls.preflight.rates import Reached
from sophia_infra.tls.preflight.renewals import account_of
from sophia_infra.tls.spec import CertificateSpec

OFF = Answer(why="sophia:probe is off")
CAA, PROOF = "CAA", "TXT"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked up for an order, as data.

    Attributes:
        subject: the certificate's first name.
        names: the DNS names that are asked for; CAA binds no addresses.
        issuers: what CAA records call the CA; empty where it does not say so.
        method: how names are shown, as RFC 8657 calls it.
        account: the URI of our account there; empty while it is not known.
        public: whether it is a CA that everybody trusts, which sees the public DNS alone.
        answers: what names answer; `foretold` are those that the zone of this program will give.
        zone, servers: the zone of this program that proofs are written to, and its name servers as it has them.
        zones: all zones that proofs are written to.
        leads: by the names below which proofs are looked for, what aliases in the zone of this program lead to;
            `answers` by the former say where that leads on.
        unready: why proofs can't be shown; empty where nothing is in the way.
        reached: the CA's rate limits that the order would go beyond.
    """

    subject: str = ""
    names: tuple[str, ...] = ()
    issuers: frozenset[str] = frozenset()
    method: str = ""
    account: str = ""
    public: bool = False
    answers: Mapping[Question, Answer] = field(default_factory=dict)
    foretold: frozenset[Question] = frozenset()
    zone: str = ""
    servers: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    leads: Mapping[str, str] = field(default_factory=dict)
    unready: str = ""
    reached: tuple[Reached, ...] = ()

    def at(self, name: str, rtype: str) -> Answer:
        """Return what a name answers; OFF where it was not asked."""
        return self.answers.get(Question(f"{name}.", rtype), OFF)


def questions(domains: Iterable[Any], method: Any) -> list[Question]:
    """Return what has to be known of names: CAA of each and of all above it, and where a CA connects or looks."""
    names = [base(name) for name in domains if isinstance(name, str) and not address(name)]
    above = {at for name in names for at in climbed(name)}
    asked = {Question(f"{at}.", CAA) for at in above}
    asked |= {Question(f"{name}.", rtype) for name in names for rtype in TYPES if str(method) in CONNECTING}
    if label := LABELS.get(str(method)):
        asked |= {Question(f"{label}.{name}.", PROOF) for name in names}
    return sorted(asked)


def look(
    spec: CertificateSpec,
    issuers: Iterable[str],
    settings: Settings,
    journal: Journal,
    credentials: Credentials,
    *,
    replaces: bool = False,
) -> Seen:
    """Look up what an order of a certificate will meet, within a few seconds; every phase of a run gets the same.

    `replaces` says that it takes the place of one of the same CA.
    """
    method = spec.challenge.kind if spec.challenge else ""
    asked = questions(spec.domains, method)
    told = {question: found for question in asked if (found := spec.answers.get(" ".join(question))) is not None}
    # Where aliases lead out of the zone, what they lead to is asked for in place of the name.
    led = {question: Question(str(found[ASK]), question.type) for question, found in told.items() if ASK in found}
    known: dict[Question, Answer] = {at: decode(Answer, found) for at, found in told.items() if at not in led}
    meant = {question: led.get(question, question) for question in asked if question not in known}
    delegation = Question(f"{spec.zone}.", "NS")
    own = spec.answers.get(" ".join(delegation), {}) if method in LABELS and spec.issuer.public else {}
    if own:  # whether the public DNS knows that zone by the same servers
        meant[delegation] = delegation
    answers = _asked(sorted(set(meant.values())), spec, settings, journal)
    return Seen(
        subject=spec.subject,
        names=tuple(name for name in spec.domains if not address(name)),
        issuers=frozenset(issuers),
        method=str(method),
        account=account_of(journal, spec),
        public=spec.issuer.public is not None,
        answers=known | {question: answers.get(asked, OFF) for question, asked in meant.items()},
        foretold=frozenset(known),
        zone=spec.zone,
        zones=tuple(zone.domain for zone in spec.challenge.zones) if spec.challenge else (),
        leads={question.name.rstrip("."): to.name for question, to in led.items() if question.type == PROOF},
        servers=tuple(own.get("addresses", ())),
        unready=_unready(spec.challenge, credentials) if spec.challenge else "",
        reached=limits_of(spec, journal, clock.now(), replaces=replaces),
    )


def _asked(
    asked: list[Question], spec: CertificateSpec, settings: Settings, journal: Journal
) -> Mapping[Question, Answer]:
    if not asked or not settings.probe:
        return {}
    ask = partial(answers_to, asked, settings.resolver)
    return asked_once([spec.label, *map(list, asked)], settings, journal, ask, f"the names of {spec.subject}")


def _unready(challenge: ChallengeSettings, credentials: Credentials) -> str:
    """Return why proofs can't be shown, as far as can be told with nothing changed."""
    from sophia_infra.tls.challenges import open_solver

    solver = open_solver(challenge, credentials)
    try:
        getattr(solver, "refuse_unready", lambda: None)()
    except IssuerError as error:
        return str(error)
    return ""
