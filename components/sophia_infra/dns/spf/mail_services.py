"""Mail services that domains point their MX at, and the SPF record that each asks its customers for.

One entry a service, with its source and the date it was last looked up. A service whose customers get different
records, by region or plan, does not belong here.
"""

from typing import NamedTuple


class MailService(NamedTuple):
    """A service: the suffixes of its MX hosts, what customers include in their SPF, source and date of the look-up."""

    suffixes: tuple[str, ...]
    include: str
    source: str
    seen: str


_GOOGLE = "support.google.com/a/answer/10684623 (SPF), 140034 (MX)"
_MICROSOFT = "learn.microsoft.com/microsoft-365/enterprise/external-domain-name-system-records"
_OUTLOOK = ("mail.protection.outlook.com.", "mx.microsoft.")
_FASTMAIL = "fastmail.help/hc/en-us/articles/360060591153"
_PROTON = "proton.me/support/anti-spoofing-custom-domain"
_ICLOUD = "support.apple.com/en-us/102374"
MAIL_SERVICES = (
    MailService(("google.com.", "googlemail.com."), "_spf.google.com", _GOOGLE, "2026-11"),
    MailService(_OUTLOOK, "spf.protection.outlook.com", _MICROSOFT, "2026-11"),
    MailService(("messagingengine.com.",), "spf.messagingengine.com", _FASTMAIL, "2026-11"),
    MailService(("protonmail.ch.",), "_spf.protonmail.ch", _PROTON, "2026-11"),
    MailService(("mail.icloud.com.",), "icloud.com", _ICLOUD, "2026-11"),
)


def service_of(host: str) -> MailService | None:
    """Return the service that an MX's absolute host name belongs to, or None."""
    suffixes = ((f".{suffix}", service) for service in MAIL_SERVICES for suffix in service.suffixes)
    return next((service for suffix, service in suffixes if f".{host}".endswith(suffix)), None)
