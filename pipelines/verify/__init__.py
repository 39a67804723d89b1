"""Verification: sync, recount, reconcile, explain, and the probe."""
