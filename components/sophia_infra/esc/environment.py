"""The one door: `Environment.open("sophia/dev")`."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sophia_infra.esc import references
from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.evaluation import follow
from sophia_infra.esc.nodes import as_path
from sophia_infra.esc.values import Value

if TYPE_CHECKING:
    import pulumi

    from sophia_infra.esc.about import About
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

    def __getitem__(self, path: str) -> "pulumi.Output[Any]":
        """Return the value at a path as an output of a program, a secret one where it holds a secret.

        Raises:
            EscError: as `value`.
        """
        from pulumi import Output  # in a program, where it is loaded already

        found = self.value(path)
        return Output.secret(found.plain()) if found.has_secret else Output.from_input(found.plain())

    def reference(self, path: str) -> str:
        """Return what stands for the text at a path wherever a setting takes a credential, such as `esc://shop/prod/db.url`.

        It is looked up by name where it is used, and so among the environments of the project.

        Raises:
            EscError: there is no text.
        """
        found = self.value(path)
        if not isinstance(found.content, str):
            raise EscError("a reference leads to a text, and this is none", found.place, code="esc-reference")
        return f"esc://{self.name}/{as_path(references.path(path, Place(self.name, 1, 1, path)))}"

    def config(self) -> None:
        """Have `pulumi.Config` of this program find what `pulumiConfig` sets; the stack's own file stands above it.

        Providers don't see it, since the engine gives them the stack's configuration. So what is not the program's by
        its namespace has to stand there as well.

        Raises:
            EscError: a key of another namespace does not, or stands there with another value.
        """
        import pulumi
        from pulumi.runtime import config

        known = {**config.get_config_env(), **config.CONFIG.get()}
        secret = {key for key in known if config.is_config_secret(key)}
        for name, item in self.pulumi_config.items():
            key = name if ":" in name else f"{pulumi.get_project()}:{name}"
            text = item.content if isinstance(item.content, str) else item.json()
            if not key.startswith(f"{pulumi.get_project()}:") and known.get(key) != text:
                told = (
                    f"providers read {key}, and they are given the stack's configuration alone; write that: sophia esc "
                    f"config {self.name} --stack {pulumi.get_stack()}"
                )
                raise EscError(told, item.place, code="esc-config", field=key)
            if key not in known:
                known[key] = text
                secret |= {key} if item.has_secret else set()
        config.set_all_config(known, sorted(secret))

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

    @cached_property
    def about(self) -> "dict[str, About]":
        """What `aboutValues` says of values, by path: purpose, owner, consumers, rotation, exposure; never a value.

        Raises:
            EscError: it says what nothing reads, is about no value, or holds a secret.
        """
        from sophia_infra.esc import about  # few programs ask

        said = self._projection(about.KEY)
        for path, item in said.items():
            try:
                self.value(path)
            except EscError as error:
                raise EscError(f"it is about no value: {error}", item.place, code="esc-about", field=path) from None
        return about.read(said)

    def _texts(self, key: str) -> dict[str, Value]:
        texts = {
            name: item for name, item in self._projection(key).items() if not isinstance(item.content, list | dict)
        }
        return {name: Value(item.text()[0], item.secret, item.place) for name, item in texts.items()}

    def _projection(self, key: str) -> dict[str, Value]:
        content = self.values.content
        found = content.get(key) if isinstance(content, dict) else None
        return dict(found.content) if found and isinstance(found.content, dict) else {}
