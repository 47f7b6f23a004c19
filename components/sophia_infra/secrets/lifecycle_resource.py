"""The dynamic resource that takes a secret's steps; nothing else writes to its server. Its path and its type stand in
users' state: they never change.
"""

import secrets
from collections.abc import Mapping
from inspect import get_annotations
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
from sophia_infra.changes import Changes
from sophia_infra.component import quiet
from sophia_infra.delivery.places import Places
from sophia_infra.engine_call import Configured, failure, plainly
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.secrets.phases import SLOTS, Held, Phase
from sophia_infra.secrets.spec import CREDENTIALS, PUBLISHED, WHERE, ArgumentError, SecretSpec
from sophia_infra.values import Value


class SecretLifecycleProvider(Configured):
    """Plans a secret's next step, and takes it where what it rests on still holds."""

    reporter: Reporter = STDERR

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Read where the rotation stands, weigh its next step, and have it judged; nothing is changed here."""
        from sophia_infra import advised
        from sophia_infra.secrets.check import CheckedSecret

        try:
            if waiting := [name for name in news if not name.startswith("value_") and contains_unknowns(news[name])]:
                return CheckResult({**news, **_pending(bool(olds), str(news.get("name")), waiting)}, [])
            _refuse_moved(olds, news)
            self._tell_left(olds, news)
            journal = settings.journal(self._setting)
            secret = CheckedSecret(
                SecretSpec.from_inputs(news),
                _held(olds, news),
                _values(news),
                settings.read(self._setting),
                journal,
                clock.now(),
                olds,
            )
            secret.looked.note(secret.spec, journal)
            checked = {**news, **advised.check(secret, journal, self.reporter)}
            secret.looked.refuse_lost(secret.spec)  # which nothing that a person accepts brings back
            return CheckResult(checked, [])
        except SophiaError as error:
            return CheckResult(news, [failure(error)])

    def _tell_left(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
        """Tell which places are published to no more; once that is stored it is told no more."""
        before, now = (Places.read(Value("publish", given.get("publish"), ArgumentError)) for given in (olds, news))
        for place in before.beyond(now):
            told = f"{place} is published to no more, and keeps what it has: delete it once nobody reads it"
            self.reporter.say_once(f"secret {news['name']}: {told}")

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Update where `check` plans a step, and where `delete`, which is given what is stored, looks elsewhere."""
        moved = any(olds.get(name) != news.get(name) for name in (*WHERE, "publish"))
        return DiffResult(changes=bool(Changes.from_inputs(news["changes"])) or moved, replaces=[])

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the first login, or take over those that stand."""
        from sophia_infra.secrets.events import SecretTaken

        label, outputs = str(props["label"]), self._walk({}, props)
        keeper = f"{label}/{secrets.token_hex(4)}"
        settings.journal(self._setting).write(label, SecretTaken(keeper))
        return CreateResult(keeper, outputs)

    @plainly
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Take the planned step."""
        return UpdateResult(self._walk(olds, news))

    @plainly
    def delete(self, id: str, props: dict[str, Any]) -> None:  # noqa: A002  # the engine's name
        """End both logins, and take what was published away, unless one is used or another resource keeps them now."""
        from sophia_infra.secrets.events import SecretTaken
        from sophia_infra.secrets.steps import end

        spec, journal = SecretSpec.from_inputs(props), settings.journal(self._setting)
        last = journal.last(SecretTaken, spec.label, foreign=True)  # it can only keep a login
        if last and last.row.keeper != id:
            self.reporter.say_once(f"secret {spec.name}: its logins stay: the resource that came in its place has them")
            return
        for why in end(spec, _held(props, props), _values(props), journal):
            self.reporter.say_once(f"secret {spec.name}: what was published may stand there still, ended: {why}")

    def _walk(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        from sophia_infra.secrets.steps import Walk

        journal = settings.journal(self._setting)
        held = _held({**olds, "abandoned": news.get("abandoned")}, news)  # a run without a step leaves it to the inputs
        Walk(SecretSpec.from_inputs(news), held, _values(news), journal, engine_run(), self.reporter).take(news)
        return dict(news)


class SecretLifecycle(Resource, module="sophia", name="SecretLifecycle"):
    """The steps of a secret. Takes the inputs of `SecretSpec`, and of each slot `generation_a` and `value_a`."""

    phase: pulumi.Output[str]
    published: pulumi.Output[int]
    slot: pulumi.Output[str]
    username: pulumi.Output[str]
    address: pulumi.Output[str]
    accepted: pulumi.Output[list[str]]
    changes: pulumi.Output[dict[str, Any]]
    advice: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        hidden = [*CREDENTIALS, *(f"value_{slot}" for slot in SLOTS)]
        own = pulumi.ResourceOptions(additional_secret_outputs=hidden, hide_diffs=[PUBLISHED])
        options = pulumi.ResourceOptions.merge(quiet(opts), own)
        given = {**dict.fromkeys(get_annotations(SecretLifecycle)), **props}
        super().__init__(SecretLifecycleProvider(), name, given, options)


def _refuse_moved(olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    """Refuse another kind or group: the logins of before would be left behind, with their passwords."""
    for name in ("kind", "group"):
        if olds and olds.get(name) != news.get(name):
            told = f"{name} is {news.get(name)!r}, and the logins were made with {olds.get(name)!r}"
            raise ArgumentError(f"{told}; make a secret of another name beside it, then take this one out", field=name)


def _held(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Held:
    """Return what the state has: the values of this run, and of the last one what consumers are given."""
    minted = {slot: int(news.get(f"generation_{slot}") or 0) for slot in SLOTS}
    published, abandoned = (int(olds.get(name) or 0) for name in ("published", "abandoned"))
    return Held(minted, published, abandoned, Phase(olds.get("phase") or Phase.STEADY))


def _values(news: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the value of each slot, None where it is not known before the apply."""
    found = {slot: news.get(f"value_{slot}") for slot in SLOTS}
    return {slot: value if isinstance(value, str) else None for slot, value in found.items()}


def _pending(exists: bool, name: str, waiting: list[str]) -> dict[str, Any]:
    """Return what `check` publishes while some inputs are unknown: that the secret waits for them."""
    from sophia_infra.advice.model import Advice, Verdict
    from sophia_infra.changes import Exposure

    why, before = f"waits for {', '.join(waiting)}, not known before the apply", int(exists)
    changes = Changes(
        creates=1 - before,
        before=before,
        after=1,
        pending=tuple(waiting),
        exposure=Exposure.LOW,
        reasons=(f"low {name} secret stage: {why}",),
    )
    names = (PUBLISHED, "phase", "published", "slot", "username", "address", "accepted")
    late = dict.fromkeys(names, pulumi.UNKNOWN)
    return {**late, "changes": changes.as_inputs(), "advice": Advice("", "rules", Verdict.APPROVE, why).as_inputs()}
