"""All about DMARC (RFC 7489): what a record says, the rules over it with their fixes, and what a change weighs."""
