"""One stack with one zone, run through its provider as the engine would: `check`, `diff`, `create` and the rest."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from sophia_infra.dns.backends import Backend, Credentials, open_backend
from sophia_infra.dns.provider import ZoneRecordsProvider
from sophia_infra.dns.rr.record import APEX as SERVERS
from sophia_infra.dns.rr.record import from_text, to_text
from sophia_infra.journal import Entry, Kind
from sophia_infra.journal.sqlite import SqliteStorage

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FRAME = "@ 3600 NS ns1.dns.example.\n@ 3600 NS ns2.dns.example.\n"

News = Mapping[str, Any]
"""What a program asks for: the inputs of the zone's resource."""


class Killed(Exception):  # noqa: N818  # what a power cut would be
    """Stands for the end of the process."""


class ZoneStack:
    """Its state, its clock, its zone, in a file unless `backend` says where, and runs of the engine on it.

    `state` are the inputs that the engine keeps, `outputs` the outputs; both are empty before the first run.
    """

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, backend: Mapping[str, Any] | None = None, **config: str
    ) -> None:
        self.file = folder / "db.shop.example"
        self.settings = backend or {"path": str(self.file)}
        self.state: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.provider = ZoneRecordsProvider()
        self._config: dict[str, str] = {}
        self.configure(**config)
        self._patch = monkeypatch
        self._runs = 0
        monkeypatch.setenv("SOPHIA_HOME", str(folder / "journal"))
        self.at()
        self.begin()

    def configure(self, **config: str) -> None:
        """`pulumi config set`."""
        self._config |= {f"sophia:{name}": value for name, value in config.items()}
        self.provider.configure(ConfigureRequest(Config(self._config, "shop")))

    def at(self, **later: float) -> None:
        self._patch.setenv("SOPHIA_NOW", (START + timedelta(**later)).isoformat())

    def begin(self) -> None:
        """Begin another run of the engine: what follows is one `pulumi up`."""
        self._runs += 1
        self._patch.setenv("SOPHIA_RUN", str(self._runs))

    def refused(self, news: News) -> str:
        """Why a plan is refused; nothing where it is not."""
        failures = self.provider.check(self.state, self._inputs(news)).failures or []
        return "".join(failure.reason for failure in failures)

    def plan(self, news: News) -> dict[str, Any]:
        """What a preview, or the apply of the same run, plans."""
        checked = self.provider.check(self.state, self._inputs(news))
        assert not checked.failures, [failure.reason for failure in checked.failures]
        inputs: dict[str, Any] = checked.inputs
        return inputs

    def differs(self, inputs: News) -> bool:
        """Whether a preview shows a change."""
        return not self.state or bool(self.provider.diff("", self.outputs, dict(inputs)).changes)

    def carry_out(self, inputs: dict[str, Any]) -> bool:
        """Apply a plan; whether there was anything to do."""
        changed = self.differs(inputs)
        if not self.state:
            self.outputs = dict(self.provider.create(inputs).outs or {})
        elif changed:
            self.outputs = dict(self.provider.update("", self.outputs, inputs).outs or {})
        self.state = inputs
        return changed

    def run(self, news: News) -> bool:
        """Plan and apply in a run of its own; whether there was anything to do."""
        self.begin()
        return self.carry_out(self.plan(news))

    def die(self, news: News, *, written: bool) -> None:
        """A run that dies before the engine has stored its state, right before or right after the zone is written."""
        append, last = SqliteStorage.append, "outcome" if written else "apply-intent"

        def dying(storage: SqliteStorage, kind: Kind, key: str, body: Mapping[str, Any]) -> Entry:
            if kind == last:
                raise Killed
            return append(storage, kind, key, body)

        with self._patch.context() as patch:
            patch.setattr(SqliteStorage, "append", dying)
            with pytest.raises(Killed):
                self.run(news)

    def refresh(self) -> None:
        """`pulumi refresh`."""
        read = self.provider.read("shop.example", self.outputs)
        self.outputs = dict(read.outs or {})
        self.state = dict(read.inputs or self.state)

    def delete(self) -> None:
        """`pulumi destroy`."""
        self.begin()
        self.provider.delete("shop.example", self.outputs)
        self.state, self.outputs = {}, {}

    @property
    def backend(self) -> Backend:
        return open_backend(self.settings, "shop.example", Credentials(self._config.get))

    @property
    def zone(self) -> str:
        """The lines beside the SOA and the name servers."""
        return to_text([record for record in from_text(self.backend.read().text) if record.subject not in SERVERS])

    def _inputs(self, news: News) -> dict[str, Any]:
        usual = {"domain": "shop.example", "label": "shop", "late": {}, "late_secret": []}
        return {**usual, "backend": self.settings, **news}
