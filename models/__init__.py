"""Sentence encoders (none yet: see ARCHITECTURE.md)."""
