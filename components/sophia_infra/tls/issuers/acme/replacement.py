"""The order that says which certificate it replaces (RFC 9773 section 5), for which `acme` has no field."""

from acme import messages
from josepy import json_util


class Replacement(messages.NewOrder):
    """A new order; `replaces` identifies the certificate before it, see `suggesting.identifier`."""

    replaces: str | None = json_util.field("replaces", omitempty=True)
