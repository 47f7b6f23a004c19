"""Carries a scenario out on a backend by the code that the engine's provider runs, and checks it after every step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from sophia_infra.dns.backends import Backend, BackendError
from sophia_infra.dns.lifecycle import apply, check
from sophia_infra.dns.rr.record import apex_of, from_text, to_text
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from tests.dns.scenarios.model import DOMAIN, TTL, Scenario, Step
from tests.support.zone_text import canonical

NO_LIMITS = {
    "max_deletes": None,
    "max_updates": None,
    **dict.fromkeys(["max_delete_share", "max_update_share", "max_source_shrink"], 1.0),
    "max_exposure": "critical",
}

Begin = Callable[[], None]
"""Begins another run of the engine: a plan and its apply belong to one."""


def run(scenario: Scenario, backend: Backend, journal: Journal, served: Callable[[str], None], begin: Begin) -> None:
    """Apply each step, then plan it again. `served` gets the zone as it must be served now."""
    olds: dict[str, Any] = {}
    for step in scenario.steps:
        if step.by_hand:
            _write(backend, step.by_hand)
        begin()
        inputs = _inputs(step)
        if step.refused:
            _refused(inputs, olds, journal, backend, step.refused)
            continue
        olds = applied(_planned(inputs, olds, journal, backend), olds, journal, backend)
        begin()
        served(_settled(step, olds, journal, backend))


def refuse(scenario: Scenario, backend: Backend, journal: Journal, begin: Begin) -> None:
    """Check that the backend refuses one of the steps, the first as a rule, before it writes anything."""
    olds: dict[str, Any] = {}
    for step in scenario.steps:
        begin()
        inputs, before = _inputs(step), backend.read()
        try:
            planned = _planned(inputs, olds, journal, backend)
        except BackendError:
            assert backend.read() == before
            return
        olds = applied(planned, olds, journal, backend)
    pytest.fail("the backend holds it all")


def _refused(inputs: Mapping[str, Any], olds: Mapping[str, Any], journal: Journal, backend: Backend, code: str) -> None:
    before = backend.read()
    with pytest.raises(SophiaError) as caught:
        _planned(inputs, olds, journal, backend)
    found = {caught.value.code, *(problem.code for problem in getattr(caught.value, "problems", ()))}
    assert found & {code, "not-held"}, found  # a home may hold no record of the type at all
    assert backend.read() == before


def text_of(lines: str) -> str:
    """Lines of a scenario as canonical text."""
    return canonical(lines, DOMAIN, default_ttl=TTL)


def _inputs(step: Step) -> dict[str, Any]:
    return {
        "domain": DOMAIN,
        # what the step itself gets wrong is for the plan to find
        "text": to_text(from_text(_joined(step))) if step.refused else text_of(step.zone),
        "late": {},
        "late_secret": [],
        "protect": [],
        "manage": list(step.manage) or ["all"],
        "ignore": list(step.ignore),
        "limits": NO_LIMITS,
        "name_servers": [],
        "backend": {},
    }


def _joined(step: Step) -> str:
    return "".join(text_of(f"{line}\n") for line in step.zone.splitlines())


def planned_step(step: Step, olds: Mapping[str, Any], journal: Journal, backend: Backend) -> dict[str, Any]:
    """Return the inputs of a step as the provider's `check` returns them."""
    return _planned(_inputs(step), olds, journal, backend)


def _planned(inputs: Mapping[str, Any], olds: Mapping[str, Any], journal: Journal, backend: Backend) -> dict[str, Any]:
    spec = ZoneSpec.from_inputs(inputs, Settings())
    return {**inputs, **check.check(spec, ZoneState.from_inputs(olds), journal, backend)}


def applied(inputs: Mapping[str, Any], olds: Mapping[str, Any], journal: Journal, backend: Backend) -> dict[str, Any]:
    """Apply a plan as the provider's `create` and `update` do; return the outputs."""
    planned, state = ZoneState.from_inputs(inputs), ZoneState.from_inputs(olds)
    return {**inputs, **apply.apply(planned, state, journal, backend)}


def _settled(step: Step, outputs: Mapping[str, Any], journal: Journal, backend: Backend) -> str:
    """Check that nothing is left to do, and return the zone."""
    again = planned_step(step, outputs, journal, backend)["changes"]
    assert {name: again[name] for name in ("creates", "updates", "deletes")} == dict.fromkeys(
        ("creates", "updates", "deletes"), 0
    )
    live = backend.read()
    asked = text_of(step.zone + step.kept)
    whole = to_text([*from_text(asked), *_left_to_the_server(asked, live.text)])
    assert with_serial(live.text, 0) == with_serial(backend.normalize(whole, live), 0)
    return live.text


def _left_to_the_server(asked: str, live: str) -> Sequence[Any]:
    given = {record.type for record in apex_of(asked)}
    return [record for record in apex_of(live) if record.type not in given]


def _write(backend: Backend, lines: str) -> None:
    """Write as somebody else: a set that stands already gets these values in place of its own."""
    added = from_text(text_of(lines))
    replaced = {(record.owner, record.type) for record in added}
    live = backend.read()
    kept = [record for record in from_text(live.text) if (record.owner, record.type) not in replaced]
    desired = to_text([*kept, *added])
    backend.apply(lambda _: backend.normalize(desired, live))
