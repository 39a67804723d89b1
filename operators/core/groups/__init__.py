"""Opinion groups: who votes alike, as Polis defines it, and what each group says.

C. Small, M. Bjorkegren, T. Erkkilä, L. Shaw, C. Megill, "Polis: Scaling deliberation by mapping
high dimensional opinion spaces", Recerca 26 (2021); the software is github.com/compdemocracy/polis.
"""
