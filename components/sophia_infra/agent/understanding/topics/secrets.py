"""Secrets that rotate; their values are nobody's to ask for here."""

from sophia_infra.agent.operations import Rotate
from sophia_infra.agent.understanding.intent import Intent, Kind

# fmt: off
# a table: a row is one intent
INTENTS = (
    Intent("secrets.rotate", Kind.CHANGE, "a secret begins its next rotation", "rotate app-db",
        "rotate; start rotation; renew @secret; set secret @secret; put secret new @secret; "
        "set secret new @secret", names="secret", needs=True, words="secret key new",
        build=lambda wish: tuple(Rotate(each.text) for each in wish.names)),
    Intent("secrets.value", Kind.NONE, "the value of a secret: it is never shown", "show me the password of app-db",
        "show secret @secret; show secret value; what secret @secret; show value @secret; what value @secret; "
        "know secret @secret; find secret @secret; put secret @secret", names="secret",
        never="no value of a secret is shown, in no answer; sophia secrets show NAME tells all but the value"),
    Intent("secrets.list", Kind.READ, "which secrets there are, and where their rotations stand", "list all secrets",
        "list secret; which secret; show all secret; show secret"),
    Intent("secrets.consumers", Kind.READ, "who uses a secret", "who uses app-db?",
        "who use @secret; use @secret; consumers @secret; who @secret", names="secret", needs=True),
    Intent("secrets.show", Kind.READ, "one secret: its phase, its age, its next step", "when was app-db rotated?",
        "when rotation; when @secret; howold @secret; show @secret; status @secret; what @secret; is @secret; "
        "rotate when @secret; history @secret", names="secret", needs=True, also="duration when"),
)
# fmt: on
