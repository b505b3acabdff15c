"""The net that a learner keeps from one lesson to a later one."""

import torch

from gancourse import nets
from gancourse.course import MARK


def test_a_kept_generator_comes_back_in_the_same_copy(tmp_path, monkeypatch):
    (tmp_path / MARK).mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert nets.load_mine() is None
    G = nets.make_generator("mlp", shape=(2,))
    assert nets.keep_mine(G, data="ring", step="7").parent == tmp_path
    mine, z = nets.load_mine(), torch.randn(4, G.z_dim)
    assert mine.card == {"data": "ring", "step": "7"}
    assert torch.equal(mine(z), G.eval()(z))


def test_without_a_copy_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert nets.keep_mine(nets.make_generator("mlp", shape=(2,))) is None
    assert nets.load_mine() is None
    assert not list(tmp_path.iterdir())
