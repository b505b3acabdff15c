"""`python tools/corpus`: see the package."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # the folder that holds the package

from corpus.command import main  # noqa: E402

main()
