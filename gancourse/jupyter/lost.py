"""A notebook that is opened without a kernel: what its widgets were, in words.

A saved cell holds a widget as the number of a model in the kernel that made it. Without that kernel
a page shows an error in its place, so the number is left out when such a notebook is opened, and
the cell shows its text: what it is, and that running it brings it back. The file stays as it is.
"""

import inspect
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
RUN = "(a widget; run this cell to move it)"


def say_in_words(notebook: dict) -> None:
    """Leave out the views of a notebook whose models it does not hold; say so in the text."""
    held = notebook.get("metadata", {}).get("widgets", {}).get(STATE, {}).get("state", {})
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if VIEW in data and data[VIEW].get("model_id") not in held:
                del data[VIEW]
                text = "".join(data.get("text/plain", ""))
                data["text/plain"] = f"{text}\n{RUN}" if text else RUN


def watch_opening(server: Any) -> None:
    """Let a server's contents manager tell lost widgets in words, where it is an asynchronous one.

    A notebook that a kernel belongs to is left alone: a page finds its models there.
    """
    manager, sessions = server.contents_manager, server.session_manager
    get = manager.get
    if not inspect.iscoroutinefunction(get):
        return

    async def opened(path: str, *given, **named) -> dict:
        model = await get(path, *given, **named)
        if model.get("type") == "notebook" and isinstance(model.get("content"), dict):
            running = {s["path"].strip("/") for s in await sessions.list_sessions()}
            if path.strip("/") not in running:
                say_in_words(model["content"])
        return model

    manager.get = opened
