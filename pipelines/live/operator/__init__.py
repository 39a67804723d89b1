"""The operator page: what those who run a consultation have to see, on one page, at once.

It reads `marts` and internal state, so that no module of the public pages may import it; an import
contract holds that. Nothing on it changes anything.
"""
