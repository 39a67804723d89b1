"""Signals of manipulation: evidence for people to examine, never applied to a count."""
