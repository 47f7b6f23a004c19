"""A certificate's deployment in `check`: what is not as it should be, and whether it is put right now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pulumi.output import contains_unknowns

from sophia_infra import advised, clock
from sophia_infra.advice.consult import RuleAdvisor
from sophia_infra.advice.model import Edit, Finding, Level
from sophia_infra.advised import About
from sophia_infra.changes import Changes, Exposure, fingerprint
from sophia_infra.changes.model import Reason
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from sophia_infra.tls import setbacks
from sophia_infra.tls.deploy import DeployError
from sophia_infra.tls.deploy.deployment import PAIR, Deployment, files_of, is_good
from sophia_infra.tls.deploy.files import CURRENT, LEAF, Files
from sophia_infra.tls.endpoints.judge import HEALS
from sophia_infra.tls.plan import RETRY, Setback
from sophia_infra.tls.spec import DECIDING


@dataclass
class CheckedDeployment:
    """A deployment as a resource that `advised.check` walks. Nothing is written here.

    Attributes:
        label: what the journal knows its certificate by.
        subject: the first of its names, else the label.
        files: where it goes.
        waiting: the inputs that are not known before the apply.
        asked: what is to be in use; None while some wait.
        exists: whether a run has deployed one.
        is_new: whether the one that a run has deployed last is another.
    """

    label: str
    subject: str
    files: Files
    waiting: tuple[str, ...]
    asked: Deployment | None
    exists: bool
    is_new: bool
    settings: Settings
    journal: Journal

    @classmethod
    def read(cls, olds: Mapping[str, Any], news: Mapping[str, Any], settings: Settings, journal: Journal) -> Self:
        """Read the inputs of the last run, none at all before the first one, and of this one.

        Raises:
            DeployError: a setting is not allowed, or the program has a request of its own.
        """
        if news.get("csr"):
            told = "deploy needs the key, and that of a csr that the program gives is not here; take one of them out"
            raise DeployError(told, field="deploy")
        label, domains = str(news["label"]), news.get("domains")
        waiting = tuple(name for name in (*DECIDING, "endpoints", *PAIR) if contains_unknowns(news.get(name)))
        return cls(
            label=label,
            subject=str(domains[0]) if isinstance(domains, list) and domains else label,
            files=files_of(news),
            waiting=waiting,
            asked=None if waiting else Deployment.read(news),
            exists=bool(olds),
            is_new=any(olds.get(name) != news.get(name) for name in PAIR[1:]),
            settings=settings,
            journal=journal,
        )

    @property
    def about(self) -> About:
        """Say who it is: the folder, wherever the program says it lies."""
        of_stack, location = self.settings, f"deployment {self.files.folder.resolve()}"
        return About("deployment", self.subject, location, autonomy=of_stack.autonomy, claude=of_stack.claude)

    def plan(self, edits: Sequence[Edit]) -> advised.Plan:
        """Say what is not as it should be.

        Raises:
            DeployError: the folder can't be used, or a first deploy failed just now.
        """
        asked = self.asked
        self.files.refuse_unusable()
        whys = ["waits for its certificate, not known before the apply"]
        stale = self._stale(asked) if asked else []
        if asked:
            whys = [*self._whys(asked), *stale]
        back = self._held_back(asked) if asked and whys else None
        reasons = [Reason(Exposure.LOW, f"{self.subject} deployment", "deploy", why) for why in whys if not back]
        base = fingerprint(used) if (used := self.files.used().get(LEAF)) else ""
        changes = Changes.of_one(reasons, base, self.waiting, exists=self.exists)
        digest = fingerprint(f"{asked.version[LEAF]}{back or ''}") if asked else ""
        return advised.Plan(
            changes,
            digest,
            {"desired": digest},
            RuleAdvisor(lambda: [self._finding(back, whys)] if back else []),
            claim={"label": "", "deployment": self.label},
            late=True,
            lines=changes.reasons[1:],
            dated=(f"what it waits for ({back})",) if back else tuple(f"what is served ({why})" for why in stale),
        )

    def _stale(self, asked: Deployment) -> list[str]:
        """Return what is wrong where it is served, as far as another reload may mend it."""
        if not self.exists or not asked.files.settings.reload:
            return []
        found = asked.findings(clock.now())
        return [f"{finding.subject}: {finding.message}" for finding in found if finding.code in HEALS]

    def _whys(self, asked: Deployment) -> Iterator[str]:
        if not self.exists:
            yield f"{asked.files.folder / CURRENT} is to lead to it"
        elif fault := asked.files.fault(asked.version):
            yield fault
        elif self.is_new:
            yield "an earlier run was cut off between the files and the server"

    def _held_back(self, asked: Deployment) -> Setback | None:
        """Return why it is not tried now. Nothing holds it back where there is nothing good in use to go on with."""
        found = setbacks.of_deploy(self.journal, asked.spec, asked.target, clock.now())
        if found and not self.exists:
            told = f"{self.subject}: {found}; deploy at once with {RETRY}={self.subject} pulumi up"
            raise DeployError(told, code="held-back", subject=self.subject, value=str(found.until))
        return found if found and is_good(asked.files.used(), asked.spec, self.journal) else None

    def _finding(self, back: Setback, whys: Sequence[str]) -> Finding:
        told = f"it is not deployed now, and what is in use stays: {back} ({whys[0]})"
        fix = f"mend what failed; {RETRY}={self.subject} pulumi up deploys at once"
        return Finding("deploy-held-back", Level.WARNING, self.subject, told, fix)

    def refuse_rivals(self, journal: Journal) -> None:
        """Refuse a second certificate in one folder: each would undo the other's.

        Raises:
            DeployError: there is one in this run.
        """
        mine, folder = self.label, self.files.folder
        if rivals := advised.rivals(journal, self.about.location, "deployment", mine):
            told = f"deploy.files {folder} is that of {rivals[0]!r} and of {mine!r}; give each a folder of its own"
            raise DeployError(told, code="deploy-shared", field="deploy.files", subject=str(folder))
