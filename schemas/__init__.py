"""The contracts: events, their rules, topics and tables."""
