"""Record sets changed where a master file declares them: what people wrote around them stays, octet for octet. Pure."""

from sophia_infra.dns.editing.declared import DeclaredZone, Sets

__all__ = ["DeclaredZone", "Sets"]
