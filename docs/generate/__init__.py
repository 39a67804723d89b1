"""Makes the reference pages from the code: ``make documents`` writes them, a test holds them fresh.

This package is not shipped. It may import everything; nothing imports it but tests.
"""
