"""Flink as its own services see it over HTTP: mutual TLS, and the REST interface."""
