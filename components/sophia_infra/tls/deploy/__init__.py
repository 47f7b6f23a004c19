"""Deploying: a key and its certificate as files that a server reads, and the command that has it read them anew."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sophia_infra import delivery
from sophia_infra.delivery import OWN, Access
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
        access: who may read the key.
    """

    files: Path
    reload: tuple[str, ...] = ()
    access: Access = OWN

    @classmethod
    def read(cls, given: Value) -> Self:
        """Read the settings; the error of `given` is raised where one is not known or not allowed."""
        given.mapping("write it like {'files': '/etc/ssl/shop'}")
        given.members(MEMBERS, "setting of deploy")
        words = given.get("reload", ()).items("give a list of words, such as ['systemctl', 'reload', 'nginx']")
        return cls(
            files=Path(given.get("files").text("give the path of a folder", fits=bool)),
            reload=tuple(word.text("give a text", fits=bool) for word in words),
            access=Access.read(given),
        )
