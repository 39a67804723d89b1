"""Traffic: what all generators of votes share. The demo and the load tests draw and write by it."""
