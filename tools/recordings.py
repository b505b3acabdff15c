"""Record the lessons' charts for pages without a kernel: gancourse/live/static/recorded.

    python tools/recordings.py [NAME ...]     all of RECORDED and TRAININGS, or those that are named

Needed after a change of a chart, of a training, or of the mathematics that they call: the test
`tests/live/test_live_recorded.py` compares each chart with Python at random settings, and the
samples of three of the five trainings at steps 0, 1 and 3, and so says when those are stale. A
training that goes apart later, `mlp_on` and `mlp_alive` it does not notice. It takes about ten
minutes, and needs MNIST: a training without it ends in an InputError.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(argv: list[str] | None = None) -> int:
    """Record; print size and time of each."""
    from gancourse.live.recorded import (
        RECORDED,
        chart_program,
        file_of,
        program_bytes,
        recorded_chart,
    )
    from gancourse.live.recorded.trainings import TRAININGS, training_bytes, training_file

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", choices=[*RECORDED, *TRAININGS, []], default=[*RECORDED, *TRAININGS]
    )
    for name in parser.parse_args(argv).names:
        start = time.process_time()
        if name in TRAININGS:
            path, data = training_file(name), training_bytes(name)
        else:
            path, data = file_of(name), program_bytes(chart_program(recorded_chart(name)))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        print(f"{name}: {len(data) / 1e3:.0f} kB, {time.process_time() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
