"""A secret in `check`: a resource that walks as every other one does (see `advised`). Nothing is changed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sophia_infra import advised
from sophia_infra.advice.consult import RuleAdvisor
from sophia_infra.advice.model import Edit
from sophia_infra.advised import About
from sophia_infra.changes import Changes, Exposure, Reason, fingerprint
from sophia_infra.journal import Journal
from sophia_infra.secrets import environment_rules, rules
from sophia_infra.secrets.decisions import cut_off
from sophia_infra.secrets.kinds import open_kind
from sophia_infra.secrets.observation import Looked
from sophia_infra.secrets.phases import Held, Step
from sophia_infra.secrets.spec import PUBLISHED, WHERE, SecretSpec
from sophia_infra.settings import Settings

_WEIGHT: Mapping[Step, tuple[Exposure, str]] = {
    Step.STAGE: (Exposure.LOW, "its next login is made ready beside the one in use"),
    Step.PUBLISH: (Exposure.MEDIUM, "consumers are given the next login; the one of before works on"),
    Step.SUSPEND: (Exposure.MEDIUM, "all consumers have moved: further logins by the one of before are refused"),
    Step.RESUME: (Exposure.LOW, "somebody still uses the login of before: it is taken again"),
    Step.REVOKE: (Exposure.MEDIUM, "nobody uses the login of before: its password is ended for good"),
}


@dataclass
class CheckedSecret:
    """A secret as a resource that `advised.check` walks; `stored` is what the last run has left of it."""

    spec: SecretSpec
    held: Held
    values: Mapping[str, str | None]
    settings: Settings
    journal: Journal
    now: datetime
    stored: Mapping[str, Any] = field(default_factory=dict)

    @property
    def about(self) -> About:
        """Say who it is; its server knows it by its label."""
        of_stack, override = self.settings, self.looked.override
        accepted = (replace(override, names=(self.spec.name,)),) if override else ()
        of_secret = About("secret", self.spec.name, self.spec.label, autonomy=of_stack.autonomy, claude=of_stack.claude)
        return replace(of_secret, overrides=accepted)

    @cached_property
    def looked(self) -> Looked:
        """What is seen; the server is asked once."""
        return Looked.at(self.spec, self.held, self.values, self.journal, self.now)

    def plan(self, edits: Sequence[Edit]) -> advised.Plan:
        """Weigh the steps of this run; there are no edits of a secret."""
        looked, spec = self.looked, self.spec
        decision, override, slot = looked.decision, looked.override, self._current()
        login = open_kind(spec, self.journal).login(slot)
        ended = override.until if override and not override.holds(self.now) else None
        judged = rules.Judged(spec, looked.seen, decision, login, looked.held, looked.adopted, ended)
        found = [*rules.judge(judged, self.now), *environment_rules.judge(spec)]
        facts = self._facts()
        return advised.Plan(
            changes=self._changes(),
            digest=fingerprint(f"{facts} {found}"),
            facts=facts | {"desired": fingerprint(f"{found}")},
            advisor=RuleAdvisor(lambda: found, blocking={f"secret-{code}" for code in judged.blocking}),
            inputs={
                PUBLISHED: self._published(),
                "phase": str(looked.phase),
                "published": looked.published,
                "abandoned": looked.held.abandoned,
                "slot": slot,
                "username": login.username,
                "address": login.place,
                "accepted": looked.accepted,
            }
            | self._kept(),
            credentials=environment_rules.settings(spec),
            late=True,  # any input of it may come from another resource
            dated=tuple(f"its step {step}" for step in decision.steps),
        )

    def refuse_rivals(self, journal: Journal) -> None:
        """Know no rival: its label is its URN, and its server refuses logins that bear another one."""

    def _current(self) -> str:
        """The slot that consumers are given after this run."""
        published = self.looked.published
        by_generation = {generation: slot for slot, generation in self.held.minted.items()}
        return by_generation.get(published, self.looked.decision.slot)

    def _kept(self) -> dict[str, Any]:
        """What stays as it is stored where the server can't be read: nothing shows that a login works elsewhere."""
        names = ("slot", "username", "address", "accepted", *WHERE)
        return {name: self.stored.get(name) for name in names} if self.stored and self.looked.seen.unread else {}

    def _changes(self) -> Changes:
        looked = self.looked
        reasons = [Reason(*_weighed(step, self.spec.name, looked)) for step in looked.decision.steps]
        return Changes.of_one(reasons, looked.base, exists=bool(self.stored))

    def _published(self) -> dict[str, Any]:
        """Return the input property `secret_facts`: what policies judge (docs/contracts.md).

        A saved plan holds while it is the same, so who is connected stands here only where this run ends a login.
        """
        decision, spec = self.looked.decision, self.spec
        issued = self.looked.seen.slot(self._current()).at
        is_ending = bool({Step.SUSPEND, Step.REVOKE} & set(decision.steps))
        return {
            "name": spec.name,
            "kind": str(spec.kind),
            "max_age_hours": spec.max_age // timedelta(hours=1),
            "length": spec.length,
            "issued": f"{issued:%Y-%m-%d}" if issued else "",
            "steps": [str(step) for step in decision.steps],
            "consumers": list(spec.terms.consumers),
            "unproved": sorted({block.code for block in (*decision.blocks, *decision.broken)}) if is_ending else [],
        }

    def _facts(self) -> dict[str, Any]:
        looked, spec = self.looked, self.spec
        decision, seen = looked.decision, looked.seen
        return {
            "rules": rules.VERSION,
            "secret_kind": str(spec.kind),
            "phase": str(decision.phase),
            "steps": [str(step) for step in decision.steps],
            "generation": looked.held.minted[decision.slot],
            "published": looked.held.published,
            "old_sessions": len(seen.using(decision.other)),
            "new_sessions": len(seen.using(decision.slot)),
            "consumers": list(spec.terms.consumers),
            "blocks": [block.message for block in decision.blocks],
        }


def _weighed(step: Step, name: str, looked: Looked) -> tuple[Exposure, str, str, str]:
    exposure, why = _WEIGHT[step]
    if step is Step.PUBLISH and not looked.is_repair and (reasons := cut_off(looked.held, looked.seen)):
        exposure, why = Exposure.HIGH, f"{reasons[0].message}; the next one is published at once"
    elif step is Step.PUBLISH and looked.seen.astray:
        exposure, why = Exposure.LOW, f"consumers do not find what is published: {looked.seen.astray[0]}"
    elif step is Step.PUBLISH and not looked.held.published:
        exposure, why = Exposure.LOW, "it is the first one"
    elif looked.is_repair:
        why = "its login is set again with the same value: it is missing somewhere, or has other rights"
    elif step in (Step.SUSPEND, Step.REVOKE) and looked.decision.broken:
        exposure, why = Exposure.CRITICAL, "; ".join(block.message for block in looked.decision.broken)
    return exposure, f"{name} secret", str(step), why
