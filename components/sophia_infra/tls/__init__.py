"""SelfHealingCert: a key, a certificate, and the clock and issuers that keep them good."""
