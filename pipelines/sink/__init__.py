"""The sink: what the jobs produce, into ClickHouse, as often as it takes."""
