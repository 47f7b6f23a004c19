"""Putting a certificate's deployment right: the files, then the server; then seeing that it is served."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Self

from sophia_infra import clock
from sophia_infra.advice.model import Finding
from sophia_infra.changes import fingerprint
from sophia_infra.delivery import reload
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.probes.handshakes import Shown
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.retries import again
from sophia_infra.tls import setbacks
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.deploy import DeployError, DeploySettings
from sophia_infra.tls.deploy.files import CURRENT, FULL, KEY, LEAF, Files, version
from sophia_infra.tls.endpoints import Endpoint, look, looked
from sophia_infra.tls.endpoints.judge import judge, serves
from sophia_infra.tls.endpoints.lists import withdrawn
from sophia_infra.tls.events import CertificateEvent, Event, is_revoked, note
from sophia_infra.tls.issuers import open_issuer
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.when.renewal import emergency
from sophia_infra.values import Value

log = logging.getLogger(__name__)
PAIR = ("private_key_pem", "certificate_pem", "chain_pem")
"""The inputs that are deployed; the first is secret."""
_ATTEMPTS, _PAUSE = 5, 0.3
"""How often endpoints are asked after a reload, and the first pause in seconds, each twice the one before."""
_Look = tuple[Endpoint, Shown]


class _NotYet(Exception):  # noqa: N818  # an answer to a question, and no error of this program
    """Not all endpoints serve the certificate."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A certificate that is to be in use, as the inputs say it; `version` holds its files by name."""

    spec: CertificateSpec
    files: Files
    version: Mapping[str, str]
    generation: int
    serial_number: str

    @classmethod
    def read(cls, props: Mapping[str, Any]) -> Self:
        """Read the inputs, which MUST be known.

        Raises:
            DeployError: a setting is not allowed.
        """
        made = version(*(str(props[name]) for name in PAIR))
        generation, serial = int(props.get("generation") or 1), str(props.get("serial_number") or "")
        return cls(CertificateSpec.from_inputs(props), files_of(props), made, generation, serial)

    @property
    def target(self) -> str:
        """What stands for the certificate, and for where and how it is deployed."""
        return fingerprint(f"{self.version[FULL]}{self.files.settings}{self.spec.endpoints}")

    @property
    def looked(self) -> Sequence[_Look]:
        """What its endpoints showed before anything was done in this run."""
        return looked(self.spec.endpoints, self.version[LEAF]) if self.spec.endpoints else ()

    def findings(self, now: datetime) -> Iterator[Finding]:
        """Yield what is wrong where it is served."""
        for place, shown in self.looked:
            yield from judge(place, shown, self.version[FULL], now)


def deploy(props: Mapping[str, Any], journal: Journal, reporter: Reporter = STDERR, *, is_new: bool) -> tuple[str, ...]:
    """Put a deployment right: the files, then the server; then see that it is served. Return where it is not, in words.

    `is_new` says that this certificate was not deployed before: where it does not come to be served, the one before it
    is taken into use again, as long as that is good. Only an endpoint that showed the one in use until now can tell.

    Raises:
        DeployError: it does not come to be served. It is tried again by a later run, see `setbacks`.
    """
    asked = Deployment.read(props)
    spec, files = asked.spec, asked.files
    if not _is_pair(asked.version):
        told = f"the key of {spec.label} is not that of its certificate, so nothing is deployed; run `pulumi up` again"
        raise DeployError(told, code="deploy-mismatched", subject=spec.label)
    log.debug("certificate of %s: deploys generation %d to %s", spec.label, asked.generation, files.folder)
    tell = partial(_tell, journal, asked, reporter)
    answered = [(place, shown) for place, shown in asked.looked if not shown.why]
    looked.cache_clear()
    before = files.used()
    if files.fault(asked.version):
        files.install(asked.version)
    elif is_new:
        before = files.previous()
    try:
        others = _brought_into_use(asked, answered, before)
    except DeployError as error:
        event = setbacks.failure(journal, spec, asked.generation, error, clock.now(), asked.target)
        note(journal, spec.label, event, reporter)
        done, again_at = _given_way(asked, journal, tell, is_new=is_new), f"{event.until:%Y-%m-%d %H:%M} UTC"
        told = f"{error}; {done}; the next try is due at {again_at}, and orders nothing"
        raise DeployError(told, code=error.code, field=error.field, subject=error.subject) from None
    tell(Event.DEPLOYED)
    if answered and not others:
        tell(Event.VERIFIED)
    hint = f"give its server the certificate, if it does not read {files.folder / CURRENT}"
    return tuple(f"{_told(*each)}; {hint}" for each in others)


def _brought_into_use(asked: Deployment, answered: Sequence[_Look], before: Mapping[str, str]) -> list[_Look]:
    """Have the server read the files, and return the places that tell nothing of it and do not serve them."""
    command = asked.files.settings.reload
    if why := command and reload.run(command):
        folder = str(asked.files.folder)
        raise DeployError(f"deploy.reload failed: {why}", code="reload-failed", field="deploy.reload", subject=folder)
    left = _unserved([place for place, _ in answered], asked.version[LEAF])
    lost = _lost(_showing(answered, before), left, before)
    if lost:
        told = f"{'; '.join(_told(*each) for each in lost)} after it was deployed"
        raise DeployError(told, code="not-served", field="endpoints", subject=asked.spec.subject)
    return left


def _lost(readers: Sequence[Endpoint], left: Sequence[_Look], before: Mapping[str, str]) -> list[_Look]:
    """Return what of `left` tells that the server of these files does not serve the certificate.

    `readers` showed the version `before`. One that still does has files of its own, where another reader has moved on.
    """
    lost = [(place, shown) for place, shown in left if place in readers]
    still = _showing(lost, before) if len(lost) < len(readers) else ()
    return [(place, shown) for place, shown in lost if place not in still]


def _showing(found: Sequence[_Look], files: Mapping[str, str]) -> list[Endpoint]:
    """Return the places that show the certificate of a version; none where it has none, or one that can't be read."""
    try:
        return [place for place, shown in found if serves(shown, files.get(LEAF, ""))]
    except ValueError:
        return []


def _told(place: Endpoint, shown: Shown) -> str:
    return f"{place.given} {shown.why or 'serves another certificate'}"


def _given_way(asked: Deployment, journal: Journal, tell: Callable[[Event], None], *, is_new: bool) -> str:
    """Take the version before into use again, where it is good, and return what became of it, in words."""
    files = asked.files
    if not is_new or not is_good(files.previous(), asked.spec, journal):
        return "it stays in use"
    files.roll_back()
    fault = files.settings.reload and reload.run(files.settings.reload)
    tell(Event.ROLLED_BACK)
    return f"the version before it is in use again{fault and f', but {fault}'}"


def _unserved(places: Sequence[Endpoint], certificate: str) -> list[_Look]:
    """Return which places do not serve a certificate once a server has had its time, and what they show."""
    left: list[_Look] = []

    def ask() -> None:
        left[:] = [(place, shown) for place, shown in look(tuple(places)) if not serves(shown, certificate)]
        if left:
            raise _NotYet

    with suppress(_NotYet):
        again(_NotYet, ask, attempts=_ATTEMPTS, pause=_PAUSE)
    return left


def _tell(journal: Journal, asked: Deployment, reporter: Reporter, what: Event) -> None:
    event = CertificateEvent.of(what, asked.spec, asked.generation, serial_number=asked.serial_number)
    note(journal, asked.spec.label, event, reporter)


def is_good(files: Mapping[str, str], spec: CertificateSpec, journal: Journal) -> bool:
    """Whether a version may serve on: a key and its certificate, not revoked, with time left to try the next again."""
    held = Certificate.read(files[LEAF]) if FULL in files and _is_pair(files) else None
    if held is None or clock.now() >= emergency(held.not_before, held.not_after):
        return False
    named = spec.revocation and spec.revocation.serial_number == held.serial_number
    if named or is_revoked(journal, spec.label, held.serial_number):
        return False
    own: tuple[str, ...] = ()
    with suppress(SophiaError):  # of a folder that can't be read nobody knows
        own = open_issuer(spec.issuer).lists()
    return not ((own or spec.endpoints) and withdrawn(files[FULL], own, clock.now()))


def _is_pair(files: Mapping[str, str]) -> bool:
    from sophia_infra.tls import keys  # it takes long to load

    try:
        return keys.holds(files.get(KEY, ""), Certificate.read(files.get(LEAF, "")).public_key_sha256)
    except SophiaError:
        return False


def files_of(props: Mapping[str, Any]) -> Files:
    """Return the folder that the inputs name."""
    return Files(DeploySettings.read(Value("deploy", props.get("deploy"), DeployError)))
