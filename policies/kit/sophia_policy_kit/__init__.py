"""What every policy pack needs, and needs only once.

A pack imports the kit by this one name. By another there would be a second `ContractError`, which `policy` lets out.
"""

from sophia_policy_kit.contract import AUTONOMY, EXPOSURES, LEVELS, VERDICTS, Reason, exposure, reasons
from sophia_policy_kit.pack import serve
from sophia_policy_kit.policy import Rule, Schema, policy
from sophia_policy_kit.properties import ContractError, Property, printable

__all__ = [
    "AUTONOMY",
    "EXPOSURES",
    "LEVELS",
    "VERDICTS",
    "ContractError",
    "Property",
    "Reason",
    "Rule",
    "Schema",
    "exposure",
    "policy",
    "printable",
    "reasons",
    "serve",
]
