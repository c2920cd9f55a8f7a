"""``python -m text2reward``."""

from __future__ import annotations

import sys

from text2reward.cli import main

if __name__ == "__main__":
    sys.exit(main())
