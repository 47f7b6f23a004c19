"""What the stack's state has of a certificate, beside what a machine's folder knows of it. The program's side.

No provider is shown the outputs of its resource before it has to decide. The engine shows them to the program.
"""

import logging
from asyncio import AbstractEventLoop, Future, ensure_future, get_running_loop
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import pulumi

from sophia_infra.engine_run import OURS

log = logging.getLogger(__name__)
_READ = "pulumi:pulumi:readStackResourceOutputs"
"""A function of the engine itself: no plugin, and nobody is asked but the stack's backend."""
_CERTIFICATE = f"{OURS}Certificate"
_TOLD = ("label", "generation", "certificate_pem", "chain_pem", "root_pem", "directory", "csr_pem")
"""The outputs that say what stands; none of them is secret."""


async def of_state(urns: Sequence[str]) -> Any:
    """Return the outputs of the certificate in a component, as the last run left them; `urns` are its URN and aliases.

    None where the state has none, and where it can't be read: then this machine's folder alone tells what stands.
    """
    if not pulumi.get_organization():  # which mocks have none of
        return None
    outputs = await _of_stack(pulumi.get_stack(), get_running_loop())
    parts = (urn.rpartition("::") for urn in urns)
    named = (outputs.get(f"{types}${_CERTIFICATE}::{name}") for types, _, name in parts)
    found = (next(filter(None, named), None) or {}).get("outputs", {})
    return {output: found[output] for output in _TOLD if output in found} or None


@lru_cache(maxsize=1)
def _of_stack(stack: str, _loop: AbstractEventLoop) -> "Future[Mapping[str, Any]]":
    """Read the state of a stack once for all certificates of a program."""
    return ensure_future(_read(f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"))


async def _read(stack: str) -> Mapping[str, Any]:
    try:
        found = await pulumi.runtime.invoke_async(_READ, {"stackName": stack})
        outputs: Mapping[str, Any] = found["outputs"]
    except Exception as error:  # an engine without it, a backend that does not answer: previews tell less
        log.debug("the state of %s is not read: %s", stack, error)
        return {}
    return outputs
