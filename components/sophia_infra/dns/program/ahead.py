"""A zone's change, asked about in the program: the engine checks one zone after the other, and here all ask at once."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

from pulumi.runtime.config import get_config

from sophia_infra import settings
from sophia_infra.component import at_most
from sophia_infra.dns.backends import Credentials, open_backend
from sophia_infra.dns.lifecycle.foresight import ask_ahead
from sophia_infra.dns.program.outputs import is_late
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.errors import SophiaError


async def asked(inputs: Mapping[str, Any]) -> None:
    """Have the stack's model asked what the check of a zone will ask, and wait for its answer as long as one may take.

    Whatever fails is found by the check as well, which says so.
    """
    if is_late(inputs) or any(map(isawaitable, inputs.values())):
        return
    try:
        spec = ZoneSpec.from_inputs(inputs, settings.read(get_config))
        backend = open_backend(inputs.get("backend") or {}, inputs["domain"], Credentials(get_config))
        journal = settings.journal(get_config)
    except SophiaError:
        return
    if spec.settings.claude:
        await at_most(spec.settings.claude.timeout, lambda: ask_ahead(spec, journal, backend))
