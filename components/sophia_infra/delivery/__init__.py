"""Files with secrets for others on this machine: who may read one, and the command that has a server read it anew."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sophia_infra import home
from sophia_infra.errors import SophiaError
from sophia_infra.values import Value

MEMBERS = ("owner", "group", "mode")
PRIVATE = "0600"
_MODE = re.compile(r"0?[0-7]{3}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\$?")


class OwnerError(SophiaError):
    """An owner or a group that this system does not know; `field` is which of both."""

    code = "owner"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read a file that holds a secret.

    Attributes:
        owner, group: whose it is, by name or number; empty for whoever runs this.
        mode: its mode; others never have a bit of it.
    """

    owner: str = ""
    group: str = ""
    mode: int = 0o600

    @classmethod
    def read(cls, given: Value) -> Self:
        """Read the members of a mapping; its error is raised where one is not allowed."""
        mode = given.get("mode", PRIVATE)
        bits = int(mode.text("give it as a text, such as '0640'", fits=_MODE.fullmatch), 8)
        if bits & ~0o660 or not bits & 0o400:
            raise mode.wrong("give '0600', '0640' or '0660': nobody but its owner and group may get at a secret")
        who = "give a name or a number of this system"
        return cls(given.get("owner", "").text(who, fits=_fits), given.get("group", "").text(who, fits=_fits), bits)

    def numbers(self) -> tuple[int, int]:
        """Return owner and group as numbers, -1 for those that a file has anyhow.

        Raises:
            OwnerError: this system does not know one.
        """
        import grp  # where there are no such names, neither has a file an owner
        import pwd

        owner = _number(self.owner, lambda name: pwd.getpwnam(name).pw_uid, "owner")
        return owner, _number(self.group, lambda name: grp.getgrnam(name).gr_gid, "group")

    def fault(self, path: Path) -> str:
        """Return what is wrong about who may read a file, empty where nothing is."""
        status, (owner, group) = path.stat(), self.numbers()
        if status.st_mode & 0o777 != self.mode:
            return f"the mode of {path} is {status.st_mode & 0o777:04o}"
        is_owned = owner in (-1, status.st_uid) and group in (-1, status.st_gid)
        return "" if is_owned else f"{path} belongs to another owner or group"

    def give(self, descriptor: int) -> None:
        """Set who may read an open file: the owner first, whose change may clear bits of the mode."""
        os.fchown(descriptor, *self.numbers())
        os.fchmod(descriptor, self.mode)

    def write(self, path: Path, text: str) -> None:
        """Replace a file in one step; it is its maker's alone until it has its owner.

        Raises:
            OSError: it can't be written; the one before stands.
            OwnerError: its owner or group is not known here.
        """

        def prepare(draft: str) -> None:
            with open(draft, "rb") as file:
                self.give(file.fileno())

        home.write_whole(path, text, prepare=prepare)


OWN = Access()
"""Of a file that nobody but its maker reads."""


def _fits(name: str) -> bool:
    return not name or bool(_NAME.fullmatch(name))


def _number(given: str, find: Callable[[str], int], field: str) -> int:
    if not given or given.isdecimal():
        return int(given or -1)
    try:
        return find(given)
    except KeyError:
        told = f"{field} is {given!r}, which this system does not know; give one that it has, or leave it out"
        raise OwnerError(told, field=field, value=given) from None
