"""A certificate's deployment: what is not as it should be, and putting it right."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from pulumi.output import contains_unknowns

from sophia_infra import advised, clock
from sophia_infra.advice.model import Edit, Finding
from sophia_infra.advised import About
from sophia_infra.changes import Changes, Exposure
from sophia_infra.changes.model import Reason, worst_first
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.probes.handshakes import Shown
from sophia_infra.retries import again
from sophia_infra.settings import Settings
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.deploy import DeployError, DeploySettings, reload
from sophia_infra.tls.deploy.files import CURRENT, FULL, KEY, LEAF, Files, version
from sophia_infra.tls.endpoints import Endpoint, look, looked
from sophia_infra.tls.endpoints.judge import HEALS, judge, serves
from sophia_infra.tls.events import CertificateEvent, Event, note
from sophia_infra.tls.spec import DECIDING, CertificateSpec
from sophia_infra.tls.when.renewal import emergency
from sophia_infra.values import Value

PAIR = ("private_key_pem", "certificate_pem", "chain_pem")
"""The inputs that are deployed; the first is secret."""
_ATTEMPTS, _PAUSE = 5, 0.3
"""How often endpoints are asked after a reload, and the first pause in seconds, each twice the one before."""
_Look = tuple[Endpoint, Shown]


class _NotYet(Exception):  # noqa: N818  # an answer to a question, and no error of this program
    """Not all endpoints serve the certificate."""


@dataclass
class CheckedDeployment:
    """A deployment as a resource that `advised.check` walks. Nothing is written here."""

    olds: Mapping[str, Any]
    news: Mapping[str, Any]
    settings: Settings

    @property
    def about(self) -> About:
        """Say who it is: the folder, wherever the program says it lies."""
        of_stack, location = self.settings, f"deployment {files_of(self.news).folder.resolve()}"
        return About("deployment", _subject(self.news), location, autonomy=of_stack.autonomy, claude=of_stack.claude)

    def plan(self, edits: Sequence[Edit]) -> advised.Plan:
        """Say what is not as it should be.

        Raises:
            DeployError: a setting is not allowed, or the folder can't be used.
        """
        files, exists = files_of(self.news), bool(self.olds)
        if self.news.get("csr"):
            told = "deploy needs the key, and that of a csr that the program gives is not here; take one of them out"
            raise DeployError(told, field="deploy")
        files.refuse_unusable()
        waiting = tuple(name for name in (*DECIDING, "endpoints", *PAIR) if contains_unknowns(self.news.get(name)))
        stale = [] if waiting else [f"{found.subject}: {found.message}" for found in self._stale()]
        whys = ["waits for its certificate, not known before the apply"] if waiting else [*self._whys(files), *stale]
        reasons = [Reason(Exposure.LOW, f"{_subject(self.news)} deployment", "deploy", why) for why in whys]
        changes = Changes(
            creates=int(not exists),
            updates=int(exists and bool(whys)),
            before=int(exists),
            after=1,
            source=(int(exists), 1),
            pending=waiting,
            exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
            reasons=worst_first(reasons),
            base=_hash(files.used().get(LEAF, "")),
        )
        digest = _hash("" if waiting else str(self.news["certificate_pem"]))
        claim = {"label": "", "deployment": str(self.news["label"])}
        due = tuple(f"what is served ({why})" for why in stale)
        facts, lines = {"desired": digest}, changes.reasons[1:]
        return advised.Plan(changes, digest, facts, claim=claim, late=True, lines=lines, dated=due)

    def _stale(self) -> list[Finding]:
        """Return what is wrong where it is served, as far as another reload may mend it."""
        spec = CertificateSpec.from_inputs(self.news)
        if not self.olds or not spec.endpoints or not files_of(self.news).settings.reload:
            return []
        wants, now = wanted(self.news)[FULL], clock.now()
        found = (judge(place, shown, wants, now) for place, shown in _looked(spec, self.news))
        return [finding for findings in found for finding in findings if finding.code in HEALS]

    def _whys(self, files: Files) -> Iterator[str]:
        if not self.olds:
            yield f"{files.folder / CURRENT} is to lead to it"
        elif fault := files.fault(wanted(self.news)):
            yield fault
        elif any(self.olds.get(name) != self.news[name] for name in PAIR[1:]):
            yield "an earlier run was cut off between the files and the server"

    def refuse_rivals(self, journal: Journal) -> None:
        """Refuse a second certificate in one folder: each would undo the other's.

        Raises:
            DeployError: there is one in this run.
        """
        run, mine = engine_run(), str(self.news["label"])
        rows = journal.of_run(advised.PlanRow, run, self.about.location, foreign=True) if run else []
        if rivals := sorted({str(row.row.claim.get("deployment") or mine) for row in rows} - {mine}):
            folder = files_of(self.news).folder
            told = f"deploy.files {folder} is that of {rivals[0]!r} and of {mine!r}; give each a folder of its own"
            raise DeployError(told, code="deploy-shared", field="deploy.files", subject=str(folder))


def deploy(props: Mapping[str, Any], journal: Journal, *, is_new: bool) -> tuple[str, ...]:
    """Put a deployment right: the files, then the server; then see that it is served. Return where it is not, in words.

    `is_new` says that this certificate was not deployed before: where it does not come to be served, the one before it
    is taken into use again, as long as that is good. Only an endpoint that showed the one in use until now can tell.

    Raises:
        DeployError: it does not come to be served. It is tried again by the next run.
    """
    spec, files, pair = CertificateSpec.from_inputs(props), files_of(props), wanted(props)
    if not _is_pair(pair):
        told = f"the key of {spec.label} is not that of its certificate, so nothing is deployed; run `pulumi up` again"
        raise DeployError(told, code="deploy-mismatched", subject=spec.label)
    tell = partial(_tell, journal, spec, props)
    answered = [(place, shown) for place, shown in _looked(spec, props) if not shown.why]
    looked.cache_clear()
    before = files.used()
    if files.fault(pair):
        files.install(pair)
        tell(Event.DEPLOYED)
    elif is_new:
        before = files.previous()
    command, error, others = files.settings.reload, None, []
    if why := command and reload.run(command):
        told = f"deploy.reload failed: {why}"
        error = DeployError(told, code="reload-failed", field="deploy.reload", subject=str(files.folder))
    else:
        left = _unserved([place for place, _ in answered], pair[LEAF])
        lost = _lost(_showing(answered, before), left, before)
        others = [each for each in left if each not in lost]
        if lost:
            told = f"{'; '.join(_told(*each) for each in lost)} after it was deployed"
            error = DeployError(told, code="not-served", field="endpoints", subject=spec.subject)
    if error:
        tell(Event.DEPLOY_FAILED, error)
        _roll_back(files, error, tell, is_new=is_new)
    elif answered and not others:
        tell(Event.VERIFIED)
    hint = f"give its server the certificate, if it does not read {files.folder / CURRENT}"
    return tuple(f"{_told(*each)}; {hint}" for each in others)


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


def _roll_back(files: Files, error: DeployError, tell: Callable[[Event], None], *, is_new: bool) -> None:
    """Take the version before into use again, where it is good, and raise the error that says what became of it."""
    done = "it stays in use"
    if is_new and _is_good(files.previous()):
        files.roll_back()
        fault = files.settings.reload and reload.run(files.settings.reload)
        done = f"the version before it is in use again{fault and f', but {fault}'}"
        tell(Event.ROLLED_BACK)
    told = f"{error}; {done}. The next `pulumi up` tries again and orders nothing"
    raise DeployError(told, code=error.code, field=error.field, subject=error.subject)


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


def _tell(
    journal: Journal, spec: CertificateSpec, props: Mapping[str, Any], what: Event, error: DeployError | None = None
) -> None:
    serial, generation = str(props.get("serial_number") or ""), int(props.get("generation") or 1)
    note(journal, spec.label, CertificateEvent.of(what, spec, generation, error, serial_number=serial))


def _looked(spec: CertificateSpec, props: Mapping[str, Any]) -> Sequence[_Look]:
    return looked(spec.endpoints, str(props["certificate_pem"])) if spec.endpoints else ()


def _is_good(files: Mapping[str, str]) -> bool:
    """Whether a version may come back: a key and its certificate, with time left to try the next one again."""
    held = Certificate.read(files[LEAF]) if _is_pair(files) else None
    return held is not None and clock.now() < emergency(held.not_before, held.not_after)


def _is_pair(files: Mapping[str, str]) -> bool:
    from sophia_infra.tls import keys  # it takes long to load

    try:
        return keys.holds(files.get(KEY, ""), Certificate.read(files.get(LEAF, "")).public_key_sha256)
    except SophiaError:
        return False


def files_of(props: Mapping[str, Any]) -> Files:
    """Return the folder that the inputs name."""
    return Files(DeploySettings.read(Value("deploy", props.get("deploy"), DeployError)))


def wanted(props: Mapping[str, Any]) -> dict[str, str]:
    """Return the files that are to be in use."""
    return version(*(str(props[name]) for name in PAIR))


def _subject(props: Mapping[str, Any]) -> str:
    domains = props.get("domains")
    return str(domains[0]) if isinstance(domains, list) and domains else str(props["label"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
