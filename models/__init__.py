"""Sentence encoders turn texts into vectors; a manifest names the encoder in use."""
