"""A certificate's deployment in `check`: what is not as it should be, and whether it is put right now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
from sophia_infra.tls.deploy.files import CURRENT, LEAF
from sophia_infra.tls.endpoints.judge import HEALS
from sophia_infra.tls.plan import RETRY, Setback
from sophia_infra.tls.spec import DECIDING


@dataclass
class CheckedDeployment:
    """A deployment as a resource that `advised.check` walks. Nothing is written here."""

    olds: Mapping[str, Any]
    news: Mapping[str, Any]
    settings: Settings
    journal: Journal

    @property
    def about(self) -> About:
        """Say who it is: the folder, wherever the program says it lies."""
        of_stack, location = self.settings, f"deployment {files_of(self.news).folder.resolve()}"
        return About("deployment", self._subject, location, autonomy=of_stack.autonomy, claude=of_stack.claude)

    def plan(self, edits: Sequence[Edit]) -> advised.Plan:
        """Say what is not as it should be.

        Raises:
            DeployError: a setting is not allowed, the folder can't be used, or a first deploy failed just now.
        """
        files = files_of(self.news)
        if self.news.get("csr"):
            told = "deploy needs the key, and that of a csr that the program gives is not here; take one of them out"
            raise DeployError(told, field="deploy")
        files.refuse_unusable()
        waiting = tuple(name for name in (*DECIDING, "endpoints", *PAIR) if contains_unknowns(self.news.get(name)))
        asked = None if waiting else Deployment.read(self.news)
        whys = ["waits for its certificate, not known before the apply"]
        stale = self._stale(asked) if asked else []
        if asked:
            whys = [*self._whys(asked), *stale]
        back = self._held_back(asked) if asked and whys else None
        reasons = [Reason(Exposure.LOW, f"{self._subject} deployment", "deploy", why) for why in whys if not back]
        base = fingerprint(used) if (used := files.used().get(LEAF)) else ""
        changes = Changes.of_one(reasons, base, waiting, exists=bool(self.olds))
        digest = fingerprint(f"{self.news['certificate_pem']}{back or ''}") if asked else ""
        return advised.Plan(
            changes,
            digest,
            {"desired": digest},
            RuleAdvisor(lambda: [self._finding(back, whys)] if back else []),
            claim={"label": "", "deployment": str(self.news["label"])},
            late=True,
            lines=changes.reasons[1:],
            dated=(f"what it waits for ({back})",) if back else tuple(f"what is served ({why})" for why in stale),
        )

    @property
    def _subject(self) -> str:
        domains = self.news.get("domains")
        return str(domains[0]) if isinstance(domains, list) and domains else str(self.news["label"])

    def _stale(self, asked: Deployment) -> list[str]:
        """Return what is wrong where it is served, as far as another reload may mend it."""
        if not self.olds or not asked.files.settings.reload:
            return []
        found = asked.findings(clock.now())
        return [f"{finding.subject}: {finding.message}" for finding in found if finding.code in HEALS]

    def _whys(self, asked: Deployment) -> Iterator[str]:
        if not self.olds:
            yield f"{asked.files.folder / CURRENT} is to lead to it"
        elif fault := asked.files.fault(asked.version):
            yield fault
        elif any(self.olds.get(name) != self.news[name] for name in PAIR[1:]):
            yield "an earlier run was cut off between the files and the server"

    def _held_back(self, asked: Deployment) -> Setback | None:
        """Return why it is not tried now. Nothing holds it back where there is nothing good in use to go on with."""
        found = setbacks.of_deploy(self.journal, asked.spec, asked.target, clock.now())
        if found and not self.olds:
            told = f"{self._subject}: {found}; deploy at once with {RETRY}={self._subject} pulumi up"
            raise DeployError(told, code="held-back", subject=self._subject, value=str(found.until))
        return found if found and is_good(asked.files.used(), asked.spec, self.journal) else None

    def _finding(self, back: Setback, whys: Sequence[str]) -> Finding:
        told = f"it is not deployed now, and what is in use stays: {back} ({whys[0]})"
        fix = f"mend what failed; {RETRY}={self._subject} pulumi up deploys at once"
        return Finding("deploy-held-back", Level.WARNING, self._subject, told, fix)

    def refuse_rivals(self, journal: Journal) -> None:
        """Refuse a second certificate in one folder: each would undo the other's.

        Raises:
            DeployError: there is one in this run.
        """
        mine = str(self.news["label"])
        if rivals := advised.rivals(journal, self.about.location, "deployment", mine):
            folder = files_of(self.news).folder
            told = f"deploy.files {folder} is that of {rivals[0]!r} and of {mine!r}; give each a folder of its own"
            raise DeployError(told, code="deploy-shared", field="deploy.files", subject=str(folder))
