"""The dynamic provider behind IntelligentDnsZone. Its module path is stored in users' state: it never moves."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from sophia_infra import settings
from sophia_infra.advice import report
from sophia_infra.advice.journal import Journal
from sophia_infra.changes import Changes
from sophia_infra.dns.backends import Backend, Credentials, open_backend
from sophia_infra.dns.bulk import collector_paused
from sophia_infra.dns.lifecycle import apply, plan, removal
from sophia_infra.dns.reader import zone_name
from sophia_infra.dns.zone_inputs import INPUTS, Wanted, known
from sophia_infra.engine_call import plainly
from sophia_infra.errors import SophiaError

# What a later delete goes by stands in the outputs, which are stored only where something is applied.
_ASKED = ("text", "late", "manage", "ignore", "backend", "protect", "limits", "overrides")


class ZoneRecordsProvider(ResourceProvider):
    """Plans a zone in `check`, and applies exactly that plan in `create` and `update`."""

    _setting: Callable[[str], str | None] = staticmethod(lambda _key: None)

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's settings at hand; a wrong one is refused by `check`, where it costs no traceback."""
        self._setting = req.config.get

    @collector_paused()
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Publish `changes` and `advice` into the inputs."""
        try:
            wanted = Wanted.from_inputs(known(news), settings.read(self._setting))
            planned = plan.make(wanted, olds, Journal.open(), self._backend(news))
            self._tell_of_move(olds, news)
        except SophiaError as error:
            return CheckResult(news, [CheckFailure("domain", str(error))])
        if "late" in planned:  # what is not known yet goes back to the engine as it came
            planned["late"] = {key: news["late"][key] for key in planned["late"]}
        return CheckResult({**news, **planned}, [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Say update where the live zone, or what is asked for, differs; changed advice alone is no difference."""
        replaces = self._moves(olds, news)
        asked = any(olds.get(name) != known(news).get(name) for name in _ASKED)
        return DiffResult(
            changes=bool(replaces or asked or Changes.from_inputs(news["changes"])),
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
        backend = self._backend(props)
        live = backend.read()
        if not live.text:  # gone, but not forgotten: `check` makes it anew, with its name servers and a later serial
            return ReadResult(id_, props)
        outs = {**props, **apply.served(live, apply.stored_text(live, props, backend))}
        drifted = outs["text"] != props["text"]
        # The inputs may know more than the outputs: what `check` keeps is stored with every run, changed or not.
        return ReadResult(id_, outs, {name: outs[name] for name in INPUTS if name in outs} if drifted else None)

    @plainly
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Take the zone's records away; the backend keeps a way back."""
        wanted = Wanted.from_inputs(known(props), settings.read(self._setting))
        removal.remove(wanted, props, Journal.open(), self._backend(props))

    def _applied(self, props: dict[str, Any], olds: dict[str, Any]) -> dict[str, Any]:
        return apply.run(props, olds, Journal.open(), self._backend(props))

    def _backend(self, props: Mapping[str, Any]) -> Backend:
        return open_backend(props["backend"], props["domain"], Credentials(self._setting))

    def _moves(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Which inputs bring the zone to another place; a setting that leaves it where it is replaces nothing."""
        if zone_name(olds["domain"]) != news["domain"]:
            return ["domain"]
        return ["backend"] if self._place(olds) != self._place(news) else []

    def _tell_of_move(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
        if olds and self._moves(olds, news):
            report.say_once(
                f"zone {news['domain']}: was {olds['domain']} at {self._place(olds)}, and is {news['domain']} at "
                f"{self._place(news)} now; what is served there until now stays"
            )

    def _place(self, props: Mapping[str, Any]) -> str:
        try:
            return self._backend(props).place
        except SophiaError:
            return repr(props["backend"])
