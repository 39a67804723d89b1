"""What every service shares: runner, heartbeat, logs, shutdown, metrics."""
