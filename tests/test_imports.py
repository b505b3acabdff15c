"""What a kernel pays for the course's modules: no library that only some lessons use."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = ("torchvision", "sympy", "torch._dynamo", "torch._inductor", "sklearn", "scipy",
         "torchmetrics", "pandas", "ipywidgets", "anywidget")  # fmt: skip
MODULES = (
    "gancourse.live",
    "gancourse.plots",
    "gancourse.nets",
    "gancourse.train",
    "gancourse.clinic, gancourse.score.draws, gancourse.live.run.faulty",
    "gancourse.live.charts, gancourse.live.explorer, gancourse.live.run.dashboard, "
    "gancourse.live.run.pointgan, gancourse.data",
    "gancourse.data, gancourse.doctor; gancourse.claim('', torch.ones(2), 1.0); "
    "gancourse.doctor.examine(); gancourse.data.image_set('mnist').here()",
)
PROGRAM = """
import json, resource, sys
import torch
alone = set(sys.modules)
def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
before = spent()
import {modules}
seconds, megabytes = (after - b for after, b in zip(spent(), before))
print(json.dumps([sorted(set(sys.modules) - alone), seconds, megabytes]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the module resource is for Unix")
@pytest.mark.parametrize("modules", MODULES)
def test_no_library_comes_along_that_few_lessons_use(modules):
    """What `import torch` alone brings is not counted: no kernel of the course goes without it."""
    program, environment = PROGRAM.format(modules=modules), {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    brought, seconds, megabytes = json.loads(done.stdout)
    print(f"{modules}: {seconds:.2f} s of CPU and {megabytes:.0f} MB beyond torch")
    assert set(HEAVY) & set(brought) == set()
