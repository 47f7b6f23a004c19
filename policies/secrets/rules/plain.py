"""No secret in plain text: neither what a `RotatingSecret` made, nor what is known to be a secret by name or form."""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from pulumi_policy import (
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from sophia_policy_kit import (
    IGNORE,
    ContractError,
    Property,
    Schema,
    SecretText,
    configured,
    defaults_of,
    is_ignored,
    printable,
    texts_in,
)

from .overrides import CONFIGURATION, OVERRIDES, unless_overridden
from .rotating import FACTS

Judged = ResourceValidationArgs | PolicyResource
NAMES = [
    *("*password", "*passphrase", "*privatekey", "*privatekeypem", "*secretkey", "*apikey", "*connectionstring"),
    *("token", "*apitoken", "*accesstoken", "*authtoken", "*bearertoken", "*cloudflaretoken"),
    *("*clientsecret", "*sharedsecret", "*tsigsecret"),
]
_REFERENCE = re.compile(r"(env:|file:|esc://)\S+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/@:]*:(?![*<\[{$])[^\s/@]+@", re.IGNORECASE)
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_NO_VALUES = ("", "true", "false")
SETTINGS: Schema = {
    "properties": {
        "type": "array",
        "items": {"type": "string"},
        "default": NAMES,
        "description": "Globs over names of properties that hold secrets, in small letters and digits alone.",
    },
    **IGNORE,
    **OVERRIDES,
}
_DEFAULTS = defaults_of(SETTINGS)
_made: dict[str, str] = {}
"""Each value that a secret of this run has, with the secret's name: what uses it is judged after the secret."""
_told: set[tuple[str, str]] = set()
"""The inputs that were found, by URN and path: an output that repeats one is not judged again."""


def _learn(resources: Iterable[Judged]) -> None:
    for resource in resources:
        if FACTS in [*resource.props]:  # as a whole it may be unknown
            for path, text in texts_in(resource.props):
                if path[0].startswith("value_") and text:
                    _made[str(text)] = resource.name


def plain(resource: Judged, config: Property, *, outputs: bool) -> Iterator[str]:
    """Yield what stands in plain text in the properties of a resource; no message shows a value."""
    globs = config.get("properties").texts()
    told = {}
    for path, text in texts_in(resource.props):
        if path and not isinstance(text, SecretText) and (what := _secret(path[-1], text, globs)):
            told[".".join(path)] = what
    for where, what in told.items():
        if outputs and (resource.urn, where) in _told:
            continue
        if not outputs:
            _told.add((resource.urn, where))
        message = (
            f"{printable(where, 80)} of {printable(resource.name, 80)} stands in plain text, and {what}. Make it an "
            f"output that is secret: pulumi.Output.secret(...), `pulumi config set --secret`, or a reference"
        )
        yield from unless_overridden([message], f"{resource.name} {where}", config)


def _secret(name: str, text: str, globs: Iterable[str]) -> str:
    """Return how a plain text is known to be a secret; empty where it is not."""
    if owner := next((owner for value, owner in _made.items() if value in text), None):
        return f"holds a value of the secret {printable(owner, 80)}"
    if _KEY.search(text):
        return "holds a private key"
    if _URL.search(text):
        return "holds a URL with a password"
    bare = re.sub("[^a-z0-9]", "", name.lower())
    is_value = text not in _NO_VALUES and not _REFERENCE.fullmatch(text)
    if is_value and any(fnmatchcase(bare, glob) for glob in globs):
        return f"is a secret by its name (properties {CONFIGURATION})"
    return ""


def _judge(policy: str, resources: list[Any], settings: Mapping[str, Any] | None, report: ReportViolation) -> None:
    _learn(resources)
    for resource in resources:
        try:
            config = configured(policy, _DEFAULTS, settings)
            if not is_ignored(resource.resource_type, config):
                for message in plain(resource, config, outputs=policy == PLAIN_OUTPUTS.name):
                    report(message, resource.urn)
        except ContractError as error:
            report(f"{error}. What can't be judged is refused: correct it {CONFIGURATION}", resource.urn)


def _inputs(args: ResourceValidationArgs, report: ReportViolation) -> None:
    _judge("plain-inputs", [args], args.get_config(), report)


def _outputs(args: StackValidationArgs, report: ReportViolation) -> None:
    _judge("plain-outputs", args.resources, args.get_config(), report)


PLAIN_INPUTS = ResourceValidationPolicy(
    "plain-inputs",
    "No input is a secret in plain text.",
    _inputs,
    config_schema=PolicyConfigSchema(dict(SETTINGS)),
)
PLAIN_OUTPUTS = StackValidationPolicy(
    "plain-outputs",
    "No output is a secret in plain text.",
    _outputs,
    config_schema=PolicyConfigSchema(dict(SETTINGS)),
)
