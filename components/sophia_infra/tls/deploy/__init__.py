"""Deploying: a key and its certificate as files that a server reads, and the command that has it read them anew."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sophia_infra.errors import SophiaError
from sophia_infra.values import Value

MEMBERS = ("files", "reload", "owner", "group", "mode")
PRIVATE = "0600"
_MODE = re.compile(r"0?[0-7]{3}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\$?")


class DeployError(SophiaError):
    """A certificate that is not served as it should be.

    It stands in the state; the next `up` tries again, without an order.
    """

    code = "deploy"


@dataclass(frozen=True, slots=True)
class DeploySettings:
    """Where a certificate goes on this machine.

    Attributes:
        files: the folder, which `Files` lays out.
        reload: the command that has the server read them, as its words: no shell is asked. Empty for none.
        owner, group: whose the key is, by name or number; empty for whoever runs this.
        mode: the mode of the key's file; others never have a bit of it.
    """

    files: Path
    reload: tuple[str, ...] = ()
    owner: str = ""
    group: str = ""
    mode: int = 0o600

    @classmethod
    def read(cls, given: Value) -> Self:
        """Read the settings; the error of `given` is raised where one is not known or not allowed."""
        given.mapping("write it like {'files': '/etc/ssl/shop'}")
        given.members(MEMBERS, "setting of deploy")
        mode = given.get("mode", PRIVATE)
        text = mode.text("give it as a text, such as '0640'", fits=_MODE.fullmatch)
        bits = int(text, 8)
        if bits & ~0o660 or not bits & 0o400:
            raise mode.wrong("give '0600', '0640' or '0660': nobody but its owner and group may get at a key")
        words = given.get("reload", ()).items("give a list of words, such as ['systemctl', 'reload', 'nginx']")
        who = "give a name or a number of this system"
        return cls(
            files=Path(given.get("files").text("give the path of a folder", fits=bool)),
            reload=tuple(word.text("give a text", fits=bool) for word in words),
            owner=given.get("owner", "").text(who, fits=_fits),
            group=given.get("group", "").text(who, fits=_fits),
            mode=bits,
        )


def _fits(name: str) -> bool:
    return not name or bool(_NAME.fullmatch(name))
