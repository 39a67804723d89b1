"""Intake: reads what campaigns send; writes accepted events and dead letters."""
