"""Votes: accepting one, pseudonyms, which ballot counts, and tallies."""
