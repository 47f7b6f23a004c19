"""The one door: `Environment.open("sophia/dev")`."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sophia_infra.esc import references
from sophia_infra.esc.errors import Place
from sophia_infra.esc.evaluation import follow
from sophia_infra.esc.values import Value

if TYPE_CHECKING:
    from sophia_infra.esc.sources import Source


@dataclass(frozen=True)
class Environment:
    """An environment as it is evaluated: all values known, secrets marked.

    Attributes:
        name: such as `sophia/dev`.
        values: the mapping of all values.
        warnings: what is odd and no error, a line each: keys that do nothing, overrides of final values.
    """

    name: str
    values: Value
    warnings: tuple[str, ...] = ()

    @staticmethod
    def open(name: str, folder: str | Path | None = None, *, source: "Source | None" = None) -> "Environment":
        """Evaluate an environment and what it imports.

        `folder` has the files that define it, and `source` is where else environments are. Without either,
        `SOPHIA_ENVIRONMENTS` says where: in the files of `esc`, by default.

        Raises:
            EscError: there is no such environment, or it has an error; nothing is left unknown.
        """
        from sophia_infra.esc import sources  # which evaluates, and so needs this module

        return (source or sources.chosen(folder)).open(name)

    def value(self, path: str) -> Value:
        """Return the value at a path such as `app.ports[0]["odd key"]`; what stands below a secret is one here.

        Raises:
            EscError: there is none, or it is no path.
        """
        place = Place(self.name, 1, 1, path)
        keys = references.path(path, place)
        found = follow(self.values, keys, 0, place)
        above = (follow(self.values, keys[:at], 0, place) for at in range(len(keys)))
        return replace(found, secret=True) if any(each.secret for each in above) else found

    @cached_property
    def environment_variables(self) -> dict[str, Value]:
        """What `environmentVariables` sets: texts, by name. As in ESC, lists and mappings among them are left out."""
        return self._texts("environmentVariables")

    @cached_property
    def files(self) -> dict[str, Value]:
        """The content of the files of `files`, by the variable that is to hold the file's path."""
        return self._texts("files")

    @cached_property
    def pulumi_config(self) -> dict[str, Value]:
        """What `pulumiConfig` sets, by key as it is written there; a value may be of any type."""
        return self._projection("pulumiConfig")

    def _texts(self, key: str) -> dict[str, Value]:
        found = self._projection(key).items()
        return {
            name: Value(item.text()[0], item.secret, item.place)
            for name, item in found
            if not isinstance(item.content, list | dict)
        }

    def _projection(self, key: str) -> dict[str, Value]:
        content = self.values.content
        found = content.get(key) if isinstance(content, dict) else None
        return dict(found.content) if found and isinstance(found.content, dict) else {}
