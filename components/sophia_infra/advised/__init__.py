"""The one walk through `check` that every resource takes: plan, advice, approvals, journal, overrides, limits."""

from sophia_infra.advised.ahead import ask_ahead
from sophia_infra.advised.departure import Leaving, refuse_leaving
from sophia_infra.advised.limits import BeyondLimitsError
from sophia_infra.advised.overtaken_plan import DatedRow, PlanOvertakenError, refuse_overtaken
from sophia_infra.advised.resource import About, FixedResource, Plan, Resource
from sophia_infra.advised.saved_plan import as_previewed
from sophia_infra.advised.walk import PlanRow, check, rivals

__all__ = [
    "About",
    "BeyondLimitsError",
    "DatedRow",
    "FixedResource",
    "Leaving",
    "Plan",
    "PlanOvertakenError",
    "PlanRow",
    "Resource",
    "as_previewed",
    "ask_ahead",
    "check",
    "refuse_leaving",
    "refuse_overtaken",
    "rivals",
]
