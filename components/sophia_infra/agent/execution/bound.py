"""What an approval binds: the program and its data, the stack's settings, its state and the saved plan."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sophia_infra.agent.editing.places import Places, is_foreign
from sophia_infra.codec import encode
from sophia_infra.dns.files import declares
from sophia_infra.dns.importers.state_files import SPECIAL, Resource, pulumi
from sophia_infra.doctor.backend import StackError, exported
from sophia_infra.doctor.stack import PROJECT
from sophia_infra.errors import SophiaError
from sophia_infra.values import listed

_CODE = (".py", ".yaml", ".yml", ".json", ".toml", ".cfg", ".ini")
_DATA = (".zone", ".db", ".txt", ".csv", ".j2", ".tpl", ".tmpl")
_ZONE = "db."
"""How the name of a file of data may begin: a master file's is `db.shop.example`."""
_LARGEST = 64 * 2**20


TREE = "tree.json"
"""The file of a run's folder that has the hash of each file of the program and its data."""


class ApprovalMovedError(SophiaError):
    """What an approval was given for is otherwise by now; nothing was changed."""

    code = "agent-moved"


@dataclass(frozen=True, slots=True)
class Bound:
    """Hashes of all that a plan was made of; empty where it is not known yet."""

    program: str = ""
    settings: str = ""
    state: str = ""
    plan: str = ""

    @property
    def digest(self) -> str:
        """The hash that stands for all of it."""
        return _hash(encode(self))

    def moved(self, now: "Bound") -> tuple[str, ...]:
        """Return what is otherwise now, in words."""
        return tuple(_WORDS[each.name] for each in fields(self) if getattr(self, each.name) != getattr(now, each.name))


_WORDS = {
    "program": "the program or its data",
    "settings": "the settings of the stack",
    "state": "the stack's state",
    "plan": "the saved plan",
}


@dataclass(frozen=True, slots=True)
class State:
    """The state of a stack: what stands for it, and what is in it."""

    digest: str
    resources: tuple[Resource, ...]


def state_of(places: Places) -> State:
    """Return the state of a stack, its secrets passed over.

    Raises:
        StackError: it can't be read, or holds operations of which nobody knows how they ended.
    """
    return state_in(exported(places.folder, places.stack))


def state_in(text: str) -> State:
    """Return the state that `exported` gave; raises StackError for pending operations, as `state_of`."""
    deployment = _deployment(text)
    if pending := deployment.get("pending_operations"):
        urn = pending[0]["resource"]["urn"]
        told = f"an engine was cut off while it was at {urn}; look whether that is there, then: pulumi refresh"
        raise StackError(told, code="pending-operations", subject=urn, value=len(pending))
    resources = deployment.get("resources") or []
    return State(_hash(_plain(resources)), tuple(pulumi(text)) if resources else ())


def digest_of(places: Places) -> str:
    """Return what stands for a stack's state, whatever an engine left in it; StackError where it can't be read."""
    return _hash(_plain(deployment_of(places).get("resources") or []))


def saved(places: Places) -> datetime:
    """Return when an engine saved a stack's state last, by its machine's clock; StackError where that is not known."""
    time = (deployment_of(places).get("manifest") or {}).get("time")
    try:
        return datetime.fromisoformat(str(time)).astimezone(UTC)
    except ValueError:
        raise StackError("the state does not say when it was saved") from None


def deployment_of(places: Places) -> dict[str, Any]:
    """Return what a stack's state says is deployed, as the engine exports it; StackError where it can't be read."""
    return _deployment(exported(places.folder, places.stack))


def _deployment(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text).get("deployment") or {}
    return found


def tree_of(places: Places, instead: Mapping[str, str]) -> dict[str, str]:
    """Return the hash of each file of the program and its data, by path; `instead` has the texts of edited ones.

    Files by the endings of code and data alone. Folders that are hidden, hold packages or are links are none of it, nor
    is a file that a backend writes, one of more than 64 MiB, or that of approvals, in which a plan is approved.
    """
    approvals = places.approvals
    found = ((str(path.relative_to(places.folder)), path) for path in _files(places.folder) if path != approvals)
    return {
        name: hashlib.sha256(instead[name].encode() if name in instead else path.read_bytes()).hexdigest()
        for name, path in found
    }


def refuse_moved(then: Bound, places: Places, folder: Path, plan: Path, before: Mapping[str, str]) -> None:
    """Refuse to go on where anything that a plan was made of is otherwise now; `before` are the edited files' texts.

    Raises:
        ApprovalMovedError: it is; the message says what.
        StackError, OSError: it can't be known.
    """
    tree = refuse_other_files(places, folder, before)
    if moved := then.moved(bound_of(places, tree, state_of(places), plan)):
        told = f"since the plan was made, {' and '.join(moved)} changed; nothing was done"
        raise ApprovalMovedError(told, subject=moved[0])


def refuse_other_files(places: Places, folder: Path, before: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse where another file of the program, its data or the settings changed since the plan was made.

    Else return the hash of each.

    Raises:
        ApprovalMovedError: one did; `value` names them.
    """
    now, then = tree_of(places, before), json.loads((folder / TREE).read_text("utf-8"))
    if files := sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name)):
        named = listed(files)
        told = f"since the plan was made, {named} changed; nothing was done"
        raise ApprovalMovedError(told, subject=files[0], value=named)
    return now


def bound_of(places: Places, tree: Mapping[str, str], state: State, plan: Path) -> Bound:
    """Return what a plan was made of. Raises OSError where it can't be read."""
    settings = {name: tree.get(name, "") for name in (PROJECT, places.stack_file.name)}
    program = {name: digest for name, digest in tree.items() if name not in settings}
    planned = hashlib.sha256(plan.read_bytes()).hexdigest() if plan.exists() else ""  # none of a preview that failed
    return Bound(_hash(program), _hash(settings), state.digest, planned)


def _files(folder: Path) -> Iterator[Path]:
    for here, inner, files in os.walk(folder):
        inner[:] = [name for name in inner if not is_foreign(here, name)]
        for path in (Path(here) / name for name in files if _is_read(name)):
            if path.is_file() and path.stat().st_size <= _LARGEST and declares(path):
                yield path


def _is_read(name: str) -> bool:
    return name.endswith((*_CODE, *_DATA)) or name.startswith(_ZONE)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if SPECIAL in value and "ciphertext" in value:
            return "[secret]"  # each export encrypts it anew
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
