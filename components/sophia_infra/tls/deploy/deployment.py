"""A certificate's deployment: what is not as it should be, and putting it right."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi.output import contains_unknowns

from sophia_infra import advised, clock
from sophia_infra.advice.model import Edit
from sophia_infra.advised import About
from sophia_infra.changes import Changes, Exposure
from sophia_infra.changes.model import Reason, worst_first
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.deploy import DeployError, DeploySettings, reload
from sophia_infra.tls.deploy.files import CURRENT, Files, version
from sophia_infra.values import Value

PAIR = ("private_key_pem", "certificate_pem", "chain_pem")
"""The inputs that are deployed; the first is secret."""


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
        files.refuse_unusable()
        waiting = tuple(name for name in PAIR if contains_unknowns(self.news.get(name)))
        whys = ["waits for its certificate, not known before the apply"] if waiting else list(self._whys(files))
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
            base=_hash(files.used()),
        )
        digest = _hash("" if waiting else str(self.news["certificate_pem"]))
        claim = {"label": "", "deployment": str(self.news["label"])}
        return advised.Plan(changes, digest, {"desired": digest}, claim=claim, late=True, lines=changes.reasons[1:])

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


def deploy(props: Mapping[str, Any], journal: Journal) -> None:
    """Put a deployment right: the files, then the server.

    Raises:
        DeployError: it does not come to be served; the version before it is in use again, where there is a good one.
    """
    files = files_of(props)
    pair = wanted(props)
    if files.fault(pair):
        files.install(pair)
    command = files.settings.reload
    if why := command and reload.run(command):
        told = f"deploy.reload failed: {why}; {_rolled_back(files)}"
        raise DeployError(told, code="reload-failed", field="deploy.reload", subject=str(files.folder))


def _rolled_back(files: Files) -> str:
    """Take the version before into use again, where it is still good; return what became of it."""
    done = "no version before it is good, so it stays in use"
    if _is_good(files.previous()):
        files.roll_back()
        again = files.settings.reload and reload.run(files.settings.reload)
        done = f"the version before it is in use again{again and f', but {again}'}"
    return f"{done}. The next `pulumi up` tries again and orders nothing"


def _is_good(certificate: str) -> bool:
    try:
        return bool(certificate) and clock.now() < Certificate.read(certificate).not_after
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
