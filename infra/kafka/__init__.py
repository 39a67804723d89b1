"""Kafka: clients, offsets and security."""
