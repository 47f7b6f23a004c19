"""Deploying: a key and its certificate as files that a server reads, and the command that has it read them anew."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sophia_infra import delivery
from sophia_infra.delivery import Access
from sophia_infra.errors import SophiaError
from sophia_infra.values import Value

MEMBERS = ("files", "reload", *delivery.MEMBERS)


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
        owner, group, mode: who may read the key, as `Access` has them.
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
        access = Access.read(given)
        words = given.get("reload", ()).items("give a list of words, such as ['systemctl', 'reload', 'nginx']")
        return cls(
            files=Path(given.get("files").text("give the path of a folder", fits=bool)),
            reload=tuple(word.text("give a text", fits=bool) for word in words),
            owner=access.owner,
            group=access.group,
            mode=access.mode,
        )

    @property
    def access(self) -> Access:
        """Who may read the key."""
        return Access(self.owner, self.group, self.mode)
