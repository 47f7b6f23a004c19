"""All about DKIM (RFC 6376): what a key's record says, the rules over it with their fixes, and what a change weighs."""
