"""Runs as ``python infra/local/provision``, before this checkout is installed anywhere."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Python put this folder first; the imports begin at the checkout.
    sys.path[0] = str(Path(__file__).resolve().parents[3])
    from infra.local.provision.main import main

    sys.exit(main())
