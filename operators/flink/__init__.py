"""Adapters that run the counting in Flink."""
