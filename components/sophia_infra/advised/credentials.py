"""What environments say of the credentials that a resource goes by, for its advisor; the rules for that are here.

docs/rules.md explains every code.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sophia_infra.advice.consult import RuleAdvisor
from sophia_infra.advice.model import Finding, Level
from sophia_infra.advised.resource import Plan
from sophia_infra.changes import Exposure
from sophia_infra.credentials.about import Said, said

_GRAVE = (str(Exposure.HIGH), str(Exposure.CRITICAL))


def with_credentials(plan: Plan) -> Plan:
    """Return a plan whose advisor is told what is said of its credentials, where anything is."""
    found = list(said(plan.credentials))
    if not found:
        return plan
    advisor = plan.advisor
    if isinstance(advisor, RuleAdvisor):
        rules = advisor.findings
        advisor = replace(advisor, findings=lambda: [*rules(), *judge(found)])
    return replace(plan, advisor=advisor, facts={**plan.facts, "credentials": [str(each) for each in found]})


def judge(credentials: Iterable[Said]) -> Iterator[Finding]:
    """Yield what is missing of what is said."""
    for each in credentials:
        about, way_out = each.about, "say it beside the value, in aboutValues (docs/environments.md)"
        if not about.owner:
            told = f"{each.reference}: its environment does not say whose it is, so nobody is asked before it changes"
            yield Finding("credential-owner-unsaid", Level.INFO, each.setting, told, way_out)
        if about.exposure in _GRAVE and not about.max_age:
            told = f"{each.reference}: its exposure is {about.exposure}, and nothing says when it is to be rotated"
            yield Finding("credential-age-unsaid", Level.WARNING, each.setting, told, way_out)
