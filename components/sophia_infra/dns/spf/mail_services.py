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


MAIL_SERVICES = (
    MailService(
        suffixes=("google.com.", "googlemail.com."),
        include="_spf.google.com",
        source="support.google.com/a/answer/10684623 (SPF), 140034 (MX)",
        seen="2026-11",
    ),
    MailService(
        suffixes=("mail.protection.outlook.com.", "mx.microsoft."),
        include="spf.protection.outlook.com",
        source="learn.microsoft.com/microsoft-365/enterprise/external-domain-name-system-records",
        seen="2026-11",
    ),
    MailService(
        suffixes=("messagingengine.com.",),
        include="spf.messagingengine.com",
        source="fastmail.help/hc/en-us/articles/360060591153",
        seen="2026-11",
    ),
    MailService(
        suffixes=("protonmail.ch.",),
        include="_spf.protonmail.ch",
        source="proton.me/support/anti-spoofing-custom-domain",
        seen="2026-11",
    ),
    MailService(
        suffixes=("mail.icloud.com.",),
        include="icloud.com",
        source="support.apple.com/en-us/102374",
        seen="2026-11",
    ),
)


def service_of(host: str) -> MailService | None:
    """Return the service that an MX's absolute host name belongs to, or None."""
    name = f".{host}"
    found = (service for service in MAIL_SERVICES if name.endswith(tuple(f".{suffix}" for suffix in service.suffixes)))
    return next(found, None)
