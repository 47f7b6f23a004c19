"""What may stand in place of a credential: `env:NAME`, `file:PATH`, `esc://ENVIRONMENT/path.of.value`.

`literal:TEXT` is for a credential that looks like one of them.

A reference is kept as it is written, in settings, states and messages. It is looked up where the credential is used,
once a run; what it stands for is in memory alone. docs/credentials.md says what it is for.
"""

import errno
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING

from sophia_infra import home
from sophia_infra.engine_run import engine_run, program_run
from sophia_infra.errors import SophiaError
from sophia_infra.values import shown

if TYPE_CHECKING:
    from sophia_infra.esc import Environment

_BEGINS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")
_URLS = ("postgresql", "postgres", "redis", "rediss", "dns", "https", "http")
"""What begins so is a credential itself: the URL of a database, mostly."""
_LITERAL = "literal"
_ESC = "esc"
_LOOKING_UP = RLock()
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
_MOST_SHOWN = 12
Run = tuple[str | None, int]
"""What is looked up once: by the engine's run, and by the program within a process."""


class CredentialError(SophiaError):
    """A credential that is asked for and not there; `subject` is the reference that leads to none."""

    code = "credential"


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of reference.

    Attributes:
        form: how it is written, for messages.
        fits: what may stand after the scheme and its colon.
        look_up: returns the credential for that; CredentialError says why there is none.
    """

    form: str
    fits: re.Pattern[str]
    look_up: Callable[[str], str]


def resolve(text: str, field: str) -> str:
    """Return the credential that a setting holds, or refers to.

    Args:
        text: the setting: a reference, or the credential itself.
        field: what the setting is called, such as `sophia:tsigSecret`.

    Raises:
        CredentialError: the reference leads to no credential. The message shows the reference, and no credential.
    """
    if not is_reference(text):
        return text
    name, _, rest = text.partition(":")
    scheme = SCHEMES.get(name.lower())
    if not scheme or not scheme.fits.fullmatch(rest):  # it may be a credential that looks like a reference: not shown
        forms = ", ".join(each.form for each in SCHEMES.values())
        told = f"{field} begins like a reference and is none; give {forms}, the last for what looks like a reference"
        raise CredentialError(told, code="reference-unknown", field=field)
    try:
        with _LOOKING_UP:  # so that all threads of a run get the same
            return _looked_up(name.lower(), rest, (engine_run(), program_run()))
    except CredentialError as error:
        subject = _begun(text) if error.code == "reference-missing" else text
        told = f"{field} is {shown(subject)}, and {error}"
        raise CredentialError(told, code=error.code, field=field, subject=subject, value=error.value) from None


def _begun(text: str) -> str:
    """How a reference to nothing begins: `env:hunter2` may be a password. That to an environment is none."""
    scheme, _, rest = text.partition(":")
    shown_part = rest if scheme.lower() == _ESC else f"{rest[: min(len(rest) // 3, _MOST_SHOWN)]}..."
    return f"{scheme}:{shown_part}"


def is_reference(text: str) -> bool:
    """Return whether a setting refers to a credential: by a scheme that is known, or one with `//` that is no URL's."""
    begins = _BEGINS.match(text)
    scheme = begins[1].lower() if begins else ""
    return scheme in SCHEMES or bool(begins and begins[2] and scheme not in _URLS)


def holds_credential(text: str) -> bool:
    """Return whether a setting holds a credential itself, written after `literal:` or not."""
    return not is_reference(text) or text.partition(":")[0].lower() == _LITERAL


@lru_cache
def _looked_up(scheme: str, rest: str, _run: Run) -> str:
    found = SCHEMES[scheme].look_up(rest)
    if not found:
        raise CredentialError("what it refers to is empty", code="reference-empty")
    return found


def _of_variable(name: str) -> str:
    if name not in os.environ:
        told = "the environment has no such variable: export it, for pulumi destroy as for pulumi up"
        raise CredentialError(told, code="reference-missing")
    return os.environ[name]


def _of_file(path: str) -> str:
    """Return a file's text, without a byte order mark and a line end at its end: editors put them there."""
    try:
        text = home.read_secret(os.path.expanduser(path.removeprefix("//"))).decode("utf-8-sig")
    except home.ExposedError as error:
        raise CredentialError(str(error.strerror), code="reference-exposed", value=error.mode) from None
    except OSError as error:
        if error.errno in _NOT_THERE:
            raise CredentialError("there is no such file", code="reference-missing") from None
        raise CredentialError(f"the file can't be read: {error.strerror}", code="reference-unreadable") from None
    except UnicodeDecodeError:
        raise CredentialError("the file can't be read: it is no text in UTF-8", code="reference-unreadable") from None
    return text.removesuffix("\n").removesuffix("\r")


def place_in_environment(text: str) -> tuple[str, str] | None:
    """Return which environment a reference leads into, and the path in it; None where it leads elsewhere or is none."""
    scheme, _, rest = text.partition(":")
    return _place(rest) if scheme.lower() == _ESC and SCHEMES[_ESC].fits.fullmatch(rest) else None


def _place(rest: str) -> tuple[str, str]:
    """The environment and the path of `//sophia/prod/app["odd key"]`."""
    names, bracket, subscripts = rest.removeprefix("//").partition("[")
    environment, _, name = names.rpartition("/")
    return environment, f"{name}{bracket}{subscripts}"


def _of_environment(rest: str) -> str:
    """Return the text at a place."""
    from sophia_infra.esc import EscError  # few stacks refer to one, and it takes long to load

    environment, path = _place(rest)
    try:
        opened_environment = opened(environment)
    except EscError as error:
        raise _lacking(error, "esc-missing") from None
    try:
        found = opened_environment.value(path).content
    except EscError as error:
        raise _lacking(error, "esc-reference") from None
    if not isinstance(found, str):
        raise CredentialError("what stands there is no text", code="reference-unreadable")
    return found


def opened(environment: str, *, whole: bool = True) -> "Environment":
    """Return an environment, which is evaluated once a run. Where not `whole`, and its source can, without its secrets
    and without asking its providers: that needs no key.

    Raises:
        EscError: there is none, or it has an error.
    """
    from sophia_infra.esc.sources import Local, chosen

    with _LOOKING_UP:
        is_whole = whole or not isinstance(chosen(), Local)
        return _opened(environment, is_whole, (engine_run(), program_run()))


@lru_cache
def _opened(environment: str, whole: bool, _run: Run) -> "Environment":
    from sophia_infra.esc.sources import chosen

    return chosen().open(environment, opens=whole, asks=whole)


def _lacking(error: SophiaError, missing: str) -> CredentialError:
    return CredentialError(str(error), code=f"reference-{'missing' if error.code == missing else 'unreadable'}")


SCHEMES: Mapping[str, Scheme] = {
    "env": Scheme("env:NAME", re.compile("[A-Za-z_][A-Za-z0-9_]*"), _of_variable),
    "file": Scheme("file:PATH", re.compile("[^\0-\x1f]+"), _of_file),
    _ESC: Scheme(
        "esc://PROJECT/ENVIRONMENT/path.of.value",
        re.compile(r"/(/[\w.@-]+){1,3}/([\w.-]+(\[.+)?|\[.+)"),
        _of_environment,
    ),
    _LITERAL: Scheme("literal:TEXT", re.compile(".*", re.DOTALL), str),
}
