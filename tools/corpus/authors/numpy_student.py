"""First programs: NumPy in and out, lists of losses, scripts in one dimension."""

import numpy as np
import torch

from ..data import grid, grid_centres, line, pair
from ..entry import Program


def extract(v):
    return v.detach().flatten().tolist()


def stats(d):
    return [np.mean(d), np.std(d)]


def get_distribution_sampler(mu, sigma, rng):
    return lambda n: torch.Tensor(rng.normal(mu, sigma, (1, n)))


def get_generator_input_sampler():
    return lambda m, n: torch.rand(m, n)


class SmallNet(torch.nn.Module):
    def __init__(self, input_size, hidden_size, output_size, f, last=None):
        super().__init__()
        self.map1 = torch.nn.Linear(input_size, hidden_size)
        self.map2 = torch.nn.Linear(hidden_size, hidden_size)
        self.map3 = torch.nn.Linear(hidden_size, output_size)
        self.f, self.last = f, last

    def forward(self, x):
        x = self.map1(x)
        x = self.f(x)
        x = self.map2(x)
        x = self.f(x)
        x = self.map3(x)
        return x if self.last is None else self.last(x)


def fifty_lines(watch, seed, turns):
    """Gaussian in one dimension; D and G take several steps in turn, each loss its own backward."""
    torch.manual_seed(seed)
    minibatch_size, d_steps, g_steps = 200, 3, 2
    d_sampler = get_distribution_sampler(4, 1.25, np.random.default_rng(seed))
    gi_sampler = get_generator_input_sampler()
    G = SmallNet(1, 16, 1, torch.tanh)
    D = SmallNet(1, 24, 1, torch.nn.functional.leaky_relu, torch.sigmoid)
    criterion = torch.nn.BCELoss()
    d_optimizer = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
    g_optimizer = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
    watch.start(
        G=G,
        D=D,
        opt_G=g_optimizer,
        opt_D=d_optimizer,
        sample=lambda n: np.array(extract(G(gi_sampler(n, 1)))),
    )
    dre = dfe = ge = None
    for _epoch in range(turns):
        for _d_index in range(d_steps):
            D.zero_grad()
            d_real_data = watch.real(d_sampler(minibatch_size).t())
            d_real_decision = D(d_real_data)
            d_real_error = criterion(d_real_decision, torch.ones([minibatch_size, 1]))
            d_real_error.backward()
            d_fake_data = G(gi_sampler(minibatch_size, 1)).detach()
            d_fake_error = criterion(D(d_fake_data), torch.zeros([minibatch_size, 1]))
            d_fake_error.backward()
            d_optimizer.step()
            dre, dfe = extract(d_real_error)[0], extract(d_fake_error)[0]
        for _g_index in range(g_steps):
            G.zero_grad()
            dg_fake_decision = D(G(gi_sampler(minibatch_size, 1)))
            g_error = criterion(dg_fake_decision, torch.ones([minibatch_size, 1]))
            g_error.backward()
            g_optimizer.step()
            ge = extract(g_error)[0]
        watch.step(dre + dfe, ge)
    return lambda n: np.array(extract(G(gi_sampler(n, 1))))


def to_var(a):
    return torch.from_numpy(np.asarray(a, dtype=np.float32))


def numpy_between(watch, seed, turns):
    """Data, noise and samples are NumPy arrays; standardised by hand; losses in lists."""
    np_rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    X = pair(3000, np_rng, half=30.0, sd=6.0) + 100
    mu, sd = X.mean(axis=0), X.std(axis=0)
    Xs = (X - mu) / sd
    gen_net = SmallNet(3, 64, 2, torch.relu)
    dis_net = SmallNet(2, 64, 1, torch.relu)
    gen_opt = torch.optim.Adam(gen_net.parameters(), lr=0.001, betas=(0.5, 0.9))
    dis_opt = torch.optim.Adam(dis_net.parameters(), lr=0.001, betas=(0.5, 0.9))
    losses_d, losses_g = [], []

    def make_samples(n):
        noise = np.random.default_rng(99).normal(size=(n, 3))
        return gen_net(to_var(noise)).detach().numpy() * sd + mu

    watch.start(G=gen_net, D=dis_net, opt_G=gen_opt, opt_D=dis_opt, sample=make_samples)
    for _it in range(turns):
        rows = np_rng.choice(len(Xs), 128, replace=False)
        real = watch.real(to_var(Xs[rows]))
        fake = to_var(gen_net(to_var(np_rng.normal(size=(128, 3)))).detach().numpy())
        p_real, p_fake = torch.sigmoid(dis_net(real)), torch.sigmoid(dis_net(fake))
        loss_d = -(torch.log(p_real + 1e-6) + torch.log(1 - p_fake + 1e-6)).mean()
        dis_opt.zero_grad()
        loss_d.backward()
        dis_opt.step()
        p = torch.sigmoid(dis_net(gen_net(to_var(np_rng.normal(size=(128, 3))))))
        loss_g = -torch.log(p + 1e-6).mean()
        gen_opt.zero_grad()
        loss_g.backward()
        gen_opt.step()
        losses_d.append(loss_d.item())
        losses_g.append(loss_g.item())
        watch.step(losses_d[-1], losses_g[-1])
    return make_samples


def softmax_of_one(watch, seed, turns):
    """nn.Softmax(dim=1) as for classes, after a layer with one output."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    D = torch.nn.Sequential(
        torch.nn.Linear(1, 20), torch.nn.ReLU(), torch.nn.Linear(20, 1), torch.nn.Softmax(dim=1)
    )
    G = torch.nn.Sequential(torch.nn.Linear(1, 20), torch.nn.ReLU(), torch.nn.Linear(20, 1))
    optD, optG = torch.optim.Adam(D.parameters(), 0.01), torch.optim.Adam(G.parameters(), 0.01)
    mse = torch.nn.MSELoss()
    watch.start(
        G=G, D=D, opt_G=optG, opt_D=optD, sample=lambda n: G(torch.randn(n, 1)).detach().numpy()
    )
    for _i in range(turns):
        x = watch.real(torch.from_numpy(line(50, rng, means=(0.0, 5.0), sd=0.5)))
        optD.zero_grad()
        a = mse(D(x), torch.ones(50, 1))
        b = mse(D(G(torch.randn(50, 1)).detach()), torch.zeros(50, 1))
        (a + b).backward()
        optD.step()
        optG.zero_grad()
        c = mse(D(G(torch.randn(50, 1))), torch.ones(50, 1))
        c.backward()
        optG.step()
        watch.step((a + b).item(), c.item())
    return lambda n: G(torch.randn(n, 1)).detach().numpy()


def collapse_on_grid(watch, seed, turns):
    """25 modes, z in one dimension, two steps of G to one of D: it jumps from mode to mode."""
    torch.manual_seed(seed)
    centers = to_var(grid_centres(5, 1.0))
    G, D = SmallNet(1, 128, 2, torch.relu), SmallNet(2, 128, 1, torch.relu)
    opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
    loss = torch.nn.BCEWithLogitsLoss()
    yes, no = torch.ones(64, 1), torch.zeros(64, 1)
    watch.start(
        G=G, D=D, opt_G=opt_g, opt_D=opt_d, sample=lambda n: G(torch.rand(n, 1)).detach().numpy()
    )
    for _t in range(turns):
        c = centers[torch.randint(25, (64,))]
        x = watch.real(c + 0.05 * torch.randn(64, 2))
        opt_d.zero_grad()
        ld = loss(D(x), yes) + loss(D(G(torch.rand(64, 1)).detach()), no)
        ld.backward()
        opt_d.step()
        for _k in range(2):
            opt_g.zero_grad()
            lg = loss(D(G(torch.rand(64, 1))), yes)
            lg.backward()
            opt_g.step()
        watch.step(ld.item(), lg.item())
    return lambda n: G(torch.rand(n, 1)).detach().numpy()


def log_of_zero(watch, seed, turns):
    """log(D(x)) and log(1 - D(G(z))) as in the formula, with far away fakes at the start."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    discriminate = SmallNet(2, 64, 1, torch.relu, torch.sigmoid)
    generate = SmallNet(2, 64, 2, torch.relu, lambda x: 40 * x + 30)
    d_opt = torch.optim.SGD(discriminate.parameters(), lr=0.1)
    g_opt = torch.optim.SGD(generate.parameters(), lr=0.001)
    V = []
    watch.start(
        G=generate,
        D=discriminate,
        opt_G=g_opt,
        opt_D=d_opt,
        sample=lambda n: generate(torch.randn(n, 2)).detach().numpy(),
    )
    while len(V) < turns:
        x = watch.real(to_var(pair(32, rng)))
        x_fake = generate(torch.randn(32, 2))
        v = torch.log(discriminate(x)).mean() + torch.log(1 - discriminate(x_fake.detach())).mean()
        d_opt.zero_grad()
        (-v).backward()
        d_opt.step()
        g_opt.zero_grad()
        g = torch.log(discriminate(x_fake)).mean()
        (-g).backward()
        g_opt.step()
        V.append(v.item())
        watch.step(-V[-1], -g.item())
    return lambda n: generate(torch.randn(n, 2)).detach().numpy()


def one_gaussian(n, rng):
    return rng.normal(4, 1.25, (n, 1)).astype(np.float32)


class PointDataset(torch.utils.data.Dataset):
    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def __getitem__(self, i):
        return torch.tensor(self.array[i])


def d_waits(watch, seed, turns):
    """D learns only in turns in which it does badly, "so that it does not run away"."""
    torch.manual_seed(seed)
    train_data = PointDataset(line(4000, np.random.default_rng(seed), means=(-1.5, 1.5), sd=0.3))
    loader = torch.utils.data.DataLoader(train_data, batch_size=80, shuffle=True)
    G, D = SmallNet(2, 50, 1, torch.relu), SmallNet(1, 50, 1, torch.relu, torch.sigmoid)
    optimizerG = torch.optim.Adam(G.parameters(), lr=0.001, betas=(0.5, 0.99))
    optimizerD = torch.optim.Adam(D.parameters(), lr=0.002, betas=(0.5, 0.99))
    lossfn, skipped, count = torch.nn.BCELoss(), 0, 0
    watch.start(
        G=G,
        D=D,
        opt_G=optimizerG,
        opt_D=optimizerD,
        sample=lambda n: G(torch.randn(n, 2)).detach().numpy(),
    )
    for _epoch in range(1 + turns // len(loader)):
        for i, batch in enumerate(loader):
            if count == turns:
                break
            batch = watch.real(batch)
            target_real = torch.ones(batch.shape[0], 1)
            target_fake = torch.zeros(batch.shape[0], 1)
            fake = G(torch.randn(batch.shape[0], 2))
            lossD = lossfn(D(batch), target_real) + lossfn(D(fake.detach()), target_fake)
            if lossD.item() > 1.35 or i % 2 == 0:
                optimizerD.zero_grad()
                lossD.backward()
                optimizerD.step()
            else:
                skipped += 1
            lossG = lossfn(D(fake), target_real)
            optimizerG.zero_grad()
            lossG.backward()
            optimizerG.step()
            watch.step(lossD.item(), lossG.item())
            count += 1
    return lambda n: G(torch.randn(n, 2)).detach().numpy()


PROGRAMS = (
    Program(fifty_lines, 900, "line", one_gaussian),
    Program(numpy_between, 2000, "pair", lambda n, rng: pair(n, rng, half=30.0, sd=6.0) + 100),
    Program(
        softmax_of_one,
        1000,
        "line",
        lambda n, rng: line(n, rng, means=(0.0, 5.0), sd=0.5),
        ("softmax over one unit",),
    ),
    Program(collapse_on_grid, 1000, "grid", grid, ("mode collapse",)),
    Program(log_of_zero, 400, "pair", pair, ("log of zero",)),
    Program(d_waits, 2000, "line", lambda n, rng: line(n, rng, means=(-1.5, 1.5), sd=0.3)),
)
