"""How the control of a name is shown to an ACME CA, checked and in canonical form. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from sophia_infra.values import Value


class ChallengeKind(StrEnum):
    """How the control of a name is shown."""

    HTTP_01 = "http-01"
    """A file that a web server of the name serves on port 80 (RFC 8555 section 8.3)."""


@dataclass(frozen=True, slots=True)
class ChallengeSettings:
    """How control is shown. `webroot` is the folder whose files the web server serves at `/`."""

    kind: ChallengeKind
    webroot: str = ""

    @classmethod
    def read(cls, given: Value) -> Self | None:
        """Read the settings, None where there are none; the error of `given` is raised where one is not allowed."""
        if given.value is None:
            return None
        given.members(("kind", "webroot"), "setting of a challenge")
        kind = ChallengeKind(given.get("kind").word(list(ChallengeKind)))
        webroot = given.get("webroot").text("give the path of the folder that the web server serves at /", fits=bool)
        return cls(kind, webroot)

    def refusal(self, domains: tuple[str, ...]) -> str:
        """Return why names can't be shown so, empty where all can."""
        if wildcard := next((name for name in domains if name.startswith("*.")), ""):
            return f"{wildcard} can't be shown by {self.kind}, which is for single names"
        return ""

    def as_inputs(self) -> dict[str, str]:
        """Return the settings as `read` takes them."""
        return {"kind": str(self.kind), "webroot": self.webroot}
