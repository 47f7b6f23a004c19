"""By what a certificate is known for life, to its issuer and to the journal: its label. Pure."""

ROOT = "pulumi:pulumi:Stack"
"""The stack itself, which the SDK's mocks put above everything, and the engine does not."""


def identity(urn: str) -> str:
    """Return the label of a certificate that is new: its URN, in the form that stands in the state and at the issuer.

    What exists keeps the label it was made under, whatever it is called since.

    Example: `urn:pulumi:prod::web::sophia:index:SelfHealingCert::shop` is `web/prod/shop`; below a parent of the type
    `x:index:Blue` it is `web/prod/x:index:Blue::shop`.
    """
    stack, project, types, name = urn.removeprefix("urn:pulumi:").split("::", 3)
    parents = types.removeprefix(f"{ROOT}$").rpartition("$")[0]
    return f"{project}/{stack}/{parents}::{name}" if parents else f"{project}/{stack}/{name}"
