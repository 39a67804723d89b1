"""The votes job: reads accepted votes; writes tallies, windows and progress."""
