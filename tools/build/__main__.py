"""`python tools/build`: see the package."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # the folder that holds the package

from build.command import main  # noqa: E402

sys.exit(main())
