"""What a chat keeps, so that it can go on later: what was understood of what was said, and what was planned."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from sophia_infra.home import make_private, project_folder, write_whole

MOST = 200
"""So many sentences are kept, the newest."""


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a stack; only this user may read its file.

    Attributes:
        path: its file.
        said: the sentences that were understood, oldest first: what is not understood may be a secret, and is not kept.
        plan: the id of the plan that was made last; empty for none.
    """

    path: Path
    said: tuple[str, ...] = ()
    plan: str = ""

    @classmethod
    def of(cls, stack: str, *, is_new: bool = True) -> Self:
        """Return the session of a stack, `project/name`, as it was kept unless it is a new one."""
        name = hashlib.sha256(stack.encode()).hexdigest()[:16]
        fresh = cls(project_folder() / "agent" / "chat" / f"{name}.json")
        with suppress(OSError, ValueError, TypeError, AttributeError):
            kept = {} if is_new else json.loads(fresh.path.read_text("utf-8"))
            return replace(fresh, said=tuple(map(str, kept.get("said", ())))[-MOST:], plan=str(kept.get("plan", "")))
        return fresh

    def keep(self) -> None:
        """Write it to its file. Raises OSError where it can't be written."""
        make_private(project_folder())  # which a first chat makes: journal and keys will stand there
        make_private(self.path.parent)
        write_whole(self.path, json.dumps({"said": self.said[-MOST:], "plan": self.plan}))
