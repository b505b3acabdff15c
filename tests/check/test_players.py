"""The game that is replayed here leads where PyTorch's own steps lead, in the student too."""

import pytest

from gancourse.check import Draw, Student, facts
from gancourse.check.players import STEEP, SURE, Game, both_step, two_players
from gancourse.losses import cross_entropy_d, non_saturating_g


def textbook(G, D, opt_G, opt_D, x_real, z):
    x_fake = G(z)
    opt_D.zero_grad()
    d_loss = cross_entropy_d(D(x_real), D(x_fake.detach()))
    d_loss.backward()
    opt_D.step()
    opt_G.zero_grad()
    g_loss = non_saturating_g(None, D(x_fake))
    g_loss.backward()
    opt_G.step()
    return d_loss, g_loss


@pytest.mark.parametrize(
    "options", [{}, {"norm": True}, {"momentum": 0.5}, {"sure": 5.0}, {"decay": 0.1}]
)
def test_three_steps_lead_where_the_textbook_leads(options):
    student, draw = Student(), Draw(0)
    players, step = two_players(student, draw, **options), student.admit(textbook)
    losses = [loss for _ in range(3) for loss in student.call(step, players.all())]
    game = players.played(both_step, times=3)
    assert game.losses == pytest.approx([loss.item() for loss in losses], rel=1e-5)
    for who, twin in (("G", players.G), ("D", players.D)):
        got = student.snapshot(twin.there)["weights"]
        assert facts.all_near(got, game.weights(who), 4 * players.tolerance())


def test_a_game_leaves_the_players_as_they_were():
    players = two_players(Student(), Draw(0))
    before = players.G.weights(), players.D.weights()
    players.played(both_step)
    assert all(
        facts.all_near(now.weights(), then, 0.0)
        for now, then in zip((players.G, players.D), before, strict=True)
    )


def test_one_player_moves_at_a_time():
    players = two_players(Student(), Draw(0))

    def only_g(game: Game) -> None:
        game.fakes()
        game.go("G", game.g_loss())

    game = players.played(only_g)
    assert facts.all_near(game.weights("D"), players.D.weights(), 0.0)
    assert all(p.grad is None for p in game.D.parameters())
    assert not facts.all_near(game.weights("G"), players.G.weights(), 0.0)


def test_a_sure_d_calls_everything_fake():
    student = Student()
    players = two_players(student, Draw(0), sure=200.0)
    assert (student.apply(players.D.there, players.x_real) < -100).all()
    assert (players.D.here(players.x_real.double()) < -100).all()


@pytest.mark.parametrize("times", [1, 5])
def test_a_steep_d_asks_for_no_more_than_probabilities_can_hold(times):
    for seed in range(40):  # without a limit one in 25 has a logit of -28
        players = two_players(Student(), Draw(seed), steep=times * STEEP)
        x_fake = players.G.here(players.z.double())
        logits = [players.D.here(x) for x in (players.x_real.double(), x_fake)]
        assert max(logit.abs().max() for logit in logits) < SURE + 1e-3


def test_renewed_players_go_on_from_the_weights_of_the_moment():
    student = Student()
    players, step = two_players(student, Draw(0), norm=True, decay=0.1), student.admit(textbook)
    student.call(step, players.all())
    fresh = players.renewed(student)
    seen = [student.snapshot(net.there) for net in (players.G, fresh.G)]
    assert facts.equal(seen[0]["weights"], seen[1]["weights"])
    assert facts.equal(seen[0]["buffers"], seen[1]["buffers"])
    assert all(g is None for g in seen[1]["grads"].values())
    student.call(step, players.all())
    student.call(step, fresh.all())
    moved = [student.snapshot(net.there)["weights"] for net in (players.G, fresh.G)]
    assert facts.all_near(*moved, players.tolerance())
    assert facts.all_near(moved[0], fresh.played(both_step).weights("G"), 4 * players.tolerance())
