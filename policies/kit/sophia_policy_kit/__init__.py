"""What every policy pack needs, and needs only once.

A pack imports the kit by this one name. By another there would be a second `ContractError`, which `policy` lets out.
"""

from sophia_policy_kit.contract import AUTONOMY, EXPOSURES, LEVELS, VERDICTS, Reason, exposure, reasons
from sophia_policy_kit.pack import serve
from sophia_policy_kit.policy import IGNORE, Rule, Schema, configured, defaults_of, is_ignored, policy
from sophia_policy_kit.properties import ContractError, Property, printable
from sophia_policy_kit.secrecy import SecretText, texts_in

__all__ = [
    "AUTONOMY",
    "EXPOSURES",
    "IGNORE",
    "LEVELS",
    "VERDICTS",
    "ContractError",
    "Property",
    "Reason",
    "Rule",
    "Schema",
    "SecretText",
    "configured",
    "defaults_of",
    "exposure",
    "is_ignored",
    "policy",
    "printable",
    "reasons",
    "serve",
    "texts_in",
]
