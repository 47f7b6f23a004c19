"""Namecheap's BasicDNS and PremiumDNS, by the API that replaces a domain's whole host list at once."""
