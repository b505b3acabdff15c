"""A course of two files to build, for the tests of tools/build."""

import json

from build import exercises
from build.sources import targets

LESSON = """\
# %% [markdown]
# # A lesson

# %%
import os
print("one")
print("two")

# %%
os.environ["GANCOURSE_FRONTEND"], os.environ["PYTHONHASHSEED"], os.path.basename(os.getcwd())

# %% tags=["raises-exception"]
1 / 0
"""
SHEET = """\
# %% [markdown]
# # A sheet

# %% tags=["exercise:01.1"]
def double(x):
    # BEGIN SOLUTION
    secret = 2
    return secret * x
    # END SOLUTION


# %% [markdown] tags=["hint"]
# Hint: the idea
# Add it to itself.

# %% [markdown] tags=["solution"]
# Because of this.

# %% tags=["hidden"]
assert double(2) == 4

# %%
print("the end")
"""


def put(root, text, name="solutions/01_x.py"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def blank(root, kind):
    return exercises.blank(next(t for t in targets(root) if t.kind == kind))


def edited(path, change):
    """Change a notebook's JSON in place."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def set_cell(number, **values):
    return lambda nb: nb["cells"][number].update(values)
