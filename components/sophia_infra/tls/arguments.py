"""The arguments of SelfHealingCert. Their docstrings become the descriptions of the package's schema."""

from typing import Any, NotRequired, TypedDict

import pulumi

from sophia_infra.component import Choice
from sophia_infra.tls.challenge_settings import ChallengeKind
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.spec import KeyType


class CertificateIssuerArgs(TypedDict):
    """Who signs the certificate."""

    kind: NotRequired[Choice[IssuerKind]]
    """The kind of issuer: `embedded` (default) is a certificate authority in a folder, `acme` a CA on the network."""
    folder: NotRequired[pulumi.Input[str]]
    """The folder of the embedded authority, relative to the project. Default: `.sophia/ca`."""
    permitted: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Domains and networks the embedded authority may sign for. Default: the names of each certificate alone."""
    new_root: NotRequired[pulumi.Input[str]]
    """A root that is lost or given up, by the mark that a refusal names; a new one is made. Default: none."""
    directory: NotRequired[pulumi.Input[str]]
    """The directory of the ACME CA: its URL, or a name such as `letsencrypt`. Naming it agrees to its terms."""
    email: NotRequired[pulumi.Input[str]]
    """Whom the ACME CA may write to about the account. Default: nobody."""
    profile: NotRequired[pulumi.Input[str]]
    """The kind of certificate, as the ACME CA calls it. Default: the CA's own."""
    trust: NotRequired[pulumi.Input[str]]
    """A PEM file with the root of the ACME CA's own HTTPS, for a private CA. Default: the usual roots."""
    chain: NotRequired[pulumi.Input[str]]
    """The common name of the root that the chain should end at. Default: the ACME CA's usual one."""
    eab: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """What the ACME CA gives for binding the account to one of its own: `kid`, and `key`, which is secret."""
    account_key: NotRequired[pulumi.Input[str]]
    """The key of an ACME account that there is already, in PEM, secret. Default: one is made."""


class CertificateChallengeArgs(TypedDict):
    """How an ACME CA is shown that the names are ours."""

    kind: Choice[ChallengeKind]
    """The kind of challenge: `http-01`, `tls-alpn-01`, or `dns-01` and `dns-persist-01` in the `zone`."""
    webroot: NotRequired[pulumi.Input[str]]
    """Of `http-01`: the folder that the names' web server serves at `/`, relative to the project."""
    listen: NotRequired[pulumi.Input[str]]
    """Of `http-01` in place of `webroot`, and of `tls-alpn-01`: address and port to answer at ourselves, `:80`."""
    backend: NotRequired[pulumi.Input[dict[str, Any]]]
    """Of both by DNS: the settings of the zone's backend. Default: that of the IntelligentDnsZone in `zone`."""
    zones: NotRequired[pulumi.Input[list[pulumi.Input[Any]]]]
    """Of both by DNS: zones where aliases lead, each an IntelligentDnsZone, or `domain` and `backend`."""


class CertificateMaintenanceArgs(TypedDict):
    """When renewals may happen."""

    days: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """On which days: `mon` to `sun`. Default: on all."""
    hours: NotRequired[pulumi.Input[str]]
    """From when to when, such as `22:00-04:00`, which ends on the day after. Default: the whole day."""
    zone: NotRequired[pulumi.Input[str]]
    """The time zone of both, such as `Europe/Vienna`. Default: `UTC`."""


class CertificateDeployArgs(TypedDict):
    """Where the certificate goes on the machine that runs the program."""

    files: pulumi.Input[str]
    """The folder of its files: a server reads `current/fullchain.pem` and `current/privkey.pem` in it."""
    reload: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The command that has the server read them anew, as a list of its words. Default: none."""
    owner: NotRequired[pulumi.Input[str]]
    """Whose the files are, by name or number. Default: whoever runs the program."""
    group: NotRequired[pulumi.Input[str]]
    """The group of the files, by name or number. Default: that of whoever runs the program."""
    mode: NotRequired[pulumi.Input[str]]
    """The mode of the key's file: `0600` (default), `0640` or `0660`."""


class SelfHealingCertArgs(TypedDict):
    """What a certificate should be; docs/certificates.md has the limits of every field."""

    domains: pulumi.Input[list[pulumi.Input[str]]]
    """The names to cover: DNS names, wildcards such as `*.shop.example`, IP addresses. At most 100."""
    key_type: NotRequired[Choice[KeyType]]
    """The kind of private key. Default: `ecdsa-p256`."""
    lifetime: NotRequired[pulumi.Input[str]]
    """How long a certificate lives, in days or hours: `90d` (default), `36h`. From `1h` to `825d`."""
    renewal_window: NotRequired[pulumi.Input[float]]
    """The share of the lifetime that is left at renewal. Default: a third, half at ten days or less."""
    jitter: NotRequired[pulumi.Input[float]]
    """The share of the lifetime by which a renewal may come earlier, each certificate's by its own. Default: 0."""
    maintenance: NotRequired[pulumi.Input[CertificateMaintenanceArgs]]
    """When renewals may happen. Default: at any time. Near its end a certificate does not wait for it."""
    issuer: NotRequired[pulumi.Input[CertificateIssuerArgs]]
    """Who signs. Default: the embedded certificate authority."""
    csr: NotRequired[pulumi.Input[str]]
    """A signing request in PEM for the domains, whose key stays elsewhere. Default: key and request are made."""
    revoke: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """A certificate that is to be replaced and revoked at once, by `serial_number`; `reason`, as `keyCompromise`."""
    revoke_on_destroy: NotRequired[pulumi.Input[bool]]
    """Whether the certificate is revoked as it is taken out of the stack. Default: false."""
    issuers: NotRequired[pulumi.Input[list[pulumi.Input[CertificateIssuerArgs]]]]
    """ACME CAs in an order, in place of `issuer`: the next signs where one can't, for a reason of its own."""
    challenge: NotRequired[pulumi.Input[CertificateChallengeArgs]]
    """How an ACME CA is shown that the names are ours; other issuers ask for none."""
    zone: NotRequired[pulumi.Input[Any]]
    """The zone the names live in: an IntelligentDnsZone, or its domain. The certificate is ordered after it."""
    deploy: NotRequired[pulumi.Input[CertificateDeployArgs]]
    """Where it goes on this machine, and how its server learns of it. Default: nowhere; the outputs have it."""
    endpoints: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Where it is served, such as `shop.example:443`; each preview looks there. Default: nowhere."""
