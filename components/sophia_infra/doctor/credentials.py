"""The credentials that a stack reads, and the references to them: there or not, and no value is shown."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from sophia_infra import settings
from sophia_infra.credentials import CONFIGURED, MODEL, CredentialError, Pair, fetch, holds_credential, is_reference
from sophia_infra.doctor.result import Result, Status
from sophia_infra.doctor.stack import Stack
from sophia_infra.doctor.zone_backends import described
from sophia_infra.errors import SophiaError


def credentials(stack: Stack) -> Result:
    """Return whether each credential that a backend or the model reads is there, and each reference leads to one.

    What the stack keeps secret is there, and is not looked at.
    """
    found = [*_read_by_homes(stack), *_referred_to(stack)]
    if lacking := [each for each in found if each.way_out]:
        told = "; ".join(each.told for each in lacking)
        if stack.opens:
            told, status = f"{told}; its ESC environment was not opened", Status.WARNING
        else:
            status = Status.PROBLEM
        return Result("credentials", status, told, lacking[0].way_out)
    told = ", ".join(each.told for each in found)
    return Result("credentials", Status.OK, f"there are {told}" if found else "none is needed")


@dataclass(frozen=True, slots=True)
class _Found:
    """A credential that is there, or is lacking: then there is a way out."""

    told: str
    way_out: str = ""


def _read_by_homes(stack: Stack) -> Iterator[_Found]:
    for who, (key, variable) in _needed(stack):
        full = f"{settings.NAMESPACE}:{key}"
        there = [name for name in (full, variable) if name in stack.secret or _given(stack, name)]
        way_out = f"pulumi config set --secret {full}, or give {variable} in the environment"
        lacks = _Found(f"{who} reads {full} or {variable}, and neither is there", way_out)
        yield _Found(f"{there[0]} of {who}") if there else lacks


def _referred_to(stack: Stack) -> Iterator[_Found]:
    for name in references(stack):
        try:
            fetch(name, partial(_given, stack))
            yield _Found(f"what {name} refers to")
        except CredentialError as error:
            yield _Found(str(error), f"mend {name}, or what it refers to (docs/credentials.md)")


def _given(stack: Stack, name: str) -> str | None:
    """Return what a setting or a variable holds, None where that is nothing or it is secret."""
    return stack.get(name) or os.environ.get(name)


def references(stack: Stack) -> dict[str, str]:
    """Return the settings and variables of ours that hold a reference, each with it, by name."""
    ours = {name for name in os.environ if name.startswith("SOPHIA_") or name in dict(CONFIGURED).values()}
    variables = [name for name in ours if not name.startswith("SOPHIA_ESC_")]  # they open references, and are none
    keys = [key for key in stack.values if key.startswith(f"{settings.NAMESPACE}:")]
    given = {name: _given(stack, name) or "" for name in sorted([*keys, *variables])}
    return {name: text for name, text in given.items() if is_reference(text) and not holds_credential(text)}


def _needed(stack: Stack) -> Iterator[tuple[str, Pair]]:
    for each in described(stack):
        try:
            pair = each.needs()
        except SophiaError:  # `homes` tells of it
            continue
        if pair:
            yield each.path, pair
    advisor = f"{settings.NAMESPACE}:advisor"
    if stack.get(advisor) == settings.CLAUDE:
        yield advisor, MODEL
