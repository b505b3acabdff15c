"""Where the project's own checks and builds find their data: in the folder beside the checkout.

The product knows `GANCOURSE_DATA` alone. Only the standard library is imported here.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path


def use_shared_data(root: Path, environment: MutableMapping[str, str] = os.environ) -> None:
    """Let GANCOURSE_DATA name `../shared/data` of `root` where that is there and none is named."""
    data = Path(root).resolve().parent / "shared" / "data"
    if data.is_dir():
        environment.setdefault("GANCOURSE_DATA", str(data))
