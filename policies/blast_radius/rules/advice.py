"""Advice: what blocks, and what people should read."""

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel

from sophia_policy_kit import AUTONOMY, LEVELS, VERDICTS, Property, Schema, policy, printable

SHOWN: Schema = {
    "levels": {
        "type": "array",
        "items": {"type": "string", "enum": list(LEVELS)},
        "default": [],
        "description": "The levels of findings that are shown here as well; Diagnostics has errors and warnings.",
    }
}

AUTONOMY_AT_MOST: Schema = {
    "maxAutonomy": {
        "type": "string",
        "enum": list(AUTONOMY),
        "default": "full",
        "description": "The highest level of autonomy (`sophia:autonomy`) that a resource may go by.",
    }
}


def autonomy_ceiling(advice: Property, config: Property) -> Iterator[str]:
    """Judge the level that is in force; a resource that names none grants no edits, as at `suggest`."""
    ceiling, level = config.get("maxAutonomy").word(AUTONOMY), advice.get("autonomy", "suggest").word(AUTONOMY)
    if AUTONOMY.index(level) > AUTONOMY.index(ceiling):
        yield (
            f"The level of autonomy is {level}; maxAutonomy is {ceiling}. Set it: pulumi config set sophia:autonomy "
            f"{ceiling}, or, if it is meant, raise maxAutonomy in the pack's configuration"
        )


def blocking_advice(advice: Property, _: Property) -> Iterator[str]:
    """Judge the advisor's verdict."""
    if advice.get("verdict").word(VERDICTS) == "block":
        yield (
            f"{printable(advice.get('advisor').text(), 40)} says block: {printable(advice.get('summary').text())}. "
            f"Resolve the findings, or, if it is meant, set blocking-advice to advisory in the pack's configuration"
        )


def shown_advice(advice: Property, config: Property) -> Iterator[str]:
    """Show each kind of finding of the chosen levels; this policy never stops a run."""
    levels = config.get("levels").texts()
    for finding in advice.get("findings").items():
        level = finding.get("level").word(LEVELS)
        if level in levels:
            code, subject, message, fix = (
                printable(finding.get(key).text()) for key in ("code", "subject", "message", "fix")
            )
            since = " (as before)" if finding.get("old", False).flag() else ""
            yield f"{level} {code}{since} {subject}: {message}" + (f" Fix: {fix}" if fix else "")


AUTONOMY_CEILING = policy(
    "autonomy-ceiling", "Only so much is applied without a person.", "advice", autonomy_ceiling, AUTONOMY_AT_MOST
)
BLOCKING_ADVICE = policy("blocking-advice", "An advisor's block stands.", "advice", blocking_advice)
SHOWN_ADVICE = policy("advice", "What the advisor found.", "advice", shown_advice, SHOWN, EnforcementLevel.ADVISORY)
