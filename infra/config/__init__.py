"""Configuration: settings from the environment, addresses, secrets and trust rules."""
