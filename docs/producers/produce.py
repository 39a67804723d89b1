"""Send votes, one JSON object per line of standard input.

    python produce.py < votes.jsonl

Needs the package confluent-kafka. TUTTI_KAFKA: the broker, default 127.0.0.1:18103.
"""

import json
import os
import sys

from confluent_kafka import KafkaException, Producer

producer = Producer(
    {
        "bootstrap.servers": os.environ.get("TUTTI_KAFKA", "127.0.0.1:18103"),
        "enable.idempotence": True,  # with it acks=all: retries neither lose nor repeat a vote
        "partitioner": "murmur2_random",  # as Java's: one participant stays on one partition
    }
)
failures = []
MAX_UNANSWERED = 50_000


def delivered(error, message) -> None:
    """Called once per message, when the broker has it or will never have it."""
    if error:
        failures.append(error)
        print(f"not sent: {error.str()}", file=sys.stderr)
    else:  # the coordinates that marts.dead_letters names if intake refuses it
        print(f"{message.topic()}/{message.partition()}/{message.offset()}")


for line in sys.stdin.buffer:
    key = json.loads(line)["participant_id"]
    try:
        producer.produce("tutti.votes.v1", line.rstrip(), key, on_delivery=delivered)
    except KafkaException as error:  # e.g. larger than a message may be
        delivered(error.args[0], None)
    # Calls `delivered` for what has been answered; waits while too much has not.
    producer.poll(0.1 if len(producer) > MAX_UNANSWERED else 0)

unanswered = producer.flush(60)
if unanswered:
    print(f"not answered: {unanswered}", file=sys.stderr)
sys.exit(1 if failures or unanswered else 0)
