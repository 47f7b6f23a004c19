"""When a certificate is renewed: the clock, and what is asked of it. Pure."""
