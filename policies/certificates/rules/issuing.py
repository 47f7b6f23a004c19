"""Who may sign what: lifetime, kind of key, issuer, and the CAA records that hold others off."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from pulumi_policy import EnforcementLevel

from sophia_policy_kit import Property, printable

from .facts import CONFIGURATION, certificate_policy, named, subject, texts

KEY_TYPES = ("ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-2048", "rsa-3072", "rsa-4096")
STRONG = [kind for kind in KEY_TYPES if kind != "rsa-2048"]


def lifetime(facts: Property, config: Property) -> Iterator[str]:
    """Judge how long the certificate lives."""
    hours, most = facts.get("lifetime_hours").count(), config.get("maxLifetimeDays").count()
    if hours > most * 24 and not _is_renewed_by_a_ca(facts):
        guess = facts.get("lifetime_is_guess", False).flag()
        told = " (nothing says so yet: it is what CAs usually give)" if guess else ""
        yield (
            f"The certificate of {subject(facts)} lives {hours / 24:g} days{told}; maxLifetimeDays is {most}. Set its "
            f"lifetime to {most}d or less (by ACME: issuer.profile), or raise maxLifetimeDays {CONFIGURATION}"
        )


def _is_renewed_by_a_ca(facts: Property) -> bool:
    """Whether this run ends the lifetime that is published, by an order for which the CA decides on the next one."""
    is_renewal = facts.get("renews").flag() and facts.get("state").text() != "none"
    return is_renewal and "embedded" not in facts.get("issuers").texts()


def key_type(facts: Property, config: Property) -> Iterator[str]:
    """Judge the kind of its key."""
    kind, allowed = facts.get("key_type").text(), config.get("allowedKeyTypes").texts()
    if kind not in allowed:
        yield (
            f"The key of {subject(facts)} is {printable(kind, 40)}; allowedKeyTypes are {', '.join(allowed)}. Set "
            f"key_type to one of them, or add it to allowedKeyTypes {CONFIGURATION}"
        )


def issuer(facts: Property, config: Property) -> Iterator[str]:
    """Judge all who may be asked to sign it."""
    allowed = config.get("allowedIssuers").texts()
    signers = facts.get("issuers").texts()
    if not signers:
        raise facts.get("issuers").wrong("at least one issuer")
    if bad := [signer for signer in signers if not any(fnmatchcase(signer, pattern) for pattern in allowed)]:
        yield (
            f"The issuer of {subject(facts)} is {named(bad)}; allowedIssuers are {named(allowed) or 'none'}. "
            f"Give it another issuer, or add this one to allowedIssuers {CONFIGURATION}"
        )


def caa_present(facts: Property, _: Property) -> Iterator[str]:
    """Judge whether other CAs are held off where everybody trusts them too."""
    bare = facts.get("without_caa").texts()
    if bare and facts.get("public").flag():
        yield (
            f"No CAA record says which CA may sign for {named(bare)}, so each of them may. Add one to the zone: "
            f"CAA 0 issue with the domain of the CA, or set caa-present to advisory {CONFIGURATION}"
        )


LIFETIME = certificate_policy(
    "lifetime",
    "A certificate lives only so long.",
    lifetime,
    {
        "maxLifetimeDays": {
            "type": "integer",
            "minimum": 1,
            "default": 398,
            "description": "The longest lifetime, in days.",
        }
    },
)
KEY_TYPE = certificate_policy(
    "key-type",
    "A key is of a kind that is strong enough.",
    key_type,
    {"allowedKeyTypes": texts(STRONG, "The kinds of keys that certificates may have.", enum=list(KEY_TYPES))},
)
ISSUER = certificate_policy(
    "issuer",
    "Only certain issuers sign.",
    issuer,
    {"allowedIssuers": texts(["*"], "Globs: `embedded`, or the URL of an ACME directory, such as `https://*`.")},
)
CAA_PRESENT = certificate_policy(
    "caa-present",
    "CAA records hold other CAs off, as far as a zone of the program shows them.",
    caa_present,
    level=EnforcementLevel.ADVISORY,
)
