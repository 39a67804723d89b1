"""The semantics job: reads accepted proposals; writes clusters, assignments and vectors."""
