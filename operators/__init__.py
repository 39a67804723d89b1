"""What is computed (core, pure) and how Flink runs it (flink)."""
