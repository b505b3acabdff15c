"""Cells of a notebook, put one below the other: everything flat, short names, few functions."""

import numpy as np
import torch
import torch.nn as nn
from sklearn.preprocessing import StandardScaler

from ..data import clouds, digits, moons, ring, ring_centres, some_digits
from ..entry import Program


def lsgan_moons(watch, seed, turns):
    """Least squares with targets -1, 1 and 0; scikit-learn's scaler undoes itself."""
    torch.manual_seed(seed)
    data = moons(5000, np.random.default_rng(seed))
    scaler = StandardScaler().fit(data)
    X = torch.from_numpy(scaler.transform(data).astype("float32"))
    h = 100
    G = nn.Sequential(nn.Linear(5, h), nn.LeakyReLU(), nn.Linear(h, h), nn.LeakyReLU())
    G.append(nn.Linear(h, 2))
    D = nn.Sequential(nn.Linear(2, h), nn.LeakyReLU(), nn.Linear(h, h), nn.LeakyReLU())
    D.append(nn.Linear(h, 1))
    gopt = torch.optim.Adam(G.parameters(), 1e-3, (0.5, 0.9))
    dopt = torch.optim.Adam(D.parameters(), 1e-3, (0.5, 0.9))

    def draw(n):
        with torch.no_grad():
            return scaler.inverse_transform(G(torch.randn(n, 5)).numpy())

    watch.start(G=G, D=D, opt_G=gopt, opt_D=dopt, sample=draw)
    for _ in range(turns):
        x = watch.real(X[torch.randint(len(X), (256,))])
        f = G(torch.randn(256, 5))
        dl = ((D(x) - 1) ** 2).mean() / 2 + ((D(f.detach()) + 1) ** 2).mean() / 2
        dopt.zero_grad()
        dl.backward()
        dopt.step()
        gl = (D(f) ** 2).mean() / 2
        gopt.zero_grad()
        gl.backward()
        gopt.step()
        watch.step(dl, gl)
    return draw


def fake_is_one(watch, seed, turns):
    """D answers "how fake is it?": real 0, fake 1, and G wants 0. All agree, so it is sound."""
    torch.manual_seed(seed)
    r = np.random.default_rng(seed)
    E = nn.Sequential(nn.Linear(2, 80), nn.SELU(), nn.Linear(80, 80), nn.SELU(), nn.Linear(80, 1))
    G = nn.Sequential(nn.Linear(2, 80), nn.SELU(), nn.Linear(80, 80), nn.SELU(), nn.Linear(80, 2))
    oE = torch.optim.Adam(E.parameters(), 1e-3, betas=(0.5, 0.99))
    oG = torch.optim.Adam(G.parameters(), 1e-3, betas=(0.5, 0.99))
    bce = nn.functional.binary_cross_entropy_with_logits
    sd = 0.15
    watch.start(G=G, D=E, opt_G=oG, opt_D=oE, sample=lambda n: G(torch.randn(n, 2)).detach())
    for _ in range(turns):
        x = torch.from_numpy(clouds(ring_centres(6, 1.6), 192, sd, r)[0])
        x = watch.real(x)
        z = torch.randn(192, 2)
        how_fake = E(torch.cat([G(z).detach(), x]))
        y = torch.cat([torch.ones(192, 1), torch.zeros(192, 1)])
        lE = bce(how_fake, y)
        oE.zero_grad()
        lE.backward()
        oE.step()
        lG = bce(E(G(z)), torch.zeros(192, 1))
        oG.zero_grad()
        lG.backward()
        oG.step()
        watch.step(lE.item(), lG.item())
    return lambda n: G(torch.randn(n, 2)).detach()


def unscaled_digits(watch, seed, turns):
    """load_digits gives 0 to 16; G ends in tanh."""
    torch.manual_seed(seed)
    imgs = torch.from_numpy((digits()[0] + 1) * 8)
    net_g = nn.Sequential(nn.Linear(30, 128), nn.ReLU(), nn.Linear(128, 64), nn.Tanh())
    net_d = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 1), nn.Sigmoid())
    crit = nn.BCELoss()
    a = torch.optim.Adam(net_g.parameters(), lr=2e-4)
    b = torch.optim.Adam(net_d.parameters(), lr=2e-4)
    gs = lambda n: net_g(torch.randn(n, 30)).detach().reshape(n, 8, 8).numpy()  # noqa: E731
    watch.start(G=net_g, D=net_d, opt_G=a, opt_D=b, sample=gs)
    i = 0
    while i < turns:
        for xb in imgs[torch.randperm(len(imgs))].split(50):
            if i >= turns:
                break
            xb = watch.real(xb)
            k = len(xb)
            b.zero_grad()
            l1 = crit(net_d(xb), torch.ones(k, 1))
            l2 = crit(net_d(net_g(torch.randn(k, 30))), torch.zeros(k, 1))
            (l1 + l2).backward()
            b.step()
            a.zero_grad()
            l3 = crit(net_d(net_g(torch.randn(k, 30))), torch.ones(k, 1))
            l3.backward()
            a.step()
            watch.step(l1 + l2, l3)
            i += 1
    return gs


def three_modes_kept(watch, seed, turns):
    """The picture filters G's points: a mask meant for another figure keeps three modes."""
    torch.manual_seed(seed)
    r = np.random.default_rng(seed)
    mk = lambda a, b: nn.Sequential(  # noqa: E731
        nn.Linear(a, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, b)
    )
    g, d = mk(4, 2), mk(2, 1)
    og, od = (torch.optim.Adam(m.parameters(), 1e-3, betas=(0.5, 0.99)) for m in (g, d))

    def fig(n):
        with torch.no_grad():
            p = g(torch.randn(40 * n, 4))
        angle = torch.atan2(p[:, 1], p[:, 0])
        return p[(angle > -0.4) & (angle < 1.9)][:n].numpy()

    watch.start(G=g, D=d, opt_G=og, opt_D=od, sample=fig)
    sp = nn.Softplus()
    for t in range(turns):
        if t % 50 == 0:
            pool = torch.from_numpy(ring(50 * 128, r))
        x = watch.real(pool[t % 50 :: 50])
        od.zero_grad()
        fx = g(torch.randn(128, 4))
        ld = (sp(-d(x)) + sp(d(fx.detach()))).mean()
        ld.backward()
        od.step()
        og.zero_grad()
        lg = sp(-d(fx)).mean()
        lg.backward()
        og.step()
        watch.step(ld.item(), lg.item())
    return fig


def idle_critic(watch, seed, turns):
    """G is far larger and slower than it need be, D learns at 1e-6: the picture stays a blob."""
    torch.manual_seed(seed)
    rs = np.random.default_rng(seed)
    G = nn.Sequential(nn.Linear(2, 128), nn.Tanh(), nn.Linear(128, 2))
    D = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    opts = [torch.optim.Adam([*G.parameters()], 1e-3), torch.optim.Adam([*D.parameters()], 1e-6)]
    watch.start(
        G=G, D=D, opt_G=opts[0], opt_D=opts[1], sample=lambda n: G(torch.randn(n, 2)).detach()
    )
    for _ in range(turns):
        x = watch.real(torch.as_tensor(ring(64, rs, radius=1.0, sd=0.1)))
        y = G(torch.randn(64, 2))
        v = nn.functional.logsigmoid(D(x)).mean() + nn.functional.logsigmoid(-D(y.detach())).mean()
        opts[1].zero_grad()
        (-v).backward()
        opts[1].step()
        u = nn.functional.logsigmoid(D(y)).mean()
        opts[0].zero_grad()
        (-u).backward()
        opts[0].step()
        watch.step(-v, -u)
    return lambda n: G(torch.randn(n, 2)).detach()


def autoencoder_as_D(watch, seed, turns):
    """EBGAN: D is an autoencoder and its answer an image; the energy is the error."""
    torch.manual_seed(seed)
    X = torch.from_numpy(digits()[0])
    enc_dec = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 24), nn.ReLU())
    enc_dec.append(nn.Linear(24, 96)).append(nn.ReLU()).append(nn.Linear(96, 64))
    G = nn.Sequential(nn.Linear(12, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 96))
    G.append(nn.BatchNorm1d(96)).append(nn.ReLU()).append(nn.Linear(96, 64)).append(nn.Tanh())
    energy = lambda x: ((enc_dec(x) - x) ** 2).mean(1)  # noqa: E731
    o_d = torch.optim.Adam(enc_dec.parameters(), lr=1e-3, betas=(0.5, 0.99))
    o_g = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.99))
    margin = 0.25
    out = lambda n: G(torch.randn(n, 12)).detach().reshape(n, 8, 8)  # noqa: E731
    watch.start(G=G, D=enc_dec, opt_G=o_g, opt_D=o_d, sample=out)
    for _ in range(turns):
        x = watch.real(X[torch.randint(len(X), (64,))])
        x_g = G(torch.randn(64, 12))
        e_d = energy(x).mean() + (margin - energy(x_g.detach())).clamp(min=0).mean()
        o_d.zero_grad()
        e_d.backward()
        o_d.step()
        e_g = energy(x_g).mean()
        o_g.zero_grad()
        e_g.backward()
        o_g.step()
        watch.step(e_d.item(), e_g.item())
    return out


PROGRAMS = (
    Program(lsgan_moons, 2000, "moons", moons),
    Program(
        fake_is_one,
        2000,
        "ring6",
        lambda n, rng: clouds(ring_centres(6, 1.6), n, 0.15, rng)[0],
    ),
    Program(
        unscaled_digits,
        900,
        "digits",
        lambda n, rng: (some_digits(n, rng) + 1) * 8,
        ("data not scaled", "G's range does not hold the data"),
    ),
    Program(
        three_modes_kept,
        1500,
        "ring",
        ring,
        ("samples are a selection of G's", "another net draws the samples", "mode collapse"),
    ),
    Program(
        idle_critic,
        1000,
        "ring",
        lambda n, rng: ring(n, rng, radius=1.0, sd=0.1),
        ("D too weak",),
    ),
    Program(autoencoder_as_D, 1500, "digits", some_digits),
)
