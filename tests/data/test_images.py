"""Image sets: what comes out, and the embedded digits."""

import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from small_sets import rng

import gancourse
from gancourse.data import IMAGE_SETS, load_images, sets
from gancourse.errors import InputError

pytestmark = pytest.mark.usefixtures("machine")


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


def test_a_set_and_what_is_drawn_from_it_are_on_the_device_asked_for(elsewhere):
    digits = load_images("digits", "test", elsewhere)
    assert len(digits) == 360
    x, labels = digits.labelled_batch(3, torch.Generator())
    found = [digits.images, digits.labels, x, labels, digits.batch(2, torch.Generator())]
    assert {x.device for x in found} == {elsewhere}
    assert load_images("digits").to(elsewhere).labels.device == elsewhere
