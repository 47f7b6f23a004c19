"""A stack's settings as its files have them: no engine is asked, and no passphrase."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sophia_infra import settings
from sophia_infra.credentials import holds_credential
from sophia_infra.doctor.result import Result, Status
from sophia_infra.errors import SophiaError

PROJECT = "Pulumi.yaml"
_NOT_YAML = "it is not the YAML of a {}"  # a parser would quote what may be secret


@dataclass(frozen=True, slots=True)
class Stack:
    """The settings of a stack, by full key: those of its file stand above those of its project.

    Attributes:
        file: the file, None where no stack is looked at.
        values: what is not secret.
        secret: the keys of what is.
        opens: whether the stack opens an ESC environment, which may hold more.
        fault: why the file can't be read; empty where it can.
        project: what Pulumi.yaml beside it says; None where there is none.
        project_fault: why that can't be read; empty where it can.
    """

    file: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()
    opens: bool = False
    fault: str = ""
    project: Mapping[str, Any] | None = None
    project_fault: str = ""

    @classmethod
    def read(cls, file: Path | None) -> "Stack":
        """Read a file such as `Pulumi.dev.yaml`, and the project's beside it; without one, the project's here."""
        beside = (file.parent if file else Path()) / PROJECT
        project, project_fault = _read(beside, "project") if beside.exists() else (None, "")
        stack, fault = _read(file, "stack") if file else ({}, "")
        found = {**_config_of(project), **_config(stack or {})}
        secret = {key for key, value in found.items() if isinstance(value, dict) and set(value) == {"secure"}}
        plain = {key: value for key, value in found.items() if key not in secret}
        opens = bool((stack or {}).get("environment"))
        return cls(file, plain, frozenset(secret), opens, fault, project, project_fault)

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.file.parent if self.file else Path()

    def get(self, key: str) -> str | None:
        """Return the text of a key as a program sees it, None where there is none or it is secret."""
        value = self.values.get(key)
        return value if value is None or isinstance(value, str) else json.dumps(value)


def _read(file: Path, what: str) -> tuple[Mapping[str, Any] | None, str]:
    """Return what a file holds, or else why it can't be read."""
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        _config(found)
    except OSError as error:
        return None, error.strerror or "it can't be opened"
    except (ValueError, TypeError, AttributeError, RecursionError, yaml.YAMLError):
        return None, _NOT_YAML.format(what)
    return found, ""


def _config(found: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in dict(found.get("config") or {}).items()}


def _config_of(project: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values that a project has for all its stacks: plain ones, and what stands as `value` or `default`."""
    found = {}
    for key, given in _config(project or {}).items():
        value = given
        if isinstance(given, dict) and given.keys() & {"value", "default", "type", "secret", "description"}:
            value = given.get("value", given.get("default"))
        if value is not None:
            found[key if ":" in key else f"{(project or {}).get('name')}:{key}"] = value
    return found


def project(stack: Stack) -> Result:
    """Return whether Pulumi.yaml says what is run, and whether the environment that it names is there."""
    if stack.project_fault:
        told = f"{stack.folder / PROJECT} can't be read: {stack.project_fault}"
        return Result("project", Status.PROBLEM, told, "pulumi new, or mend it")
    if stack.project is None:
        return Result("project", Status.OK, f"there is no {PROJECT} in {stack.folder.resolve()}")
    name, runtime = stack.project.get("name"), stack.project.get("runtime")
    kind = runtime.get("name") if isinstance(runtime, dict) else runtime
    if not isinstance(name, str) or not isinstance(kind, str):
        told = f"{stack.folder / PROJECT} has no name, or no runtime"
        return Result("project", Status.PROBLEM, told, "write name: and runtime: there")
    environment = virtualenv(stack)
    if environment and not (environment / "bin" / "python").exists():
        told = f"project {name} runs in {environment}, where there is no Python"
        return Result("project", Status.PROBLEM, told, "pulumi install")
    where = f" in {environment}" if environment else ""
    return Result("project", Status.OK, f"project {name} runs {kind}{where}")


def virtualenv(stack: Stack) -> Path | None:
    """Return the virtual environment that the project's Python runs in; None where it names none."""
    runtime = (stack.project or {}).get("runtime")
    options = runtime.get("options") if isinstance(runtime, dict) else None
    named = options.get("virtualenv") if isinstance(options, dict) else None
    return stack.folder / named if isinstance(named, str) and named else None


def configuration(stack: Stack) -> Result:
    """Return whether the library would take the settings, and no credential stands there for all to read."""
    if stack.fault:
        told = f"{stack.file} can't be read: {stack.fault}"
        return Result("configuration", Status.PROBLEM, told, "name the stack's file with --stack")
    where = stack.file or stack.folder / PROJECT
    for key in sorted(stack.values):
        if settings.is_credential(key) and holds_credential(str(stack.get(key))):
            told = f"{key} stands in {where} for all to read"
            way_out = f"pulumi config set --secret {key}, with a new one, or a reference to it (docs/credentials.md)"
            return Result("configuration", Status.PROBLEM, told, way_out)
    try:
        settings.refuse_unknown([*stack.values, *stack.secret], stack.secret)
        settings.read(stack.get)
    except SophiaError as error:
        return Result("configuration", Status.PROBLEM, f"{where}: {error}", f"mend {error.field or 'it'} there")
    if stack.file is None:
        return Result("configuration", Status.OK, "no stack is looked at; --stack Pulumi.NAME.yaml names one")
    return Result("configuration", Status.OK, f"{where}: every setting is known")
