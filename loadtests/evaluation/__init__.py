"""Evaluation: how good detectors, clusters and groups are, and what they cost."""
