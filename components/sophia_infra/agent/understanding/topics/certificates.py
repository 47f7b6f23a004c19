"""Certificates: when they end, and renewing them ahead of their time."""

from sophia_infra.agent.operations import Operation, Renew
from sophia_infra.agent.understanding.intent import Intent, Kind, Wish


def _renew(wish: Wish) -> tuple[Operation, ...]:
    reissue = wish.says("reissue") or (wish.says("key") and wish.says("new"))
    return tuple(Renew(each.text, reissue) for each in wish.names)


# fmt: off
# a table: a row is one intent
INTENTS = (
    Intent("certificates.renew", Kind.CHANGE, "a certificate is renewed now", "renew the certificate web", "renew",
        names="certificate", needs=True, words="certificate", build=_renew),
    Intent("certificates.reissue", Kind.CHANGE, "a certificate is renewed with a new key",
        "reissue web with a new key", "reissue; renew key new @certificate; rotate key @certificate",
        names="certificate", needs=True, words="certificate key new",
        build=lambda wish: tuple(Renew(each.text, reissue=True) for each in wish.names)),
    Intent("certificates.request", Kind.CHANGE, "a name gets a certificate; the program has to ask for it",
        "get a certificate for blog.shop.example", "request certificate; add certificate", names="host", needs=True,
        new=True, words="certificate key new"),
    Intent("certificates.revoke", Kind.NONE, "a certificate is revoked: only a person does that",
        "revoke the certificate web", "revoke; delete certificate", names="certificate", words="certificate key new",
        never="the agent revokes no certificate, since nothing brings it back; "
        "a person does: sophia cert revoke NAME"),
    Intent("certificates.expiring", Kind.READ, "which certificates end within a time",
        "which certificates expire in the next 30 days?",
        "which certificate expire; certificate expire #duration; list certificate expire; "
        "show certificate expire #duration; any certificate expire; expire #when; expire #duration",
        also="duration when"),
    Intent("certificates.list", Kind.READ, "which certificates there are", "list the certificates",
        "list certificate; which certificate; howmuch certificate; show certificate; show all certificate; "
        "what certificate"),
    Intent("certificates.show", Kind.READ, "one certificate: its names, its end, its next renewal",
        "when does the certificate web expire?",
        "show @certificate certificate; when @certificate; expire @certificate; when certificate @certificate; "
        "what @certificate; show @certificate; who @certificate; howlong @certificate; when renew @certificate",
        names="certificate", needs=True),
    Intent("certificates.check", Kind.READ, "whether the right certificate is served", "is the certificate web ok?",
        "check certificate; check @certificate; certificate ok; ok @certificate", names="certificate"),
)
# fmt: on
