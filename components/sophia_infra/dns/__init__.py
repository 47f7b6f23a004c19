"""The DNS room: IntelligentDnsZone and what it is made of."""
