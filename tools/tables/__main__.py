"""`python tools/tables`: see the package."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # the folder that holds the package

from gancourse.errors import InputError  # noqa: E402
from tables.command import main  # noqa: E402

try:
    main()
except InputError as error:
    sys.exit(str(error))
