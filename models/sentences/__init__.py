"""Proposals in the 24 official languages of the European Union, and what is learnt from them.

One file a language, the same content in the same line. They were written for this purpose, so that
the sets by which encoders are judged are not those from which they were learnt.
"""
