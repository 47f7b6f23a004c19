"""How a rule becomes a policy: it sees each resource that carries a property, and what can't be read is refused."""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from sophia_policy_kit.properties import ContractError, Property, known_are

Schema = Mapping[str, dict[str, Any]]
Rule = Callable[[Property, Property], Iterable[str]]

IGNORE: Schema = {
    "ignoreTypes": {
        "type": "array",
        "items": {"type": "string"},
        "default": [],
        "description": "Globs over resource types that use the property's name for something else.",
    }
}


def policy(
    name: str,
    description: str,
    carried: str,
    rule: Rule,
    schema: Schema | None = None,
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
    *,
    among: Callable[[Property], bool] | None = None,
    late: bool = False,
) -> ResourceValidationPolicy:
    """Return a policy that runs `rule(property, config)` over every resource with the input property `carried`.

    What an apply by a saved plan does in truth, `resolved`, is judged in the same way (docs/contracts.md).

    `schema` describes the settings; each has a default, and `ignoreTypes` is added. `among` says of all inputs of a
    resource whether it is judged. With `late`, a property that is not known as a whole passes at preview, and is judged
    at the apply; without, it is refused.
    """
    whole = {**(schema or {}), **IGNORE}
    defaults = defaults_of(whole)

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        try:
            config = configured(name, defaults, args.get_config())
            chosen = _carries(args, carried) and (among is None or among(Property("", args.props)))
            if chosen and not (late and _is_late(args, carried)) and not is_ignored(args.resource_type, config):
                for props in (Property("", args.props), *_resolved(args, carried)):
                    for message in rule(props.get(carried), config):
                        report(message, args.urn)
        except (ContractError, UnknownValueError) as error:
            # Let out, an unknown value would be a warning of the engine's, and the change would pass.
            fault = error if isinstance(error, ContractError) else error.message
            report(
                f"{fault}. What can't be judged is refused: correct it, or, if {args.resource_type} means something "
                f"else by `{carried}`, add that type to ignoreTypes of {name} in the pack's configuration",
                args.urn,
            )

    return ResourceValidationPolicy(name, description, validate, level, PolicyConfigSchema(dict(whole)))


def defaults_of(schema: Schema) -> dict[str, Any]:
    """Return what the settings of a policy are where nobody sets them; each MUST have a default."""
    return {key: setting["default"] for key, setting in schema.items()}


def configured(name: str, defaults: Mapping[str, Any], settings: Mapping[str, Any] | None) -> Property:
    """Return the settings of a policy, each at its default where it is not given.

    Raises:
        ContractError: a setting that is given is none of them.
    """
    given = settings or {}
    for key in given.keys() - defaults.keys():
        raise ContractError(f"{name}.{key} is no setting; {known_are(key, list(defaults))}")
    return Property(name, {**defaults, **given})


def _carries(args: ResourceValidationArgs, carried: str) -> bool:
    try:
        return carried in args.props
    except UnknownValueError:
        return True


def _is_late(args: ResourceValidationArgs, carried: str) -> bool:
    try:
        args.props[carried]
    except UnknownValueError:
        return True
    return False


def _resolved(args: ResourceValidationArgs, carried: str) -> list[Property]:
    """What stands beside the property once late values are known; at preview it is unknown, and judged later."""
    try:
        found = args.props["resolved"]
    except (KeyError, UnknownValueError):
        return []
    return [Property("resolved", found)] if isinstance(found, Mapping) and carried in found else []


def is_ignored(resource_type: str, config: Property) -> bool:
    """Whether `ignoreTypes` names the type of a resource."""
    return any(fnmatchcase(resource_type, pattern) for pattern in config.get("ignoreTypes").texts())
