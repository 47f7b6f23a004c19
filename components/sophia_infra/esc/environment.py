"""The one door: `Environment.open("sophia/dev")`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from sophia_infra.esc import references
from sophia_infra.esc.cipher import TeamKey
from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.evaluation import Decrypter, Run, Source, follow
from sophia_infra.esc.files import FOLDER, Files
from sophia_infra.esc.providers import SHIPPED, Provider
from sophia_infra.esc.values import Value

_NOTHING: Mapping[str, Any] = {}


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

    @classmethod
    def open(
        cls,
        name: str,
        folder: str | Path = FOLDER,
        *,
        source: Source | None = None,
        decrypter: Decrypter | None = None,
        providers: Mapping[str, Provider] | None = None,
        context: Mapping[str, Any] = _NOTHING,
    ) -> Self:
        """Evaluate an environment and what it imports.

        `source` is where environments are kept, by default the files of `folder`. `decrypter` opens secrets in files,
        by default the team's key. `providers` stand beside the shipped ones. `context` is what `${context.*}` has
        beside `rootEnvironment.name` and `currentEnvironment.name`.

        Raises:
            EscError: there is no such environment, or it has an error; nothing is left unknown.
        """
        known = {**SHIPPED, **(providers or {})}
        given = {key: Value.of(item) for key, item in context.items()}
        run = Run(source or Files(folder), decrypter or TeamKey(), known, given, name)
        try:
            return cls(name, run.evaluate(name), tuple(run.warnings))
        except RecursionError:
            raise EscError(
                f"{name} refers from one value to the next too often", code="esc-cycle", field=name
            ) from None

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
