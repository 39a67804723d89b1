"""A consultation into files: tables with a manifest, or the layout of Polis."""
