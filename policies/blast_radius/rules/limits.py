"""Caps on how many record sets, or other objects, one run may delete, update or lose at the source."""

from collections.abc import Iterator

from sophia_policy_kit import ContractError, Property, Schema, policy

FLOOR: Schema = {
    "floor": {
        "type": "integer",
        "minimum": 0,
        "default": 10,
        "description": "So many may always change, however few there are: shares count only beyond it.",
    }
}


def cap(name: str, default: int | None, what: str) -> Schema:
    """Return the setting of an absolute cap."""
    setting = {"type": ["integer", "null"], "minimum": 0, "default": default}
    return {name: {**setting, "description": f"{what} at once, whatever the size; null for no absolute cap."}}


def share(name: str, default: float, what: str) -> Schema:
    """Return the setting of a relative cap."""
    setting = {"type": "number", "minimum": 0, "maximum": 1, "default": default}
    return {name: {**setting, "description": f"{what}, as a share of those that exist."}}


def deletes(changes: Property, config: Property) -> Iterator[str]:
    """Judge what would be deleted."""
    yield from _judge(changes, config, changes.get("deletes").count(), "Delete")


def updates(changes: Property, config: Property) -> Iterator[str]:
    """Judge what would be updated; a changed TTL alone does not count."""
    total, ttl_only = changes.get("updates").count(), changes.get("ttl_only").count()
    if ttl_only > total:
        raise ContractError(f"{changes.path}.ttl_only is {ttl_only}, and updates only {total}")
    yield from _judge(changes, config, total - ttl_only, "Update")


def source_shrink(changes: Property, config: Property) -> Iterator[str]:
    """Judge whether the source lost so much that it may not have been read whole."""
    source = changes.get("source")
    before, after = source.get("before").count(), source.get("after").count()
    allowed, lost = config.get("maxSourceShrink").share(), before - after
    if lost > config.get("floor").count() and lost > allowed * before:
        yield (
            f"The source shrank from {before} to {after} ({lost / before:.0%}); maxSourceShrink is {allowed:.0%}. "
            f"Look whether it was read whole; {_way_out('maxSourceShrink')}"
        )


def _judge(changes: Property, config: Property, count: int, verb: str) -> Iterator[str]:
    existing, floor = changes.get("before").count(), config.get("floor").count()
    most, allowed = config.get(f"max{verb}s"), config.get(f"max{verb}Share").share()
    if most.value is not None and count > most.count():
        yield f"{count} {verb.lower()}s; max{verb}s is {most.count()}. {_way_out(f'max{verb}s')}"
    if count > floor and count > allowed * existing:
        yield (
            f"{count} {verb.lower()}s of {existing} ({count / max(existing, 1):.0%}); max{verb}Share is {allowed:.0%} "
            f"beyond a floor of {floor}. {_way_out(f'max{verb}Share')}"
        )


def _way_out(setting: str) -> str:
    return (
        f"Apply the change in smaller steps, or, if it is meant, raise {setting} in the pack's configuration "
        f"(--policy-pack-config) for this run"
    )


DELETES = policy(
    "deletes",
    "One run may delete only so much.",
    "changes",
    deletes,
    {**cap("maxDeletes", 100, "Deletes"), **share("maxDeleteShare", 0.25, "Deletes"), **FLOOR},
)
UPDATES = policy(
    "updates",
    "One run may update only so much.",
    "changes",
    updates,
    {**cap("maxUpdates", None, "Updates"), **share("maxUpdateShare", 0.5, "Updates"), **FLOOR},
)
SOURCE_SHRINK = policy(
    "source-shrink",
    "A source that shrinks suddenly may not have been read whole.",
    "changes",
    source_shrink,
    {**share("maxSourceShrink", 0.25, "What the source may lose since it was last applied"), **FLOOR},
)
