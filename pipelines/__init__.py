"""Wiring: the processes and the command line."""
