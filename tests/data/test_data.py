"""Image sets: where they are looked for, how they are fetched, what comes out."""

import gzip
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import warnings
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
import torch
from file_server import md5, serving, small_files
from torchvision import datasets

import gancourse
from gancourse.data import IMAGE_SETS, download, idx, images, load_images, places, sets
from gancourse.errors import InputError

FILES = small_files(seed=0)
CLOTHES = small_files(seed=1)
TRAIN = "train-images-idx3-ubyte.gz"
TEST = "t10k-images-idx3-ubyte.gz"


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch, request):
    """A machine with no data, an empty cache, and small files for MNIST and Fashion-MNIST."""
    for name in ("GANCOURSE_DATA", "GANCOURSE_OFFLINE", "GANCOURSE_DEVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(sets, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    words = ("silent", "stall", "drip", "given_up", "last_mirror_did")
    slow = any(word in request.node.name for word in words)
    monkeypatch.setattr(download, "STALL_S", 0.4 if slow else 30)  # a busy machine is no stall
    monkeypatch.setattr(images, "_told", set())
    for kind, files in ((datasets.MNIST, FILES), (datasets.FashionMNIST, CLOTHES)):
        monkeypatch.setattr(kind, "resources", [(name, md5(c)) for name, c in files.items()])
        monkeypatch.setattr(kind, "mirrors", ["http://127.0.0.1:9/"])  # nobody listens there


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "cache/MNIST/raw"


@pytest.fixture
def mirrors(monkeypatch):
    return lambda *servers: monkeypatch.setattr(
        datasets.MNIST, "mirrors", [server.mirror for server in servers]
    )


@pytest.fixture
def given(tmp_path, monkeypatch):
    """A folder GANCOURSE_DATA that holds the small MNIST."""
    folder = tmp_path / "given"
    write(folder / "MNIST/raw", FILES)
    monkeypatch.setenv("GANCOURSE_DATA", str(folder))
    return folder


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def tree(folder):
    """Return everything below a folder, with contents and times of change (to read is none)."""
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_mode, path.is_file() and path.read_bytes())
        for path in folder.rglob("*")
    }


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def digits():
    return load_images("digits")


# what comes out


def test_shapes_and_types(given):
    mnist = load_images("mnist")
    assert mnist.images.shape == (60, 1, 28, 28)
    assert mnist.images.dtype == torch.uint8
    assert mnist.labels.dtype == torch.int64
    assert (mnist.name, mnist.split, len(mnist)) == ("mnist", "train", 60)


def test_splits_come_from_their_own_files(given):
    assert len(load_images("mnist", "test")) == 50


def test_pixels_and_labels_are_those_of_the_file(given):
    mnist = load_images("mnist")
    pixels = np.random.default_rng(0).integers(0, 256, (60, 28, 28), dtype=np.uint8)
    assert torch.equal(mnist.images[:, 0], torch.from_numpy(pixels))
    assert torch.equal(mnist.labels, torch.arange(60) % 10)


def test_the_package_offers_it():
    assert gancourse.load_images is load_images


def test_the_embedded_digits_are_measured_with_mnists_ruler():
    assert IMAGE_SETS["digits"].ruler == IMAGE_SETS["mnist"].ruler == "mnist"


def test_repr_is_short(digits):
    assert repr(digits) == (
        "<digits train: 1437 images from scikit-learn's 8x8 digits, enlarged to 28x28>"
    )


def test_black_is_minus_one_and_white_is_one(digits):
    x = digits.scaled()
    assert (x[digits.images == 0] == -1).all()
    assert (x[digits.images == 255] == 1).all()


def test_batch_is_float_in_range(digits):
    x = digits.batch(64, rng())
    assert x.shape == (64, 1, 28, 28)
    assert x.dtype == torch.float32
    assert x.abs().max() <= 1


def test_batch_depends_on_the_seed_alone(digits):
    torch.manual_seed(5)
    first = digits.batch(8, rng(1))
    torch.manual_seed(6)
    assert torch.equal(first, digits.batch(8, rng(1)))
    assert not torch.equal(first, digits.batch(8, rng(2)))


def test_batches_go_on_with_the_generator(digits):
    generator = rng()
    assert not torch.equal(digits.batch(8, generator), digits.batch(8, generator))


def test_batch_draws_every_image_equally_often(given):
    mnist = load_images("mnist")
    _, y = mnist.labelled_batch(60_000, rng())
    share = y.bincount() / len(y)
    assert (share - 0.1).abs().max() < 0.01


def test_batch_draws_with_replacement(given):
    assert len(load_images("mnist").batch(61, rng())) == 61


def test_labels_belong_to_their_images(digits):
    x, y = digits.labelled_batch(16, rng())
    where = [(digits.scaled() == image).all(-1).all(-1).all(-1).nonzero()[0, 0] for image in x]
    assert torch.equal(digits.labels[torch.stack(where)], y)


def test_labelled_batch_draws_what_batch_draws(digits):
    assert torch.equal(digits.labelled_batch(9, rng())[0], digits.batch(9, rng()))


def test_batches_come_at_memory_speed(digits):
    generator, seconds = rng(), []
    for _ in range(100):
        start = time.thread_time()  # of the processor: others may be at work here
        digits.batch(128, generator)
        seconds.append(time.thread_time() - start)
    assert 128 / min(seconds) > 40_000  # images a second; through PIL: 4 to 7 thousand


def test_scaled_some(digits):
    assert torch.equal(digits.scaled(slice(3, 5)), digits.scaled()[3:5])


def test_of_class(digits):
    sevens = digits.of_class(7)
    assert (sevens.labels == 7).all()
    assert len(sevens) == (digits.labels == 7).sum()
    assert torch.equal(sevens.images, digits.images[digits.labels == 7])


def test_to_device_keeps_everything(digits):
    there = digits.to("cpu")
    assert torch.equal(there.images, digits.images)
    assert there.class_names == digits.class_names


@pytest.mark.parametrize("k", [10, -1, "7", None])
def test_of_no_class(digits, k):
    with pytest.raises(InputError, match="from 0 to 9"):
        digits.of_class(k)


@pytest.mark.parametrize("n", [0, -1, 2.0, True])
def test_batch_size_must_be_a_count(digits, n):
    with pytest.raises(InputError, match="batch size must be a whole number of at least 1"):
        digits.batch(n, rng())


@pytest.mark.parametrize("generator", [None, 0, np.random.default_rng()])
def test_batch_needs_a_generator(digits, generator):
    with pytest.raises(InputError, match=r"torch.Generator on the CPU"):
        digits.batch(4, generator)


def test_unknown_set_lists_the_known():
    with pytest.raises(InputError, match="digits, fashion, mnist: did you mean 'mnist'"):
        load_images("mnits")


def test_unknown_split():
    with pytest.raises(InputError, match="split 'valid'; there are test, train"):
        load_images("digits", "valid")


def test_unknown_device():
    with pytest.raises(InputError, match="device"):
        load_images("digits", device="gpu")


def test_an_unknown_device_is_named_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(sets.EmbeddedDigits, "read", None)
    with pytest.raises(InputError, match="device"):
        load_images("digits", device="gpu")


# the embedded digits


def test_digits_are_split_the_same_way_always(digits):
    test = load_images("digits", "test")
    assert (len(digits), len(test)) == (1437, 360)
    assert digits.labels[:10].tolist() == list(range(10))
    assert test.labels.bincount().tolist() == [35, 36, 35, 37, 37, 37, 37, 36, 33, 37]


def test_digits_are_read_without_scikit_learn_and_are_its_own(digits, monkeypatch, tmp_path):
    code = "import sys; from gancourse.data import load_images as load; load('digits')"
    code += "; assert 'sklearn' not in sys.modules, 'scikit-learn was imported'"
    subprocess.run([sys.executable, "-c", code], check=True)
    moved = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(sets, "find_spec", lambda name: moved)
    images, labels, _ = sets.IMAGE_SETS["digits"].read("train")
    assert torch.equal(images, digits.images)
    assert torch.equal(labels, digits.labels)


def test_digits_have_the_size_and_ink_of_mnist(digits):
    assert digits.images[..., :4, :].max() == 0  # MNIST: 20x20 in the middle of 28x28
    assert digits.images[..., :, 24:].max() == 0
    assert 25 < digits.images.float().mean() < 45  # MNIST: 33
    assert digits.images.max() == 255


def test_digits_made_small_again_are_the_original(digits):
    from sklearn.datasets import load_digits

    small = torch.nn.functional.interpolate(
        digits.scaled()[..., 4:24, 4:24], size=(8, 8), mode="area"
    )
    original = torch.from_numpy(load_digits().images[:1437]).float()
    match = torch.corrcoef(torch.stack([small.flatten(), original.flatten()]))[0, 1]
    assert match > 0.9


def test_enlarged_digits_are_rounded_to_the_nearest_grey(digits):
    from sklearn.datasets import load_digits

    small = torch.from_numpy(load_digits().images[:1437] / 16)[:, None]
    grey = 255 * (2 * torch.nn.functional.interpolate(small, (20, 20), mode="bicubic") - 0.6)
    assert (digits.images[..., 4:24, 4:24] - grey.clamp(0, 255)).abs().max() <= 0.5


def test_white_stays_white_when_digits_are_enlarged(digits):
    """Twice the contrast takes greys beyond white: they are cut there, and do not wrap around."""
    from sklearn.datasets import load_digits

    full = torch.from_numpy(load_digits().images[:1437] == 16).float()[:, None]
    inside = torch.nn.functional.interpolate(full, size=(20, 20), mode="nearest-exact")
    kernel = torch.nn.functional.avg_pool2d(inside, 3, 1, 1) > 0.999  # white all around
    assert kernel.sum() > 1000
    assert (digits.images[..., 4:24, 4:24][kernel] == 255).all()


# GANCOURSE_DATA


def test_given_folder_comes_first(given, raw, capfd):
    write(raw, {TRAIN: b"never read"})
    assert str(given) in load_images("mnist").source
    assert capfd.readouterr().out == ""


def test_files_are_checked_where_md5_is_barred_for_security(given, monkeypatch):
    def barred(data, usedforsecurity=True):
        if usedforsecurity:
            raise ValueError("[digital envelope routines] unsupported")  # as in FIPS mode
        return allowed(data, usedforsecurity=False)

    allowed = hashlib.md5
    monkeypatch.setattr(hashlib, "md5", barred)
    assert load_images("mnist").name == "mnist"


def test_given_folder_may_lie_in_the_home_folder(given, monkeypatch):
    monkeypatch.setenv("HOME", str(given.parent))
    monkeypatch.setenv("GANCOURSE_DATA", f"~/{given.name}")
    assert str(given) in load_images("mnist").source


def test_given_folder_stays_as_it_is(given):
    before = tree(given)
    load_images("mnist")
    load_images("mnist", "test")
    assert tree(given) == before


def test_given_folder_without_the_set_is_passed_over(given, mirrors, monkeypatch):
    with serving(CLOTHES) as server:
        monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [server.mirror])
        fashion = load_images("fashion")
    assert fashion.name == "fashion"
    assert fashion.class_names == tuple(datasets.FashionMNIST.classes)


@pytest.mark.parametrize("split", ["train", "test"])
def test_given_folder_with_a_part_of_the_set(given, split):
    (given / "MNIST/raw" / TEST).unlink()
    with pytest.raises(InputError, match=f"{TEST} is not there: put it there"):
        load_images("mnist", split)


def laid(folder, how):
    """Lay MNIST's small files into a folder, in a layout met elsewhere; return GANCOURSE_DATA."""
    plain = {name.removesuffix(".gz"): gzip.decompress(content) for name, content in FILES.items()}
    again = {n: gzip.compress(gzip.decompress(c), 1) for n, c in FILES.items()}
    dotted = {name.replace("-idx", ".idx"): content for name, content in plain.items()}
    inside = {f"{name}/{name}": content for name, content in dotted.items()}
    below, files = {
        "one level too deep": ("MNIST", FILES),
        "two levels too deep": ("MNIST/raw", FILES),
        "without raw": ("", {f"MNIST/{name}": content for name, content in FILES.items()}),
        "unpacked": ("", {f"MNIST/raw/{name}": content for name, content in plain.items()}),
        "packed once more": ("MNIST/raw", again),
        "Kaggle's names": ("", dotted),
        "Kaggle's folders": ("", inside),
    }[how]
    for name, content in files.items():
        path = folder / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / below


LAYOUTS = ("one level too deep", "two levels too deep", "without raw", "unpacked",
           "packed once more", "Kaggle's names", "Kaggle's folders")  # fmt: skip


@pytest.fixture
def known_contents(monkeypatch):
    for name, files in (("mnist", FILES), ("fashion", CLOTHES)):
        contents = {n: md5(gzip.decompress(c)) for n, c in files.items()}
        monkeypatch.setitem(IMAGE_SETS, name, replace(IMAGE_SETS[name], contents=contents))


@pytest.mark.parametrize("how", LAYOUTS)
def test_a_layout_met_elsewhere_is_read_and_taken_for_no_other_set(
    how, given, known_contents, tmp_path, monkeypatch
):
    wanted = load_images("mnist", "test").images
    folder = laid(tmp_path / "other", how)
    monkeypatch.setenv("GANCOURSE_DATA", str(folder))
    found = load_images("mnist", "test")
    assert torch.equal(found.images, wanted)
    assert str(folder) in found.source
    assert IMAGE_SETS["fashion"].here() is None


def test_given_folder_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="nowhere' is not there"):
        load_images("mnist")


def test_given_folder_that_is_a_file(monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", __file__)
    with pytest.raises(InputError, match="is a file: correct it"):
        load_images("mnist")


def test_empty_variable_is_no_folder(monkeypatch, raw):
    monkeypatch.setenv("GANCOURSE_DATA", "")
    write(raw, FILES)
    assert load_images("mnist").name == "mnist"


def refusal(path, content):
    """Return what is said when this content is found at the path of the training images."""
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_images("mnist")
    said = str(caught.value)
    assert f"{path} is not the file it should be" in said
    assert md5(FILES[TRAIN]) in said
    assert md5(content) in said
    return said


def test_swapped_file_is_recognised(given):
    said = refusal(given / "MNIST/raw" / TRAIN, FILES[TEST])
    assert f"it holds {TEST} of MNIST;" in said
    assert "put the original there, or unset GANCOURSE_DATA" in said


def test_file_of_another_set_is_recognised(given):
    said = refusal(given / "MNIST/raw" / TRAIN, CLOTHES[TRAIN])
    assert f"it holds {TRAIN} of Fashion-MNIST;" in said


def test_truncated_file(given):
    assert "cut off after 1000 bytes" in refusal(given / "MNIST/raw" / TRAIN, FILES[TRAIN][:1000])


def test_garbage_file(given):
    said = refusal(given / "MNIST/raw" / TRAIN, b"<html>Log in to the network</html>")
    assert "its 34 bytes are no intact .gz file" in said


def test_empty_file(given):
    assert "it is empty" in refusal(given / "MNIST/raw" / TRAIN, b"")


def test_one_flipped_bit(given):
    content = bytearray(FILES[TRAIN])
    content[500] ^= 1
    assert "intact .gz" in refusal(given / "MNIST/raw" / TRAIN, bytes(content))


def test_damaged_file_in_the_cache_may_be_deleted(raw):
    write(raw, FILES)
    assert "delete it and run this again" in refusal(raw / TRAIN, b"garbage")


def test_damaged_labels_are_noticed(given):
    path = given / "MNIST/raw/train-labels-idx1-ubyte.gz"
    path.write_bytes(FILES["t10k-labels-idx1-ubyte.gz"])
    with pytest.raises(InputError, match="it holds t10k-labels"):
        load_images("mnist")


def test_a_file_that_may_not_be_read_is_named(given, monkeypatch):
    path = given / "MNIST/raw" / TRAIN
    read = Path.read_bytes

    def refuse(self):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=rf"{TRAIN} cannot be read \(Permission denied\): make"):
        load_images("mnist")


def test_what_a_file_holds_may_be_written_on():
    """NumPy's view of bytes may not, and PyTorch warns of it, once."""
    data = gzip.decompress(FILES[TRAIN])
    with warnings.catch_warnings(action="error"):
        x = idx.numbers(data)
    x += 1
    assert data == gzip.decompress(FILES[TRAIN])  # a view would have changed the bytes


# the download


def test_download_fills_the_cache(raw, mirrors):
    with serving(FILES) as server:
        mirrors(server)
        assert load_images("mnist").name == "mnist"
    assert {name: (raw / name).read_bytes() for name in os.listdir(raw)} == FILES


def test_a_download_goes_through_the_proxy_that_the_machine_names(raw, monkeypatch):
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://mirror.invalid/"])
    monkeypatch.setattr(urllib.request, "_opener", None)  # reads the variables again
    with serving(FILES) as proxy:
        monkeypatch.setenv("http_proxy", proxy.mirror)
        load_images("mnist")
    assert set(proxy.asked) == set(FILES)
    assert {name: (raw / name).read_bytes() for name in os.listdir(raw)} == FILES


def test_what_is_in_the_cache_is_not_asked_for(raw, mirrors):
    write(raw, {name: content for name, content in FILES.items() if name != TEST})
    with serving(FILES) as server:
        mirrors(server)
        load_images("mnist")
    assert set(server.asked) == {TEST}


def test_cache_needs_no_server(raw, capfd):
    write(raw, FILES)
    assert str(raw) in load_images("mnist").source
    assert capfd.readouterr().out == ""


BAD = {
    "damaged": "sent a file whose checksum is wrong",
    "cut": "sent a file whose checksum is wrong|IncompleteRead",
    "403": "answered with HTTP 403",
    "503": "answered with HTTP 503",
    "silent": "sent nothing for 0.4 s",
    "stalled": "sent nothing for 0.4 s",
    "dripping": "sent nothing for 0.4 s",
}


@pytest.mark.parametrize("how", BAD)
def test_second_mirror_after_a_bad_first(how, raw, mirrors):
    with serving(FILES, how) as bad, serving(FILES) as good:
        mirrors(bad, good)
        assert load_images("mnist").name == "mnist"
    assert bad.asked
    assert sorted(os.listdir(raw)) == sorted(FILES)


@pytest.mark.parametrize("how", BAD)
def test_digits_and_one_line_after_a_bad_last_mirror(how, raw, mirrors, capfd):
    with serving(FILES, how) as bad:
        mirrors(bad)
        assert load_images("mnist").name == "digits"
        line = capfd.readouterr().out
        assert bad.mirror in line
    assert any(reason in line for reason in BAD[how].split("|"))
    assert files_in(raw) == []


def test_the_line_says_what_why_and_what_to_do(capfd):
    found = load_images("fashion", "test")
    line = capfd.readouterr().out
    assert (found.name, found.split, len(found)) == ("digits", "test", 360)
    assert line.count("\n") == 1
    assert line.startswith("Fashion-MNIST is not on this machine, and was not downloaded (")
    assert "could not be reached" in line
    assert "connect to the network, or set GANCOURSE_DATA" in line


def test_the_line_is_short_from_the_second_time_on(capfd):
    load_images("fashion")
    load_images("fashion", "test")
    load_images("mnist")
    lines = capfd.readouterr().out.splitlines()
    again = "Fashion-MNIST: the small digits of scikit-learn stand in for it again."
    assert [line == again for line in lines] == [False, True, False]


def test_the_line_names_a_given_folder_that_lacks_the_set(given, capfd):
    load_images("fashion")
    assert f"or in GANCOURSE_DATA ({given})" in capfd.readouterr().out


def test_offline_asks_nobody(mirrors, monkeypatch, capfd):
    monkeypatch.setenv("GANCOURSE_OFFLINE", "1")
    with serving(FILES) as server:
        mirrors(server)
        assert load_images("mnist").name == "digits"
    assert server.asked == []
    assert "GANCOURSE_OFFLINE is set" in capfd.readouterr().out


def test_offline_reads_the_cache(raw, monkeypatch):
    monkeypatch.setenv("GANCOURSE_OFFLINE", "1")
    write(raw, FILES)
    assert load_images("mnist").name == "mnist"


def test_digits_need_no_network(monkeypatch, capfd):
    monkeypatch.setattr(sets, "download", None)
    load_images("digits")
    assert capfd.readouterr().out == ""


def test_stalled_mirror_is_not_asked_again_at_once(mirrors):
    with serving(FILES, "silent") as stalled, serving(FILES) as good:
        mirrors(stalled, good)
        load_images("mnist")
        load_images("mnist", "test")
    assert len(stalled.asked) == 1


def test_stalled_mirror_is_asked_again_after_a_minute(mirrors, monkeypatch):
    with serving(FILES, "silent") as server:
        mirrors(server)
        load_images("mnist")
        server.how, now = "good", time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 50)
        assert load_images("mnist").name == "digits"
        monkeypatch.setattr(time, "monotonic", lambda: now + 61)
        assert load_images("mnist").name == "mnist"


def test_broken_mirror_is_asked_again_at_once(mirrors):
    with serving(FILES, "503") as server:
        mirrors(server)
        load_images("mnist")
        server.how = "good"
        assert load_images("mnist").name == "mnist"


@pytest.fixture
def ctrl_c():
    """Ctrl-C interrupts, also where this runs in a shell's background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_interruption_leaves_nothing(raw, mirrors, monkeypatch):
    monkeypatch.setattr(download, "STALL_S", 30)  # the interruption comes first on a slow machine
    press = iter([lambda: None, lambda: os.kill(os.getpid(), signal.SIGINT)])  # asked twice a file
    with serving(FILES, "stalled", hook=lambda: next(press)()) as server:
        mirrors(server)
        with pytest.raises(KeyboardInterrupt):
            load_images("mnist")
    assert list(raw.iterdir()) == []


def leftover(raw, age):
    """Leave what a process that was killed `age` seconds ago had written."""
    part = raw / f".{TRAIN}.abc.part"
    write(part, {TRAIN: FILES[TRAIN][:99]})
    for path in (part / TRAIN, part):
        os.utime(path, (time.time() - age,) * 2)
    return part


def test_leftovers_are_swept_up(raw):
    write(raw, FILES)
    part = leftover(raw, age=100)
    assert load_images("mnist").name == "mnist"
    assert not part.exists()


def test_another_download_in_progress_is_left_alone(raw):
    write(raw, FILES)
    part = leftover(raw, age=0)
    load_images("mnist")
    assert part.exists()


def test_a_download_that_still_grows_is_left_alone(raw):
    write(raw, FILES)
    part = leftover(raw, age=100)
    os.utime(part / TRAIN)  # a folder's own time does not change when a file in it grows
    load_images("mnist")
    assert part.exists()


def test_a_download_goes_to_a_hidden_folder_that_a_sweep_finds(raw, mirrors):
    seen = set()
    look = lambda: seen.update(path.name for path in raw.iterdir() if path.is_dir())  # noqa: E731
    with serving(FILES, hook=look) as server:
        mirrors(server)
        load_images("mnist")
    assert len(seen) == 4
    assert all(name.startswith(".") and name.endswith(".part") for name in seen)
    assert {name[1:].partition(".gz")[0] + ".gz" for name in seen} == set(FILES)


def test_another_process_may_be_faster_and_sweep(raw, monkeypatch):
    def elsewhere(url, part, name, md5):
        (raw / name).write_bytes(FILES[name])
        shutil.rmtree(part)

    monkeypatch.setattr("torchvision.datasets.utils.download_url", elsewhere)
    assert load_images("mnist").name == "mnist"


def test_a_mirror_that_is_given_up_keeps_no_program_from_its_end(mirrors, monkeypatch):
    class Spy(Thread):
        def start(self):
            started.append(self)
            super().start()

    started = []
    monkeypatch.setattr(download, "Thread", Spy)
    with serving(FILES, "silent") as silent:
        mirrors(silent)
        load_images("mnist")
        assert [(thread.is_alive(), thread.daemon) for thread in started] == [(True, True)]


def test_a_mirror_that_sends_nothing_is_given_up_after_one_wait(mirrors, monkeypatch):
    class Never:
        done = ()

    asked = []
    monkeypatch.setattr(download, "wait", lambda jobs, seconds: asked.append(seconds) or Never)
    with serving(FILES, "silent") as silent:
        mirrors(silent)
        assert load_images("mnist").name == "digits"
    assert asked == [0.4]


SAID = [
    (URLError(TimeoutError()), "sent nothing for 0.4 s"),
    (URLError("no route"), "could not be reached: no route"),
    (RuntimeError("File not found or corrupted."), "sent a file whose checksum is wrong"),
    (OSError("the disk is full"), "failed: the disk is full"),
]


@pytest.mark.parametrize(("error", "said"), SAID)
def test_what_the_last_mirror_did_is_said(error, said, tmp_path, monkeypatch):
    def fail(*given):
        raise error

    monkeypatch.setattr(download, "_fetch", fail)
    with pytest.raises(download.Unavailable, match=f"^the last mirror, http://m/, {said}$"):
        download.download({"a": ""}, ["http://m/"], tmp_path)


def test_without_a_mirror_nothing_can_be_had(tmp_path):
    with pytest.raises(download.Unavailable, match="it has no mirror"):
        download.download({"a": ""}, [], tmp_path)


def test_a_leftover_is_not_taken_for_the_file(raw, mirrors):
    write(raw, FILES)
    (raw / TRAIN).unlink()
    leftover(raw, age=0)
    with serving(FILES) as server:
        mirrors(server)
        assert len(load_images("mnist")) == 60


def test_two_downloads_at_once(raw, mirrors):
    both = Barrier(2, timeout=60)
    got = []
    with serving(FILES, hook=lambda: both.wait() if len(got) == 0 else None) as server:
        mirrors(server)
        twins = [Thread(target=lambda: got.append(load_images("mnist"))) for _ in range(2)]
        [twin.start() for twin in twins]
        [twin.join() for twin in twins]
    assert [found.name for found in got] == ["mnist", "mnist"]
    assert sorted(os.listdir(raw)) == sorted(FILES)


def test_a_cache_that_cannot_be_written(tmp_path, mirrors, capfd):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with serving(FILES) as server:
        mirrors(server)
        assert load_images("mnist").name == "digits"
    assert "MNIST/raw cannot be written: Not a directory" in capfd.readouterr().out


# the real files


@pytest.fixture
def real(monkeypatch):
    monkeypatch.undo()  # torchvision's own MD5, and the data that every test has
    if not (IMAGE_SETS["mnist"].here() and IMAGE_SETS["fashion"].here()):
        pytest.skip("no MNIST or no Fashion-MNIST here")


COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def test_real_mnist(real):
    train, test = load_images("mnist"), load_images("mnist", "test")
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.labels.bincount().tolist() == COUNTS
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert train.images.double().mean() / 255 == pytest.approx(0.1307, abs=5e-5)


def test_real_fashion(real):
    train, test = load_images("fashion"), load_images("fashion", "test")
    assert train.labels.bincount().tolist() == [6000] * 10
    assert test.labels.bincount().tolist() == [1000] * 10
    assert train.images.double().mean() / 255 == pytest.approx(0.2860, abs=5e-5)


def test_the_first_real_image_is_what_torchvision_reads(real, tmp_path, monkeypatch):
    packed = places.file(IMAGE_SETS["mnist"].here(), TRAIN).read_bytes()
    (tmp_path / "idx").write_bytes(idx.unpacked(packed))
    theirs = datasets.mnist.read_image_file(str(tmp_path / "idx"))
    assert torch.equal(load_images("mnist").images[:, 0], theirs)


@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_the_contents_of_the_record_are_those_of_the_files(name, real):
    record = IMAGE_SETS[name]
    for file, content in record.contents.items():
        assert md5(idx.unpacked(places.file(record.here(), file).read_bytes())) == content


def test_every_idx_entry_names_a_torchvision_class():
    for entry in IMAGE_SETS.values():
        if isinstance(entry, sets.IdxFiles):
            assert set(entry.md5) == set(FILES)
            assert hasattr(datasets, entry.torchvision)


def test_a_set_and_what_is_drawn_from_it_are_on_the_device_asked_for(elsewhere):
    digits = load_images("digits", "test", elsewhere)
    assert len(digits) == 360
    x, labels = digits.labelled_batch(3, torch.Generator())
    found = [digits.images, digits.labels, x, labels, digits.batch(2, torch.Generator())]
    assert {x.device for x in found} == {elsewhere}
    assert load_images("digits").to(elsewhere).labels.device == elsewhere


def test_a_list_of_mirrors_is_ones_own():
    before = IMAGE_SETS["mnist"].mirrors
    IMAGE_SETS["mnist"].mirrors.clear()
    assert IMAGE_SETS["mnist"].mirrors == before != []
