"""What `sophia cert` tells and does: the certificates and ACME accounts of a stack, by its state, journal and CAs."""
