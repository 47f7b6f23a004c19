"""What a delete of one of this library's own resources takes away, weighed at the preview; docs/limits.md."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi.runtime import rpc
from pulumi.runtime.config import get_config

from sophia_infra import settings
from sophia_infra.advised import Leaving, refuse_leaving
from sophia_infra.changes import Exposure
from sophia_infra.engine_run import OURS
from sophia_infra.guard.tally import EXPOSURE, OVERRIDE


def refuse(type_: str, outputs: Any, ceiling: Exposure) -> None:
    """Say what leaves with a resource of ours, and refuse it beyond `ceiling`; `outputs` are the engine's, undecoded.

    Raises:
        SophiaError: more hangs on it than may go, or it can't be told.
    """
    weigh = _weighers().get(type_.removeprefix(OURS)) if type_.startswith(OURS) else None
    if weigh is None:
        return
    props, _ = rpc.deserialize_properties_unwrap_secrets(outputs, keep_unknowns=True)
    if leaving := weigh(props):
        word = f"for this run only: {OVERRIDE}={EXPOSURE}={leaving.changes.exposure}"
        named = "a zone's overrides may name all that goes (run `pulumi up` with them first); "
        way_out = f"if it is meant, {named if leaving.about.kind == 'zone' else ''}{word}"
        refuse_leaving(leaving, ceiling, settings.journal(get_config), way_out)


def _weighers() -> dict[str, Callable[[Mapping[str, Any]], Leaving | None]]:
    # A program without zones or certificates loads nothing of them.
    from sophia_infra.dns.provider import leaving as zone
    from sophia_infra.tls import departure as tls

    return {
        "ZoneRecords": lambda props: zone(props, get_config),
        "Certificate": tls.certificate,
        "CertificateKey": tls.key,
    }
