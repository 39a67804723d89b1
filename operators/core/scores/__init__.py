"""Scores of a proposal: one file each, with formula, source, Python and SQL side by side."""
