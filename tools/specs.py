"""What a measured run depends on, as the JSON files of results keep it."""

import json
from dataclasses import asdict

from gancourse import train


def as_now(spec: dict) -> dict:
    """Return a stored spec with the fields that recipes have gained since it was written."""
    full = {"recipe": asdict(train.Recipe(**spec["recipe"]))} if "recipe" in spec else {}
    return json.loads(json.dumps(spec | full))
