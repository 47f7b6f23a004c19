"""What a secret that rotates must be, and what its rotation must show before it ends a login."""

from collections.abc import Iterator
from datetime import date

from pulumi_policy import EnforcementLevel, ResourceValidationPolicy

from sophia_policy_kit import Property, Rule, Schema, policy, printable

from .overrides import CONFIGURATION, OVERRIDES, today, unless_overridden

FACTS = "secret_facts"
STEPS = ("stage", "publish", "suspend", "resume", "revoke")
ENDING = ("suspend", "revoke")


def max_age(facts: Property, config: Property) -> Iterator[str]:
    """Judge how old its value may get by its own terms."""
    hours, most = facts.get("max_age_hours").count(), config.get("maxAgeDays").count()
    if hours > most * 24:
        yield (
            f"A value of the secret {_subject(facts)} gets {hours / 24:g} days old; maxAgeDays is {most}. Set max_age "
            f"to {most}d or less, or raise maxAgeDays {CONFIGURATION}"
        )


def min_length(facts: Property, config: Property) -> Iterator[str]:
    """Judge how long its values are."""
    length, least = facts.get("length").count(), config.get("minLength").count()
    if length < least:
        yield (
            f"A value of the secret {_subject(facts)} has {length} characters; minLength is {least}. Set length to "
            f"{least} or more, or lower minLength {CONFIGURATION}"
        )


def proof(facts: Property, _: Property) -> Iterator[str]:
    """Judge whether a login that this run refuses or ends is shown to be in nobody's use."""
    ending = [step for step in _steps(facts) if step in ENDING]
    missing = facts.get("unproved").texts()
    if ending and not facts.get("consumers").items():
        missing = [*missing, "consumers-unknown"]
    if ending and missing:
        against = printable(", ".join(sorted(set(missing))))
        yield (
            f"This run takes the step {ending[-1]} of the secret {_subject(facts)}, and nothing proves that nobody "
            f"uses its login of before: {against}. Have its consumers move first, or name it in overrides "
            f"{CONFIGURATION}, with the day until which that holds"
        )


def overdue(facts: Property, config: Property) -> Iterator[str]:
    """Tell of a value that is older than values may get. Holding the run up would rotate nothing."""
    issued, most = facts.get("issued"), config.get("maxAgeDays").count()
    age = (today() - _day(issued)).days if issued.text() else 0
    if age > most and not _steps(facts):
        yield (
            f"The value of the secret {_subject(facts)} is {age} days old; maxAgeDays is {most}, and this run does not "
            f"rotate it. Look at its advice for what holds it back"
        )


def _subject(facts: Property) -> str:
    return printable(facts.get("name").text(), 80)


def _steps(facts: Property) -> list[str]:
    return [step.word(STEPS) for step in facts.get("steps").items()]


def _day(given: Property) -> date:
    try:
        return date.fromisoformat(given.text())
    except ValueError:
        raise given.wrong("a day") from None


def _secret_policy(
    name: str,
    description: str,
    rule: Rule,
    schema: Schema | None = None,
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> ResourceValidationPolicy:
    """Return a policy over secrets; one that waits for another resource's output is judged at the apply."""

    def unless(facts: Property, config: Property) -> Iterator[str]:
        return unless_overridden(rule(facts, config), facts.get("name").text(), config)

    return policy(name, description, FACTS, unless, {**(schema or {}), **OVERRIDES}, level, late=True)


_MOST: Schema = {
    "maxAgeDays": {"type": "integer", "minimum": 1, "default": 90, "description": "How old a value gets, in days."}
}
MAX_AGE = _secret_policy("max-age", "A value gets only so old.", max_age, _MOST)
MIN_LENGTH = _secret_policy(
    "min-length",
    "A value is long enough.",
    min_length,
    {"minLength": {"type": "integer", "minimum": 1, "default": 32, "description": "In characters."}},
)
PROOF = _secret_policy("proof", "A login is ended once nobody uses it.", proof)
OVERDUE = _secret_policy("overdue", "Secrets are rotated in time.", overdue, _MOST, EnforcementLevel.ADVISORY)
