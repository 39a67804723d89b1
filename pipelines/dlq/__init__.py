"""Dead letters: which there are, what was sent there, and sending it again."""
