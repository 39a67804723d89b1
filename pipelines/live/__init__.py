"""The live service: public pages, JSON and event streams of what `open` holds.

It reads `open` at the analysts' address and writes nothing anywhere.
"""
