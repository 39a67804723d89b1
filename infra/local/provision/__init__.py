"""Sets up the checkout: first checks and changes nothing, then installs into the checkout only.

``make setup`` runs this folder through ``setup.sh``. It uses the standard library alone, because it
runs before anything is installed. What it makes lies in ``build/`` under names that carry the
digest of the lock files; ``.venv``, ``build/jars`` and ``build/models`` are links that are switched
in one step when the new folder is complete. So an interruption leaves the old state, the next run
resumes, and a run with nothing to do does nothing, without network.
"""
