#!/bin/sh
# Send one vote from a shell, as one would with curl. TUTTI: the command, default tutti.
printf '%s\n' '{"consultation_id": "cities-2026", "proposal_id": "p-1", "participant_id": "emil", "country": "FR", "choice": "agree", "cast_at": "2026-05-01T12:10:00Z"}' |
    ${TUTTI:-tutti} send - --kind votes
