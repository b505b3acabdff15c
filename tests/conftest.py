"""What every test has: the tools to import, and the data beside the checkout."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from shared_data import use_shared_data  # noqa: E402

use_shared_data(ROOT)  # now: test modules look at GANCOURSE_DATA when they are imported
