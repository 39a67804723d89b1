"""Sets up the checkout: first checks and changes nothing, then installs into the checkout only.

``make setup`` runs this folder through ``setup.sh``. It uses the standard library alone, because it
runs before anything is installed: it fetches uv by its hash, and uv makes the Python environment.
What it makes lies in ``build/`` under names that carry the digest of what it was made from;
``.venv``, ``build/uv``, ``build/jars`` and ``build/models`` are links that are switched in one step
when the new folder is complete. So an interruption leaves the old state, the next run resumes, and
a run with nothing to do does nothing, without network.
"""
