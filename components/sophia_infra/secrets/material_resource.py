"""The dynamic resource that makes the value of one slot. Its path and type stand in users' state: they never change.

It has no effect anywhere: the state holds a value before any server is given it, so a run that is cut off goes on with
the same one. To the engine, a rotation is an update in place.
"""

import logging
import secrets
import string
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    Resource,
    UpdateResult,
)
from pulumi.output import contains_unknowns

from sophia_infra import clock, settings
from sophia_infra.engine_call import Configured, failure, plainly
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.secrets.decisions import next_generation
from sophia_infra.secrets.phases import FREE, SlotState, other_of
from sophia_infra.secrets.spec import CREDENTIALS, SecretSpec

log = logging.getLogger(__name__)
VALUE = "value"
_ALPHABET = string.ascii_letters + string.digits + "-_"
"""What needs no quoting in a URL, a connection string or a shell."""


class SecretMaterialProvider(Configured):
    """Makes a value for each generation of a slot. It takes no walk: the plan of its lifecycle says what is due. The
    engine asks it first, so it is the one that says so where a saved plan is overtaken.
    """

    reporter: Reporter = STDERR

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Decide which generation is wanted. The label stays, whatever the secret or its stack is called since."""
        news = {**news, "label": olds.get("label") or news["label"]}
        if contains_unknowns(news):
            return CheckResult({**news, "generation": olds.get("generation") or pulumi.UNKNOWN}, [])
        try:
            spec = SecretSpec.from_inputs(news)
            news["generation"], news["lost"] = self._generation(spec, str(news["slot"]), olds)
        except SophiaError as error:
            return CheckResult(news, [failure(error)])
        return CheckResult(news, [])

    def _generation(self, spec: SecretSpec, slot: str, olds: Mapping[str, Any]) -> tuple[int, bool]:
        """Return which generation is wanted, and whether the value in use may be one of a state that is gone."""
        from sophia_infra import advised  # a program only names this provider
        from sophia_infra.secrets.events import Ask, cut_off, wished
        from sophia_infra.secrets.kinds import open_kind
        from sophia_infra.secrets.observation import observe

        journal = settings.journal(self._setting)
        seen, own = observe(open_kind(spec, journal)), int(olds.get("generation") or 0)
        there = seen.slot(other_of(slot))
        may_be_lost = not olds or bool(olds.get("lost"))
        is_due = may_be_lost and there.state is SlotState.ISSUED
        if there.at is not None:
            is_due |= clock.now() >= there.at + spec.max_age
        is_due = is_due or bool(wished(journal, spec.label, Ask.ROTATE, max(seen.newest, own), there.at))
        is_due = is_due or cut_off(journal, spec.label, there.generation, engine_run())  # what a preview has shown
        dropped = bool(wished(journal, spec.label, Ask.ABORT, own))
        wanted = next_generation(slot, own, seen, due=is_due, dropped=dropped)
        due = advised.DatedRow((f"its next value, of generation {wanted}",) if wanted > own else ())
        may_be_due = bool(due.due) or seen.slot(slot).state in FREE
        advised.refuse_overtaken(f"secret {spec.name}", due, journal, self.reporter, keep=may_be_due)
        is_in_use = bool(seen.unread) or there.state not in FREE
        return wanted, may_be_lost and not wanted and is_in_use

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Make a value for a new generation; other arguments change none."""
        return DiffResult(changes=olds.get("generation") != news.get("generation"), replaces=[])

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the first value; the slot that is not used yet has none."""
        return CreateResult(f"{props['label']}/{props['slot']}", self._make(props))

    @plainly
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Make the next value."""
        return UpdateResult(self._make(news))

    def _make(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """Return all outputs with a new value; a slot that is not used yet has none."""
        from sophia_infra.secrets.kinds import Minting, open_kind

        value, generation = "", int(props["generation"])
        if generation:
            spec = SecretSpec.from_inputs(props)
            kind = open_kind(spec, settings.journal(self._setting))
            value = kind.mint(str(props["slot"]), generation) if isinstance(kind, Minting) else _random(spec.length)
            log.debug("secret %s: slot %s has a value of generation %d", spec.name, props["slot"], generation)
        return {**props, VALUE: value}


class SecretMaterial(Resource, module="sophia", name="SecretMaterial"):
    """The value of one slot of a secret."""

    generation: pulumi.Output[int]
    """Which generation the value is; 0 where there is none yet."""
    label: pulumi.Output[str]
    """By what the secret is known for life."""
    value: pulumi.Output[str]
    """The value, secret; empty where there is none yet."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=[VALUE, *CREDENTIALS])
        given = {**props, "generation": None, VALUE: None}
        super().__init__(SecretMaterialProvider(), name, given, pulumi.ResourceOptions.merge(opts, secret))


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
