"""Clusters: proposals grouped by what they are about, incrementally, with ids that last."""
