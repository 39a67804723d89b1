"""Signals of manipulation: what to look at, with evidence; never applied to a count."""
