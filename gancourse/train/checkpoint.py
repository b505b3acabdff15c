"""A run in one safetensors file: everything of its `State`, so that it goes on bit for bit."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse import machine, nets
from gancourse.errors import InputError
from gancourse.store import load_tensors, save_tensors
from gancourse.train import parallel
from gancourse.train.recipe import Recipe
from gancourse.train.state import State

CHECKPOINT = "gancourse-checkpoint-2"
PARTS = ("G", "D", "ema_G", "opt_G", "opt_D")
NOTES = ("seed", "step", "data", "mark", "precision", "threads", "world")


def save_state(state: State, path: str | Path) -> Path:
    """Write all of a run to one safetensors file; keep the file it replaces as `path`.previous.

    A kill at any moment leaves at least one whole checkpoint. Of several processes each calls it,
    and the first one writes.
    """
    path = Path(path)
    tensors, notes = contents(state)
    if parallel.rank():
        return path
    metadata = {"format": CHECKPOINT, "notes": json.dumps(notes)}
    new = save_tensors(_beside(path, "new"), tensors, metadata)
    if path.exists():
        path.replace(_beside(path, "previous"))
    return new.replace(path)


def load_state(path: str | Path, device=None) -> State:
    """Return the run saved at `path`; if that file is damaged, the one before, and say so.

    The damaged file is put aside as `path`.damaged. Raises InputError when neither is a whole
    checkpoint of gancourse.
    """
    path = Path(path)
    try:
        return _unpack(path, device)
    except InputError as error:
        if not _beside(path, "previous").exists():
            raise
        state = _unpack(_beside(path, "previous"), device)
        print(f"Going on from the checkpoint before, at step {state.step}: {error}")
    parallel.wait()  # nobody reads it any more
    if path.exists() and not parallel.rank():
        path.replace(_beside(path, "damaged"))
    return state


def begun(path: str | Path) -> bool:
    """Tell whether there is a checkpoint at `path`, or the one that it was to replace."""
    path = Path(path)
    return path.exists() or _beside(path, "previous").exists()


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")


def contents(state: State) -> tuple[dict[str, Tensor], dict]:
    """Return all that a run is: tensors by name, and notes that JSON can hold."""
    draws = {"rng": state.rng.get_state(), "global_rng": torch.get_rng_state()}
    if state.device.type == "cuda":  # dropout draws from it
        draws["device_rng"] = torch.cuda.get_rng_state(state.device)
    tensors = parallel.gathered(draws)
    if state.history:
        tensors["history"] = torch.stack(state.history)
    for part in PARTS:
        flat = _flatten(getattr(state, part).state_dict())
        tensors |= {f"{part}/{name}": tensor for name, tensor in flat.items()}
    notes = {name: getattr(state, name) for name in NOTES}
    return tensors, notes | {"recipe": asdict(state.recipe)}


def _flatten(state_dict: dict) -> dict[str, Tensor]:
    """Return a net's tensors, or an optimiser's by index and name: `3/exp_avg`."""
    if "state" not in state_dict:
        return state_dict
    slots = state_dict["state"].items()
    return {f"{index}/{name}": t for index, slot in slots for name, t in slot.items()}


def _unpack(path: Path, device) -> State:
    tensors, metadata = load_tensors(path)
    if metadata.get("format") != CHECKPOINT:
        raise InputError(
            f"{path} is no checkpoint of gancourse: give the folder or checkpoint.safetensors of "
            "a run of `gancourse train`."
        )
    try:
        return _rebuilt(tensors, json.loads(metadata["notes"]), path, device)
    except (KeyError, TypeError, RuntimeError, json.JSONDecodeError) as error:
        raise InputError(
            f"{path} does not hold all of a run ({type(error).__name__}: {error}): start a "
            "new run, or resume one that this version wrote."
        ) from None


def _rebuilt(tensors: dict[str, Tensor], notes: dict, path: Path, device) -> State:
    state = State(Recipe(**notes["recipe"]), notes["seed"], device, notes["precision"])
    for part in PARTS:
        _restore(getattr(state, part), _below(tensors, part), path)
    state.step, state.data, state.mark = notes["step"], notes["data"], notes.get("mark", "")
    state.threads = _threads_of(notes)
    state.history = list(tensors.get("history", torch.empty(0, 4)).to(state.device))
    state.world = notes.get("world", 1)
    _restore_draws(state, tensors)
    return state


def _restore_draws(state: State, tensors: dict[str, Tensor]) -> None:
    """Set this process's random states, unless the run was one of another number of processes.

    Whoever goes on with a run looks at `state.world` first.
    """
    if state.world != parallel.world():
        return
    state.rng.set_state(parallel.own_of(tensors, "rng"))
    torch.set_rng_state(parallel.own_of(tensors, "global_rng"))
    if state.device.type == "cuda" and "device_rng" in tensors:
        torch.cuda.set_rng_state(parallel.own_of(tensors, "device_rng"), state.device)


def _threads_of(notes: dict) -> int:
    """Return the run's own number of threads, unless this machine has fewer cores.

    Runs that were saved before it was noted had PyTorch's own number.
    """
    return min(notes.get("threads", torch.get_num_threads()), machine.cores())


def _below(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    return {n.removeprefix(f"{part}/"): t for n, t in tensors.items() if n.startswith(f"{part}/")}


def _restore(target, tensors: dict[str, Tensor], path: Path) -> None:
    if isinstance(target, nn.Module):
        return nets.load_weights(target, tensors, path)
    slots: dict[int, dict[str, Tensor]] = {}
    weights = target.param_groups[0]["params"]
    for name, tensor in tensors.items():
        index, key = name.split("/")
        slots.setdefault(int(index), {})[key] = _laid_out_as(weights[int(index)], tensor)
    groups = target.state_dict()["param_groups"]
    return target.load_state_dict({"state": slots, "param_groups": groups})


def _laid_out_as(weight: Tensor, tensor: Tensor) -> Tensor:
    """Return an average of `weight`'s gradients in its memory format: Adam walks them together."""
    return torch.empty_like(weight).copy_(tensor) if tensor.shape == weight.shape else tensor
