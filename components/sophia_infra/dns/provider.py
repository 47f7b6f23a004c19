"""The dynamic provider behind IntelligentDnsZone. Its module path is stored in users' state: it never moves.

It is the door: here inputs and outputs are mappings, behind it they are `ZoneSpec` and `ZoneState`.

The program imports it too, to name it. So what only the engine's calls need is imported by them.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.output import Unknown
from pulumi.runtime import rpc

from sophia_infra import clock, settings
from sophia_infra.changes import Changes
from sophia_infra.dns.backends import Backend, Credentials, open_backend
from sophia_infra.dns.late_values import LateValues
from sophia_infra.dns.ownership import ALL
from sophia_infra.dns.pools.pool import known_targets
from sophia_infra.dns.reader import zone_name
from sophia_infra.dns.rr.record import collector_paused
from sophia_infra.dns.spec import APPLIES, ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.engine_call import Configured, failure, plainly
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.reporter import STDERR, Reporter

if TYPE_CHECKING:
    from sophia_infra.advised import Leaving

OUTPUTS = ("serial", "served_by", "record_set_count", "holder", "written")
"""What an apply adds to the inputs."""


class ZoneRecordsProvider(Configured):
    """Plans a zone in `check`, and applies exactly that plan in `create` and `update`."""

    reporter: Reporter = STDERR
    serialize_as_secret_always = False  # it is stored as its name, which is no secret

    @collector_paused()
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Publish `changes` and `advice` into the inputs."""
        from sophia_infra.dns.lifecycle import check

        try:
            spec = ZoneSpec.from_inputs(_known(news), settings.read(self._setting))
            news = {name: value for name, value in news.items() if name != APPLIES}
            journal = settings.journal(self._setting)
            state, backend = ZoneState.from_inputs(olds), self._backend(news)
            planned = check.check(spec, state, journal, backend, self.reporter)
            self._tell_of_move(olds, news, journal)
        except SophiaError as error:
            return CheckResult(news, [failure(error)])
        if "late" in planned:  # what is not known yet goes back to the engine as it came
            planned["late"] = {key: news["late"][key] for key in planned["late"]}
        if _is_unknown(news["text"]):
            planned |= {"text": news["text"], "edits": rpc.UNKNOWN}
        return CheckResult(said({**news, **planned}), [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Say update where the live zone, or what is asked for, differs; changed advice alone is no difference."""
        replaces = self._moves(olds, news)
        # What a later delete goes by stands in the outputs, which are stored only where something is applied.
        asked_again = ZoneState.from_inputs(_known(news)).applies_as(ZoneState.from_inputs(olds))
        return DiffResult(
            changes=bool(replaces or not asked_again or Changes.from_inputs(news["changes"])),
            replaces=replaces,
            stables=[] if replaces else ["domain"],
            delete_before_replace=False,
        )

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Write the zone as planned."""
        return CreateResult(props["domain"], self._applied(props, {}))

    @plainly
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Write the zone as planned."""
        return UpdateResult(self._applied(news, olds))

    @plainly
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Bring the live zone into the state (`pulumi refresh`)."""
        from sophia_infra.dns.lifecycle import read

        served = read.read(ZoneState.from_inputs(props), self._backend(props))
        if served is None:  # gone, but not forgotten: `check` makes it anew, with its name servers and a later serial
            return ReadResult(id_, props)
        outs = {**props, **served}
        drifted = outs["text"] != props["text"]
        # The inputs may know more than the outputs: what `check` keeps is stored with every run, changed or not.
        inputs = {name: value for name, value in outs.items() if name not in OUTPUTS and not name.startswith("__")}
        return ReadResult(id_, outs, inputs if drifted else None)

    @plainly
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Take the zone's records away; the backend keeps a way back."""
        from sophia_infra.dns.lifecycle import delete

        if told := clock.moved():
            self.reporter.say_once(told)
        known, journal = _known(props), settings.journal(self._setting)
        spec, state = ZoneSpec.from_inputs(known, settings.read(self._setting)), ZoneState.from_inputs(known)
        delete.delete(spec, state, journal, self._backend(props), self.reporter)

    def _applied(self, props: dict[str, Any], olds: dict[str, Any]) -> dict[str, Any]:
        from sophia_infra.dns.lifecycle import apply

        planned, state = ZoneState.from_inputs(props), ZoneState.from_inputs(olds)
        applied = apply.apply(planned, state, settings.journal(self._setting), self._backend(props))
        changes = {name: value for name, value in props["changes"].items() if name != "details"}
        return {**props, "changes": changes, **applied}

    def _backend(self, props: Mapping[str, Any]) -> Backend:
        return open_backend(props.get("backend") or {}, props["domain"], Credentials(self._setting))

    def _moves(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Which inputs bring the zone to another location; a setting that leaves it where it is replaces nothing."""
        if zone_name(olds["domain"]) != news["domain"]:
            return ["domain"]
        if (olds.get("backend") or {}) == (news.get("backend") or {}):  # as of most zones: no need to open any
            return []
        return ["backend"] if self._location(olds) != self._location(news) else []

    def _tell_of_move(self, olds: Mapping[str, Any], news: Mapping[str, Any], journal: Journal) -> None:
        if not olds or not self._moves(olds, news):
            return
        before, now = self._location(olds), self._location(news)
        self.reporter.say_once(
            f"zone {news['domain']}: was {olds['domain']} at {before}, and is {news['domain']} at {now} now; what is "
            "served there until now stays"
        )
        from sophia_infra.dns.lifecycle.owners import note_move

        note_move(journal, before, now)

    def _location(self, props: Mapping[str, Any]) -> str:
        """Where a zone lives; what its settings say, where an older release knew a backend that this one does not."""
        try:
            return self._backend(props).location
        except SophiaError:
            return repr(props.get("backend"))


def leaving(props: Mapping[str, Any], setting: Callable[[str], str | None]) -> "Leaving | None":
    """Weigh what a delete of a zone's resource takes away: see `lifecycle.departure`."""
    from sophia_infra.dns.lifecycle import departure

    return departure.leaving(_known(props), setting)


def said(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs without those that say nothing: what is empty, and that all of a zone is managed.

    A `manage` that names nothing stays, so that it is refused: without it a zone is managed as a whole.

    Each input is an output of the resource as well, and of every unresolved output of a program Pulumi's SDK looks at
    all each time that one resolves.
    """
    empty = [name for name, value in inputs.items() if isinstance(value, str | list | dict) and not value]
    silent = {*empty} - {"text", "manage"} | ({"manage"} if inputs.get("manage") == [ALL] else set())
    return {name: value for name, value in inputs.items() if name not in silent}


def _known(news: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs with None in place of each value that is not known yet."""
    late = {key: None if _is_unknown(values) else values for key, values in (news.get("late") or {}).items()}
    secret = news.get("late_secret")
    return {
        **news,
        "text": None if _is_unknown(news["text"]) else news["text"],
        "late": late,
        "edits": [] if _is_unknown(news.get("edits")) else news.get("edits"),
        "late_secret": LateValues(late).subjects if _is_unknown(secret) else secret,
        "pools": [known_targets(pool, _is_unknown) for pool in news.get("pools") or ()],
    }


def _is_unknown(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_is_unknown, value))
    return isinstance(value, Unknown) or value == rpc.UNKNOWN
