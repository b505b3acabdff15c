"""A learner's own steps feed the dashboard, and its film keeps samples of the same z."""

import pytest
import torch
from torch.nn.functional import softplus
from watching import IMAGES, RING, TINY, a_dashboard, flat, greys, with_a_page  # noqa: F401

from gancourse import live, train
from gancourse.errors import InputError
from gancourse.live.run.dashboard import MOMENTS


def d_step(G, D, opt_D, x_real, z):
    d_loss = softplus(-D(x_real)).mean() + softplus(D(G(z).detach())).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    return d_loss.item()


def g_step(G, D, opt_G, z):
    g_loss = softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return g_loss.item()


def own(recipe=TINY, source=RING.sample, steps=30, **given):
    given = {"d_step": d_step, "g_step": g_step} | given
    return live.TrainingDashboard(train.State(recipe, 0, "cpu"), source, steps, **given)


@pytest.mark.parametrize(("recipe", "source"), [(TINY, RING.sample), (IMAGES, greys)])
def test_own_steps_train_both_players_and_fill_the_curves(recipe, source):
    dashboard = own(recipe, source)
    before = flat(dashboard.state.G)
    state = dashboard.wait()
    assert state.step == len(state.history) == 30
    assert not torch.equal(flat(state.G), before)
    assert set(state.curves()) == set(train.COLUMNS)
    assert torch.isfinite(torch.stack(state.history)).all()


def test_only_one_own_step_leaves_the_other_to_the_course():
    seen = []

    def noted(*given):
        seen.append(len(given))
        return d_step(*given)

    own(d_step=noted, g_step=None, steps=5).wait()
    assert seen == [5] * 5


def test_the_norm_of_ds_gradient_is_of_ds_own_loss():
    dashboard = own(steps=10)
    norms, take = [], dashboard.own["D"].take

    def spied(*given):
        seen = take(*given)
        norms.append(torch.cat([p.grad.flatten() for p in dashboard.state.D.parameters()]).norm())
        return seen

    dashboard.own["D"].take = spied
    dashboard.wait()
    dashboard.log.read()
    assert dashboard.log.norms[-1, 1] == pytest.approx(norms[-1].item(), rel=1e-5)
    assert all(p.requires_grad for p in dashboard.state.D.parameters())


def test_an_error_in_an_own_step_ends_the_run_and_is_said():
    dashboard = own(g_step=lambda G, D, opt_G, z: 1 / 0)
    with pytest.raises(InputError, match=r"g_step stopped.*ZeroDivisionError"):
        dashboard.wait()
    assert dashboard.status == "failed"
    assert "ZeroDivisionError" in dashboard.sentence()
    assert all(p.requires_grad for p in dashboard.state.D.parameters())


def test_an_own_step_that_cannot_be_called_is_refused_at_once():
    with pytest.raises(InputError, match="g_step is called as"):
        own(g_step=lambda G: 0.0)


def test_the_film_keeps_samples_of_the_same_z_with_their_steps():
    dashboard = a_dashboard(IMAGES, greys, steps=30)
    state = dashboard.wait()
    assert [title for title, _ in dashboard.frames] == ["step 1", "step 10", "step 30"]
    last = dashboard.frames[-1][1]
    assert last.shape == (16, 1, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(last, state.ema_G(dashboard._z[:16]))
    assert "step 1, step 10, step 30" in dashboard.film().alt
    assert sorted(MOMENTS)[:6] == [1, 10, 30, 100, 300, 1000]


def test_the_film_of_points_and_of_nothing():
    dashboard = a_dashboard(steps=10)
    with pytest.raises(InputError, match="no frame yet"):
        dashboard.film()
    dashboard.wait()
    assert "step 1, step 10" in dashboard.film().alt


def test_the_film_does_not_touch_the_runs_random_numbers():
    watched = a_dashboard(steps=12).wait()
    plain = train.State(TINY, 0, "cpu")
    for _ in train.train(plain, RING.sample, 12):
        pass
    assert torch.equal(flat(watched.G), flat(plain.G))
