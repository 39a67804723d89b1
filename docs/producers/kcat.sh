#!/bin/sh
# Send votes, one per line of standard input: the participant's id, a tab, the JSON object.
#   printf '%s\t%s\n' ana '{"consultation_id": …, "participant_id": "ana", …}' | sh kcat.sh
# Needs kcat 1.7 or newer. TUTTI_KAFKA: the broker, default 127.0.0.1:18103.
#
# -K: what separates key and message. murmur2_random: one participant stays on one partition, as
# with Java's clients. kcat ends with 1 at a line that is too long, and lines before it may not
# have been sent: take it out and send all again, the same vote counts once.
exec kcat -P -b "${TUTTI_KAFKA:-127.0.0.1:18103}" -t tutti.votes.v1 -K "$(printf '\t')" \
    -X partitioner=murmur2_random -X enable.idempotence=true -X acks=all
