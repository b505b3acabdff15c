"""The averaged generator: how it follows G, its statistics, samples of it."""

import pytest
import torch
from ring_runs import PENALISED, flat, weights

from gancourse import nets
from gancourse import train as T
from gancourse.errors import InputError
from gancourse.train import checkpoint


def test_ema_follows_g_slowly_and_its_buffers_at_once():
    state = T.State(T.Recipe("mlp", batch=8, ema=0.9, precision="fp32"), device="cpu")
    state.step = 10_000
    with torch.no_grad():
        for p, q in zip(state.G.parameters(), state.ema_G.parameters(), strict=True):
            p.fill_(1.0), q.fill_(0.0)
        next(state.G.buffers()).fill_(5.0)
    T.ema_step(state)
    assert all(torch.allclose(q, torch.tensor(0.1)) for q in state.ema_G.parameters())
    assert (next(state.ema_G.buffers()) == 5).all()


def test_ema_averages_the_statistics_where_the_recipe_says_so():
    recipe = T.Recipe("mlp", batch=8, ema=0.9, precision="fp32", ema_buffers=True)
    state = T.State(recipe, device="cpu")
    state.step = 10_000
    with torch.no_grad():
        for p, q in zip(state.G.buffers(), state.ema_G.buffers(), strict=True):
            p.fill_(5)
            q.fill_(0)
    T.ema_step(state)
    for q in state.ema_G.buffers():  # a count of batches is no statistic: it is G's
        assert torch.allclose(q, torch.tensor(0.5)) if q.is_floating_point() else q == 5


def test_the_averaged_generator_has_statistics_of_its_own():
    state = T.State(T.Recipe("dcgan", G={"width": 8}, D={"width": 8}, batch=4), 0, "cpu")
    before = checkpoint.contents(state)[0]
    G = T.averaged_generator(state)
    assert all(torch.equal(p, q) for p, q in zip(weights(G), weights(state.ema_G), strict=True))
    norm, old = (next(m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d))
                 for net in (G, state.ema_G))  # fmt: skip
    assert (old.running_var == 1).all()
    assert norm.momentum == old.momentum
    assert not G.training
    assert not norm.training
    z = torch.randn(4000, G.z_dim, generator=torch.Generator().manual_seed(5))
    seen = []
    norm.register_forward_pre_hook(lambda m, x: seen.append(x[0]))
    with torch.no_grad():
        G(z)
    variance = seen[0].var((0, 2, 3))
    assert torch.allclose(norm.running_var, variance, rtol=0.1)
    assert torch.equal(flat(T.averaged_generator(state)), flat(G))
    assert all(
        torch.equal(checkpoint.contents(state)[0][name], before[name])
        for name in ("rng", "global_rng")
    )


def test_sample_is_the_same_for_a_seed_and_keeps_the_mode():
    G = nets.make_generator("mlp").train()
    assert torch.equal(T.sample(G, 4, 1), T.sample(G, 4, 1))
    assert not torch.equal(T.sample(G, 4, 1), T.sample(G, 4, 2))
    assert G.training


def test_standing_statistics_are_the_mean_over_20_batches_of_500():
    G = T.State(T.Recipe("dcgan", G={"width": 8}, D={"width": 8}), 0, "cpu")
    asked = []
    G.ema_G.register_forward_pre_hook(lambda net, args: asked.append(args[0].detach()))
    found = T.averaged_generator(G)
    assert [len(z) for z in asked] == [500] * 20
    z = torch.randn(500, found.z_dim, generator=torch.Generator().manual_seed(0))
    assert torch.equal(asked[0], z)
    batches = [m.num_batches_tracked for m in found.modules() if hasattr(m, "num_batches_tracked")]
    assert {int(n) for n in batches} == {20}


def test_a_net_without_batch_norm_needs_no_standing_statistics():
    state = T.State(PENALISED, device="cpu")
    state.ema_G.register_forward_pre_hook(lambda net, args: pytest.fail("asked in vain"))
    assert torch.equal(flat(T.averaged_generator(state)), flat(state.ema_G))


@pytest.mark.parametrize("training", [True, False])
def test_samples_are_drawn_in_evaluation_mode_from_the_seeds_own_z(training):
    G = nets.make_generator("mlp").train(training)
    x = T.sample(G, 3, 4)
    assert G.training is training
    z = torch.randn(3, G.z_dim, generator=torch.Generator().manual_seed(4))
    assert torch.equal(x, G.eval()(z).detach())
    assert not x.requires_grad
    assert torch.equal(T.sample(G), T.sample(G, 64, 0))
    assert T.sample(G, 1).shape == (1, 1, 28, 28)
    with pytest.raises(InputError, match="n must be"):
        T.sample(G, 0)


def test_standing_statistics_forget_those_of_the_run():
    state = T.State(T.Recipe("dcgan", G={"width": 8}, D={"width": 8}), 0, "cpu")
    before = flat(T.averaged_generator(state))
    for norm in (m for m in state.ema_G.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        norm.running_mean.fill_(1e3)
        norm.num_batches_tracked.fill_(1000)
    buffers = torch.cat([b.flatten() for b in T.averaged_generator(state).buffers()])
    assert torch.equal(flat(T.averaged_generator(state)), before)
    assert buffers.abs().max() < 1e3
