"""Flink as our two jobs use it: runtime, checkpoints, watching a job."""
