"""What may be public: ballots are published in cohorts of at least five people.

The rules follow statistical disclosure control: a threshold for cells, merging of small ones, and
care for differences between tables and over time (A. Hundepool et al., "Statistical Disclosure
Control", Wiley 2012, chapters 3-5; "Handbook on Statistical Disclosure Control", ESSNet 2010).

Cells that are each large enough still give people away by their differences: this minute less the
last one, the total less the countries, all ballots less the trusted ones. So nothing here
publishes counts. What is published is a ledger of *cohorts*: at least five people whose ballots
appear together, under one cell and one window. Nobody is in two cohorts of entry to a proposal,
and a cohort's cell and window never change. Every public number is a sum of cohorts, so that
whatever is added, subtracted or solved for, over views and over time, concerns none or at least
five people. Later changes are cohorts of their own, again of at least five; nobody's ballot
returns to what it was in an earlier publication, so that differences over several publications do
not cancel down to a few (the argument is in `states`).
"""
