"""A turn with labels: correct in several styles, and the classic mistakes."""

import torch
from torch.nn import functional as F
from torch.nn.functional import one_hot, softplus

from gancourse import losses


def _joined(x, y):
    return torch.cat([x, one_hot(y, 3).to(x)], 1)


def _go(opt, loss):
    opt.zero_grad()
    loss.backward()
    opt.step()


def step_by_step(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))
    _go(opt_D, softplus(-on_real).mean() + softplus(on_fake).mean())
    _go(opt_G, softplus(-D(_joined(x_fake, y))).mean())


def by_cross_entropy(G, D, opt_G, opt_D, real, fake):
    """As most programs have it: fakes drawn twice, targets of ones and zeros."""
    x_real, y_real = real
    z, y = fake
    bce = torch.nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(len(x_real)), torch.zeros(len(z))
    opt_D.zero_grad()
    with torch.no_grad():
        x_fake = G(_joined(z, y))
    d_loss = bce(D(_joined(x_real, y_real)), ones) + bce(D(_joined(x_fake, y)), zeros)
    d_loss.backward()
    opt_D.step()
    opt_G.zero_grad()
    bce(D(_joined(G(_joined(z, y)), y)), torch.ones(len(z))).backward()
    opt_G.step()


def two_backwards(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    opt_D.zero_grad()
    softplus(-D(_joined(x_real, y_real))).mean().backward()
    softplus(D(_joined(x_fake.detach(), y))).mean().backward()
    opt_D.step()
    _go(opt_G, softplus(-D(_joined(x_fake, y))).mean())


def in_one_batch(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    x = torch.cat([x_real, x_fake.detach()])
    on_real, on_fake = D(_joined(x, torch.cat([y_real, y]))).split([len(x_real), len(z)])
    _go(opt_D, softplus(-on_real).mean() + softplus(on_fake).mean())
    _go(opt_G, softplus(-D(_joined(x_fake, y))).mean())


def by_the_course_losses(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    logits = D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))
    _go(opt_D, losses.cross_entropy_d(*logits))
    _go(opt_G, losses.non_saturating_g(None, D(_joined(x_fake, y))))


def by_logsigmoid(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))
    _go(opt_D, -F.logsigmoid(on_real).mean() - F.logsigmoid(-on_fake).mean())
    _go(opt_G, -F.logsigmoid(D(_joined(x_fake, y))).mean())


def frozen(G, D, opt_G, opt_D, real, fake):
    """D is frozen in G's step and given back."""
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))
    _go(opt_D, softplus(-on_real).mean() + softplus(on_fake).mean())
    D.requires_grad_(False)
    _go(opt_G, softplus(-D(_joined(x_fake, y))).mean())
    D.requires_grad_(True)


def by_autograd(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))
    d_loss = softplus(-on_real).mean() + softplus(on_fake).mean()
    for opt, net, loss in (
        (opt_D, D, lambda: d_loss),
        (opt_G, G, lambda: softplus(-D(_joined(x_fake, y))).mean()),
    ):
        weights = list(net.parameters())
        for p, g in zip(weights, torch.autograd.grad(loss(), weights), strict=True):
            p.grad = g
        opt.step()


def zeros_kept(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    for opt in (opt_G, opt_D):
        opt.zero_grad(set_to_none=False)
    x_fake = G(_joined(z, y))
    on_fake = D(_joined(x_fake.detach(), y))
    (softplus(-D(_joined(x_real, y_real))).mean() + softplus(on_fake).mean()).backward()
    opt_D.step()
    softplus(-D(_joined(x_fake, y))).mean().backward()
    opt_G.step()


def _with(made="y", d_fake="y", g_fake="y", real_with="y_real"):
    """Return a turn that uses these labels."""

    def turn(G, D, opt_G, opt_D, real, fake):
        (x_real, y_real), (z, y) = real, fake
        of = {"y": y, "y_real": y_real}
        x_fake = G(_joined(z, of[made]))
        on_real = D(_joined(x_real, of[real_with]))
        on_fake = D(_joined(x_fake.detach(), of[d_fake]))
        _go(opt_D, softplus(-on_real).mean() + softplus(on_fake).mean())
        _go(opt_G, softplus(-D(_joined(x_fake, of[g_fake]))).mean())

    return turn


def fakes_with_real_labels(*given):
    _with(d_fake="y_real", g_fake="y_real")(*given)


def fakes_with_real_labels_for_d(*given):
    _with(d_fake="y_real")(*given)


def fakes_with_real_labels_for_g(*given):
    _with(g_fake="y_real")(*given)


def made_for_real_labels(*given):
    _with(made="y_real")(*given)


def real_labels_everywhere(*given):
    _with(made="y_real", d_fake="y_real", g_fake="y_real")(*given)


def fake_labels_everywhere(*given):
    _with(real_with="y")(*given)


def labels_exchanged(*given):
    _with("y_real", "y_real", "y_real", "y")(*given)


def labels_exchanged_for_d(*given):
    _with(d_fake="y_real", real_with="y")(*given)


def _losses(d_of, g_of=lambda logit: softplus(-logit).mean()):
    """Return a turn with these losses."""

    def turn(G, D, opt_G, opt_D, real, fake):
        (x_real, y_real), (z, y) = real, fake
        x_fake = G(_joined(z, y))
        _go(opt_D, d_of(D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))))
        _go(opt_G, g_of(D(_joined(x_fake, y))))

    return turn


def real_alone(*given):
    _losses(lambda a, b: softplus(-a).mean() + 0 * b.mean())(*given)


def fakes_alone(*given):
    _losses(lambda a, b: softplus(b).mean())(*given)


def uphill(*given):
    _losses(lambda a, b: -softplus(-a).mean() - softplus(b).mean())(*given)


def halved(*given):
    _losses(lambda a, b: (softplus(-a).mean() + softplus(b).mean()) / 2)(*given)


def saturating(*given):
    _losses(
        lambda a, b: softplus(-a).mean() + softplus(b).mean(), lambda logit: -softplus(logit).mean()
    )(*given)


def with_wrong_labels_as_fakes(G, D, opt_G, opt_D, real, fake):
    """As in GAN-CLS (Reed et al. 2016): real points with another label count as fake, too."""
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))
    wrong = D(_joined(x_real, y))
    _go(opt_D, softplus(-on_real).mean() + softplus(on_fake).mean() + softplus(wrong).mean())
    _go(opt_G, softplus(-D(_joined(x_fake, y))).mean())


def g_first(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    _go(opt_G, softplus(-D(_joined(G(_joined(z, y)), y))).mean())
    x_fake = G(_joined(z, y)).detach()
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake, y))
    _go(opt_D, softplus(-on_real).mean() + softplus(on_fake).mean())


def detached_for_both(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y)).detach()
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake, y))
    _go(opt_D, softplus(-on_real).mean() + softplus(on_fake).mean())
    opt_G.zero_grad()
    softplus(-D(_joined(x_fake, y))).mean().backward()


def leaking(G, D, opt_G, opt_D, real, fake):
    """D's loss reaches G, and G's gradients are not cleared in between."""
    (x_real, y_real), (z, y) = real, fake
    opt_G.zero_grad()
    x_fake = G(_joined(z, y))
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake, y))
    opt_D.zero_grad()
    (softplus(-on_real).mean() + softplus(on_fake).mean()).backward(retain_graph=True)
    opt_D.step()
    softplus(-D(_joined(x_fake, y))).mean().backward()
    opt_G.step()


def nothing_cleared(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))
    (softplus(-on_real).mean() + softplus(on_fake).mean()).backward()
    opt_D.step()
    softplus(-D(_joined(x_fake, y))).mean().backward()
    opt_G.step()


def left_in_evaluation(G, D, opt_G, opt_D, real, fake):
    G.eval()
    step_by_step(G, D, opt_G, opt_D, real, fake)


def gradients_clipped(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    logit_real, logit_fake = D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))
    opt_D.zero_grad()
    (softplus(-logit_real).mean() + softplus(logit_fake).mean()).backward()
    torch.nn.utils.clip_grad_norm_(D.parameters(), 1.0)
    opt_D.step()
    opt_G.zero_grad()
    softplus(-D(_joined(x_fake, y))).mean().backward()
    torch.nn.utils.clip_grad_norm_(G.parameters(), 1.0)
    opt_G.step()


CORRECT = (
    step_by_step, by_cross_entropy, two_backwards, in_one_batch, by_the_course_losses,
    by_logsigmoid, frozen, by_autograd, zeros_kept,
)  # fmt: skip
MOVES_D, MOVES_G = "D moves one step down its loss", "G moves one step, against the new D"
CLEARED = "old gradients are cleared"


def averaged_together(G, D, opt_G, opt_D, real, fake):
    """Twice the mean over both kinds: D's loss only where there are as many of each."""
    (x_real, y_real), (z, y) = real, fake

    def given(x, y):
        return torch.cat([x, one_hot(y, 3).to(x)], dim=1)

    x_fake = G(given(z, y))
    opt_D.zero_grad()
    logits = torch.cat([-D(given(x_real, y_real)), D(given(x_fake.detach(), y))])
    (2 * softplus(logits).mean()).backward()
    opt_D.step()
    opt_G.zero_grad()
    softplus(-D(given(x_fake, y))).mean().backward()
    opt_G.step()


def g_evaluating_for_d(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    G.eval()
    with torch.no_grad():
        x_fake = G(_joined(z, y))
    G.train()
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake, y))
    _go(opt_D, softplus(-on_real).mean() + softplus(on_fake).mean())
    _go(opt_G, softplus(-D(_joined(G(_joined(z, y)), y))).mean())


def d_evaluating_for_g(G, D, opt_G, opt_D, real, fake):
    (x_real, y_real), (z, y) = real, fake
    x_fake = G(_joined(z, y))
    on_real, on_fake = D(_joined(x_real, y_real)), D(_joined(x_fake.detach(), y))
    _go(opt_D, softplus(-on_real).mean() + softplus(on_fake).mean())
    D.eval()
    _go(opt_G, softplus(-D(_joined(x_fake, y))).mean())
    D.train()


def _probability(logit):
    return logit.sigmoid().clamp(1e-7, 1 - 1e-7)


def d_on_clamped_probabilities(*given):
    _losses(lambda a, b: -_probability(a).log().mean() - (1 - _probability(b)).log().mean())(*given)


def g_with_an_epsilon(*given):
    _losses(
        lambda a, b: softplus(-a).mean() + softplus(b).mean(),
        lambda logit: -(logit.sigmoid() + 1e-8).log().mean(),
    )(*given)


def by_binary_cross_entropy(*given):
    """PyTorch's stops the logarithm at -100."""
    bce = F.binary_cross_entropy
    _losses(
        lambda a, b: bce(a.sigmoid(), torch.ones_like(a)) + bce(b.sigmoid(), torch.zeros_like(b)),
        lambda logit: bce(logit.sigmoid(), torch.ones_like(logit)),
    )(*given)


SURE = "Where D is sure and calls"
MISTAKES = {
    d_on_clamped_probabilities: (MOVES_D, SURE),
    g_with_an_epsilon: (MOVES_G, " G moved, but not by"),
    by_binary_cross_entropy: (MOVES_D, SURE),
    gradients_clipped: (MOVES_D, "by one step of opt_D"),
    fakes_with_real_labels: (MOVES_D, "D's step judges the fakes with the real batch's labels"),
    fakes_with_real_labels_for_d: (MOVES_D, "judges the fakes with the real batch's labels"),
    fakes_with_real_labels_for_g: (MOVES_G, "G's step judges the fakes with the real batch's"),
    made_for_real_labels: (MOVES_D, "its fakes are judged with y"),
    real_labels_everywhere: (MOVES_D, "its fakes are judged with them, too"),
    fake_labels_everywhere: (MOVES_D, "judged with the labels of the fakes"),
    labels_exchanged: (MOVES_D, "y_real belongs to x_real, y to z"),
    labels_exchanged_for_d: (MOVES_D, "The labels have changed places in D's step"),
    real_alone: (MOVES_D, "from the real points alone"),
    fakes_alone: (MOVES_D, "from the fakes alone"),
    uphill: (MOVES_D, "D went up its loss"),
    halved: (MOVES_D, "half as long"),
    with_wrong_labels_as_fakes: (MOVES_D, "a real point with another label is fake"),
    g_first: (MOVES_D, "D comes first"),
    saturating: (MOVES_G, "the saturating loss"),
    detached_for_both: (MOVES_G, "G did not move"),
    leaking: (MOVES_G, "also pushed down D's loss"),
    nothing_cleared: (CLEARED, "clear a player's gradients"),
    g_evaluating_for_d: (MOVES_D, "G was called in evaluation mode"),
    d_evaluating_for_g: (MOVES_D, "D was called in evaluation mode"),
    left_in_evaluation: (MOVES_D, "another mode"),
    averaged_together: (MOVES_D, "Where there are more real samples than fakes"),
}
