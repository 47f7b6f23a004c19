"""A stack's settings as its file has them: no engine is asked, and no passphrase."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sophia_infra import settings
from sophia_infra.doctor.result import Result, Status
from sophia_infra.errors import SophiaError


@dataclass(frozen=True, slots=True)
class Stack:
    """The settings of a stack, by full key.

    Attributes:
        file: the file, None where no stack is looked at.
        values: what is not secret.
        secret: the keys of what is.
        fault: why the file can't be read; empty where it can.
    """

    file: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()
    fault: str = ""

    @classmethod
    def read(cls, file: Path | None) -> "Stack":
        """Read a file such as `Pulumi.dev.yaml`."""
        if file is None:
            return cls()
        import yaml

        try:
            found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
            config = dict(found.get("config") or {})
        except OSError as error:
            return cls(file, fault=error.strerror or "it can't be opened")
        except (ValueError, TypeError, AttributeError, yaml.YAMLError):  # a parser would quote what may be secret
            return cls(file, fault="it is not the YAML of a stack")
        secret = {str(key) for key, value in config.items() if isinstance(value, dict) and set(value) == {"secure"}}
        plain = {str(key): value for key, value in config.items() if str(key) not in secret}
        return cls(file, plain, frozenset(secret))

    def get(self, key: str) -> str | None:
        """Return the text of a key as a program sees it, None where there is none or it is secret."""
        value = self.values.get(key)
        return value if value is None or isinstance(value, str) else json.dumps(value)


def configuration(stack: Stack) -> Result:
    """Return whether the library would take the stack's settings, and no credential stands there for all to read."""
    if stack.file is None:
        return Result("configuration", Status.OK, "no stack is looked at; --stack Pulumi.NAME.yaml names one")
    if stack.fault:
        told = f"{stack.file} can't be read: {stack.fault}"
        return Result("configuration", Status.PROBLEM, told, "name the stack's file with --stack")
    for key in sorted(stack.values):
        if settings.is_credential(key):
            told = f"{key} stands in {stack.file} for all to read"
            return Result("configuration", Status.PROBLEM, told, f"pulumi config set --secret {key}, with a new one")
    try:
        settings.refuse_unknown([*stack.values, *stack.secret], stack.secret)
        settings.read(stack.get)
    except SophiaError as error:
        return Result("configuration", Status.PROBLEM, f"{stack.file}: {error}", f"mend {error.field or 'it'} there")
    return Result("configuration", Status.OK, f"{stack.file}: every setting is known")
