"""The periodic service: tasks that run once a minute, at low priority."""
