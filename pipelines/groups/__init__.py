"""Opinion groups: read current ballots, group people, write what each group thinks."""
