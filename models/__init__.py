"""Sentence encoders: texts in, vectors out; which one is a manifest's choice."""
