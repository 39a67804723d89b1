"""Where tutti runs: settings, the local stack, archives, dashboards."""
