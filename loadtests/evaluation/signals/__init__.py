"""Signals of manipulation on simulated attacks and honest peaks: caught, how fast, by mistake."""
