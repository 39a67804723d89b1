"""What is done once a minute: a list of steps, each in its own file."""
