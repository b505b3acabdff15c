"""Classifiers of real images and of fakes, and lesson 13's tables with runs of a few steps."""

from dataclasses import replace

import pytest
import torch

from gancourse import nets, train
from gancourse.data import load_images
from gancourse.errors import InputError
from gancourse.score import image_tables as I
from gancourse.score import pupils


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


def test_a_pupil_learns_and_the_same_seed_gives_the_same_one(digits):
    net = pupils.fit([digits], 150, seed=3)
    assert pupils.accuracy(net, load_images("digits", "test")) > 0.7
    torch.manual_seed(99)
    again = pupils.fit([digits], 150, seed=3)
    assert all(map(torch.equal, net.parameters(), again.parameters()))


def test_a_pupil_is_two_convolutions_and_a_dense_layer():
    shapes = [tuple(w.shape) for w in pupils.small_cnn(7).parameters() if w.dim() > 1]
    assert shapes == [(16, 1, 3, 3), (32, 16, 3, 3), (7, 32 * 49)]


def test_fitting_leaves_the_global_random_state_alone(digits):
    before = torch.get_rng_state()
    pupils.fit([digits], 1)
    assert torch.equal(torch.get_rng_state(), before)


def test_each_set_gives_its_share_of_every_batch(digits, monkeypatch):
    drawn = []
    real = type(digits).labelled_batch
    monkeypatch.setattr(
        type(digits), "labelled_batch", lambda s, n, rng: drawn.append(n) or real(s, n, rng)
    )
    pupils.fit([digits] * 3, 1)
    assert drawn == [22, 21, 21]


def test_a_pupil_of_nothing_is_refused(digits):
    for sets in ([], [replace(digits, images=digits.images[:0], labels=digits.labels[:0])]):
        with pytest.raises(InputError, match="none were given"):
            pupils.fit(sets, 1)


def test_wrong_labels_teach_wrong_answers(digits):
    wrong = replace(digits, labels=(digits.labels + 1) % 10)
    test = load_images("digits", "test")
    assert pupils.accuracy(pupils.fit([wrong], 150), test) < 0.2
    assert pupils.nearest_error(wrong, test) > 0.9
    assert pupils.nearest_error(digits, test) < 0.1


def test_some_of_a_set_is_as_even_as_can_be_and_follows_the_seed():
    some = I.some_of("digits", 53, seed=1)
    counts = torch.bincount(some.labels, minlength=10)
    assert sorted(counts.tolist()) == [5] * 7 + [6] * 3
    again, other = I.some_of("digits", 53, seed=1), I.some_of("digits", 53, seed=2)
    assert torch.equal(some.images, again.images)
    assert not torch.equal(some.images, other.images)
    larger = I.some_of("digits", 60, seed=1)
    assert torch.equal(larger.images[:53], some.images)
    assert len({image.numpy().tobytes() for image in some.images}) > 50
    with pytest.raises(InputError):
        I.some_of("digits", 0)


def test_fakes_stand_where_images_did(digits):
    torch.manual_seed(0)
    G = nets.make_generator("cdcgan", z_dim=4, width=8)
    fakes = I.fakes_like(G, digits, 25, 3)
    assert fakes.labels.tolist() == [i % 10 for i in range(25)]
    assert fakes.images.dtype == torch.uint8
    assert torch.equal(fakes.images, I.fakes_like(G, digits, 25, 3).images)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(I, "SAMPLES", 200)
    monkeypatch.setattr(I, "PUPIL_STEPS", 3)


def tiny(table):
    row, recipe = next(iter(table.rows.items()))
    recipe = replace(recipe, G={"z_dim": 4, "width": 8}, D={"width": 8}, batch=4, precision="fp32")
    return replace(
        table, rows={row: recipe}, data={"few": {"name": "digits", "n": 40}}, every=2
    ), row


@pytest.mark.parametrize("name", ["conditional", "augmentation"])
def test_a_row_is_trained_and_scored(name, small):
    table, row = tiny(I.IMAGE_TABLES[name])
    scores = list(table.scores(table.start(row, 0), "few", 3))
    assert [score["step"] for score in scores] == [2, 3]
    again = list(table.scores(table.start(row, 0), "few", 3))
    assert again == scores
    if name == "conditional":
        assert len(scores[0]["coverage_by_class"]) == 10
        assert 0 <= scores[0]["obedience"] <= 1
    else:
        last = scores[-1]
        assert last["images"] == 40
        assert last["gain"] == last["accuracy_real_and_fakes"] - last["accuracy_real"]
    assert "0." in table.said(scores[0])


def test_a_row_goes_on_where_it_was():
    table, row = tiny(replace(I.IMAGE_TABLES["conditional"], measure=lambda *_: {}))
    state = table.start(row, 0)
    assert [score["step"] for score in table.scores(state, "few", 2)] == [2]
    assert [score["step"] for score in table.scores(state, "few", 3)] == [3]
    assert [*table.scores(state, "few", 3)] == []


def test_large_images_are_measured_at_the_rulers_side(small):
    """Beside real ones, which come nearer; the run of seed 0 keeps six samples, as they are."""
    table, row = tiny(I.IMAGE_TABLES["sides"])
    table = replace(table, data={"few": {"name": "digits@32", "n": 200}})
    (first,), (second,) = (
        table.scores(table.start(row, seed, data="few"), "few", 2) for seed in (0, 1)
    )
    assert 0 < first["fid_of_real"] < first["fid"] / 2
    assert "samples" not in second
    kept = I.unpacked(first["samples"])
    assert (kept.shape, kept.dtype) == ((6, 1, 32, 32), torch.uint8)
    assert I.packed(kept) == first["samples"]


def test_fakes_are_learnt_from_as_real_images_are(small, monkeypatch):
    torch.manual_seed(0)
    G = nets.make_generator("cdcgan", z_dim=4, width=8)
    monkeypatch.setattr(nets, "load_shipped", lambda name: G)
    table = replace(I.IMAGE_TABLES["fakes"], data={"few": {"name": "digits", "n": 60}})
    real = table.measured_at_once("real images", "few", 0)
    fake = table.measured_at_once("samples", "few", 0)
    assert real["images"] == fake["images"] == 60
    assert real["nearest_error"] < 0.4 < fake["nearest_error"]  # G is untrained
    assert real["step"] == table.steps == 1


def test_rows_differ_by_what_their_names_say():
    rows = I.IMAGE_TABLES["augmentation"].rows
    assert replace(rows["DiffAugment"], augment="") == rows["plain"]
    hows = [recipe.D["how"] for recipe in I.IMAGE_TABLES["conditional"].rows.values()]
    assert hows == ["concatenation", "projection", "auxiliary"]
    assert {r.G["width"] for r in rows.values()} == {32}
    assert isinstance(rows["plain"], train.Recipe)


def test_means_are_over_the_seeds_of_a_row_on_its_data():
    def run(row, data, *scores):
        return {"row": row, "data": data, "scores": [{"gain": score} for score in scores]}

    runs = [run("plain", "100", 9, 1), run("plain", "100", 3), run("DiffAugment", "1,000", 5)]
    found = I.means("augmentation", runs, "gain")
    assert found == {("plain", "100"): (2, 2), ("DiffAugment", "1,000"): (5, 1)}
    assert list(found) == [("plain", "100"), ("DiffAugment", "1,000")]
