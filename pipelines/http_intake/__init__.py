"""HTTP intake: campaigns without a Kafka client send batches here, and get a receipt."""
