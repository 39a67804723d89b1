"""Flink as our two jobs use it: runtime, REST, checkpoints, watching a job."""
