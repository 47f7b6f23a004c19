"""What a release left behind (tests/fixtures/release_*), put back into a folder so that today's code meets it.

`record.py` makes the fixtures, and has the release itself answer the questions below (`answers.json`). The journal is
written here by what the release is known to write, and not by today's code, which has to read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = "/srv/shop"
PRIMARY_PORT, HTTP_PORT, POOL_PORT = 40053, 40080, 40011
SECRET = "4dabf18193072939515e22adb298388d"

# Of the journal of release 0.1, word for word.
SCHEMA = """
CREATE TABLE entries (sequence INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, \
key TEXT NOT NULL, body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX entries_by_key ON entries (kind, key, sequence);
CREATE TRIGGER no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END;
PRAGMA application_id = 331546;
PRAGMA user_version = 1;
"""


@dataclass(slots=True)
class Recorded:
    """One case, put back: `root` is its project, `names` what stands in place of the recorded folder and ports."""

    folder: Path
    root: Path
    names: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> Any:
        return json.loads(self._localized((self.folder / name).read_text()))

    @property
    def case(self) -> dict[str, Any]:
        found: dict[str, Any] = self.read("case.json")
        return found

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.case["now"])

    @property
    def state(self) -> dict[str, Any]:
        """The stack, as `pulumi stack import` takes it."""
        found: dict[str, Any] = self.read("state.json")
        return found

    @property
    def program(self) -> str:
        return self._localized((self.folder / "program.txt").read_text())

    @property
    def resources(self) -> list[Resource]:
        """Our own resources: what the engine hands to their providers."""
        own = [one for one in self.state["deployment"]["resources"] if "dynamic/sophia:" in one["type"]]
        return [self._resource(call, own) for call in self.read("checks.json")]

    def _resource(self, call: Mapping[str, Any], own: list[dict[str, Any]]) -> Resource:
        found = next(one for one in own if _plain(one["inputs"]["__provider"]) == call["news"]["__provider"])
        module, _, name = call["provider"].partition(":")
        inputs, outputs = (
            {key: _plain(value) for key, value in found[kind].items() if key != "__provider"}
            for kind in ("inputs", "outputs")
        )
        news = {key: value for key, value in call["news"].items() if key != "__provider"}
        return Resource(module, name, str(found["id"]), inputs, outputs, news, self.case["settings"])

    def rewind(self) -> None:
        """Write the recorded journal, as it was when the recording ended."""
        home = self.root / ".sophia"
        home.mkdir(exist_ok=True)
        lines = self._localized((self.folder / "journal.jsonl").read_text()).splitlines()
        write_journal(home / "journal.db", [json.loads(line) for line in lines])
        lived_here(home / "journal.db")

    def neutral(self, text: str) -> str:
        """Texts with the names of this run as they were recorded."""
        for recorded, name in self.names.items():
            text = text.replace(name, recorded)
        return text

    def _localized(self, text: str) -> str:
        for recorded, name in self.names.items():
            text = text.replace(recorded, name)
        return text


def lived_here(journal: Path) -> None:
    """Be a machine on which the release ran, and today's code not before its journal was there."""
    state = Path(os.environ["XDG_STATE_HOME"]) / "sophia"
    state.mkdir(parents=True, exist_ok=True)
    (state / "budget").touch()
    (state / "journals.sealed").unlink(missing_ok=True)  # `home.FRESH`, which the release itself does not have
    key = state / "journal.key"
    while key.exists() and key.stat().st_ctime_ns <= journal.stat().st_ctime_ns:
        key.chmod(0o600)  # the time of its last change is now, by a clock that ticks some hundred times a second


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of ours in a state, and the inputs that the program gave last."""

    module: str
    name: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    news: dict[str, Any]
    settings: dict[str, str]

    @property
    def provider(self) -> Any:
        """The provider as the engine would make it: found by the module path that stands in the state."""
        from pulumi.dynamic import Config, ConfigureRequest

        provider = getattr(import_module(self.module), self.name)()
        provider.configure(ConfigureRequest(Config(self.settings, "shop")))
        return provider

    @property
    def is_zone(self) -> bool:
        return self.name == "ZoneRecordsProvider"

    @property
    def with_more(self) -> dict[str, Any]:
        """The inputs of a program that asks for a record more, which sorts behind all others."""
        name = "zz.stall" if "**.stall" in self.news["manage"] else "zz"
        return {**self.news, "text": f"{self.news['text']}{name} 3600 A 192.0.2.9\n"}

    def answer(self, olds: dict[str, Any], outs: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """What `check` and `diff` say, as far as no rule's wording is in it."""
        checked = self.provider.check(olds, news)
        if checked.failures:
            return {"refused": True}
        inputs = checked.inputs
        said = {
            name: inputs[name] for name in ("text", "late", "stages", "edits", "health", "generation") if name in inputs
        }
        unsaid = ("reasons", "details")
        changes = {name: value for name, value in inputs.get("changes", {}).items() if name not in unsaid}
        diff = self.provider.diff(self.id, outs, inputs) if outs else None
        return {
            **said,
            "changes": changes,
            **({"differs": bool(diff.changes), "replaces": diff.replaces} if diff else {}),
        }


def answers(case: Recorded) -> dict[str, Any]:
    """What the providers answer in this folder: now, later, to a record more, and without a state."""
    found: dict[str, Any] = {}
    for number, one in enumerate(case.resources):
        more = one.with_more if one.is_zone else one.news
        questions = {
            "again": (timedelta(), one.inputs, one.outputs, one.news),
            "a day later": (timedelta(hours=26), one.inputs, one.outputs, one.news),
            "two months later": (timedelta(days=61), one.inputs, one.outputs, one.news),
            "a record more": (timedelta(), one.inputs, one.outputs, more),
            "without its state": (timedelta(), {}, {}, one.news),
        }
        for question, (later, olds, outs, news) in questions.items():
            case.rewind()
            os.environ["SOPHIA_NOW"] = (case.now + later).isoformat()
            found[f"{one.name} {number}: {question}"] = one.answer(olds, outs, news)
    neutral: dict[str, Any] = json.loads(case.neutral(json.dumps(found)))
    return neutral


@contextmanager
def put_back(folder: Path, root: Path) -> Iterator[Recorded]:
    """Put a case back below `root`, with the server that it lives on, and make that the place where the code runs."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "Pulumi.yaml").write_text('{"name": "shop", "runtime": "python"}')
    if (folder / "files").exists():
        shutil.copytree(folder / "files", root, dirs_exist_ok=True)
    case = Recorded(folder, root, {ROOT: str(root)})
    before = Path.cwd()
    with ExitStack() as running:
        _serve(case, running)
        case.rewind()
        os.chdir(root)
        try:
            yield case
        finally:
            os.chdir(before)


def _serve(case: Recorded, running: ExitStack) -> None:
    from tests.support import cloudflare_server, knot, namecheap_server

    live, text = case.case["live"], (case.folder / "checks.json").read_text()
    if str(PRIMARY_PORT) in text:
        primary = running.enter_context(knot.updatable(case.root / "server", live))
        case.names[str(PRIMARY_PORT)] = str(primary.port)
    elif '"cloudflare"' in text:
        server = cloudflare_server.CloudflareServer()
        for one in live.values():
            server.add(one.pop("type"), one.pop("name"), **one)
        running.enter_context(cloudflare_server.serving(server))
        case.names[str(HTTP_PORT)] = server.endpoint.split(":")[2].partition("/")[0]
    elif '"namecheap"' in text:
        hosts = [tuple(host) for host in live["hosts"]]
        domain = namecheap_server.Domain([*hosts], email=live["email"])
        account = running.enter_context(namecheap_server.running(shop_example=domain))
        case.names[str(HTTP_PORT)] = account.endpoint.split(":")[2].partition("/")[0]
    elif str(POOL_PORT) in text:
        from tests.probes.servers import Fleet

        fleet = Fleet()
        fleet.start("127.0.0.11", "127.0.0.14")  # and 127.0.0.12 is down
        running.callback(fleet.close)
        case.names[str(POOL_PORT)] = str(fleet.port)


def write_journal(path: Path, rows: list[list[Any]]) -> None:
    """Write rows (time, kind, key, body) as release 0.1 does: its tables, its chain, its pin."""
    path.unlink(missing_ok=True)
    previous = "0" * 64
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCHEMA)
        for number, (time, kind, key, body) in enumerate(rows, 1):
            text = json.dumps(body, sort_keys=True, separators=(",", ":"))
            fields = (number, time, kind, key, text, previous)
            previous = hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()
            db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", (*fields, previous))
        db.commit()
    path.with_suffix(".head").write_text(f"{len(rows)}:{previous}\n")


def _plain(value: Any) -> Any:
    """A value of a state whose secrets are shown, as a provider gets it."""
    if isinstance(value, dict):
        if SECRET in value:
            return json.loads(value["plaintext"])
        return {key: _plain(found) for key, found in value.items()}
    return [_plain(found) for found in value] if isinstance(value, list) else value


def main() -> None:
    """`recorded.py FOLDER ROOT`: print the answers of whichever components are on the path."""
    with put_back(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()) as case:
        os.environ["SOPHIA_HOME"] = str(case.root / ".sophia")
        found = answers(case)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
