"""Loops of the large benchmark's shape: a worker with configs, losses by name, d and g updates."""

from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ..data import checker, digits, grid, some_digits
from ..entry import Program


def d_hinge(d_logit_real, d_logit_fake):
    return torch.mean(F.relu(1.0 - d_logit_real)) + torch.mean(F.relu(1.0 + d_logit_fake))


def g_hinge(d_logit_fake):
    return -torch.mean(d_logit_fake)


def d_logistic(d_logit_real, d_logit_fake):
    return F.softplus(-d_logit_real).mean() + F.softplus(d_logit_fake).mean()


def g_logistic(d_logit_fake):
    return F.softplus(-d_logit_fake).mean()


LOSS = {"hinge": (d_hinge, g_hinge), "logistic": (d_logistic, g_logistic)}


def toggle_grad(model, grad):
    for parameter in model.parameters():
        parameter.requires_grad_(grad)


def sample_zs(cfgs):
    return torch.randn(cfgs.batch_size, cfgs.z_dim)


def infinite(tensor, batch_size):
    while True:
        yield from (b for b in torch.randperm(len(tensor)).split(batch_size) if len(b) > 1)


class Synthesis(nn.Module):
    def __init__(self, cfgs):
        super().__init__()
        self.linear0 = nn.Linear(cfgs.z_dim, cfgs.g_dim)
        self.bn0 = nn.BatchNorm1d(cfgs.g_dim)
        self.linear1 = nn.Linear(cfgs.g_dim, cfgs.g_dim)
        self.bn1 = nn.BatchNorm1d(cfgs.g_dim)
        self.linear2 = nn.Linear(cfgs.g_dim, cfgs.img_size**2)
        self.img_size = cfgs.img_size

    def forward(self, z):
        act = F.relu(self.bn0(self.linear0(z)))
        act = F.relu(self.bn1(self.linear1(act)))
        return torch.tanh(self.linear2(act)).view(-1, 1, self.img_size, self.img_size)


class Analysis(nn.Module):
    def __init__(self, cfgs, d_sn=False):
        super().__init__()
        wrap = spectral_norm if d_sn else nn.Identity()
        self.linear0 = wrap(nn.Linear(cfgs.img_size**2, cfgs.d_dim))
        self.linear1 = wrap(nn.Linear(cfgs.d_dim, cfgs.d_dim))
        self.linear2 = wrap(nn.Linear(cfgs.d_dim, 1))

    def forward(self, x):
        h = F.leaky_relu(self.linear0(x.flatten(1)), 0.1)
        h = F.leaky_relu(self.linear1(h), 0.1)
        return torch.squeeze(self.linear2(h), 1)


def worker_hinge(watch, seed, turns):
    """SN in D, two D updates to one of G, each of them accumulated over two micro-batches."""
    torch.manual_seed(seed)
    cfgs = SimpleNamespace(z_dim=20, g_dim=128, d_dim=128, img_size=8, batch_size=32)
    cfgs.d_updates_per_step, cfgs.g_updates_per_step, cfgs.acml_steps = 2, 1, 2
    Gen, Dis = Synthesis(cfgs), Analysis(cfgs, d_sn=True)
    g_optimizer = torch.optim.Adam(Gen.parameters(), lr=6e-4, betas=(0.0, 0.9), eps=1e-6)
    d_optimizer = torch.optim.Adam(Dis.parameters(), lr=2e-3, betas=(0.0, 0.9), eps=1e-6)
    images = torch.from_numpy(digits()[0]).view(-1, 1, 8, 8)
    train_iter = infinite(images, cfgs.batch_size)
    d_loss, g_loss = LOSS["hinge"]

    def train_discriminator():
        toggle_grad(Gen, False)
        toggle_grad(Dis, True)
        for _step_index in range(cfgs.d_updates_per_step):
            d_optimizer.zero_grad()
            for _acml_index in range(cfgs.acml_steps):
                real_images = watch.real(images[next(train_iter)])
                fake_images = Gen(sample_zs(cfgs))
                dis_acml_loss = d_loss(Dis(real_images), Dis(fake_images))
                dis_acml_loss = dis_acml_loss / cfgs.acml_steps
                dis_acml_loss.backward()
            d_optimizer.step()
        return dis_acml_loss

    def train_generator():
        toggle_grad(Dis, False)
        toggle_grad(Gen, True)
        for _step_index in range(cfgs.g_updates_per_step):
            g_optimizer.zero_grad()
            for _acml_step in range(cfgs.acml_steps):
                gen_acml_loss = g_loss(Dis(Gen(sample_zs(cfgs)))) / cfgs.acml_steps
                gen_acml_loss.backward()
            g_optimizer.step()
        return gen_acml_loss

    def generate_images(n):
        Gen.eval()
        with torch.no_grad():
            fake_images = Gen(torch.randn(n, cfgs.z_dim))
        Gen.train()
        return fake_images

    watch.start(G=Gen, D=Dis, opt_G=g_optimizer, opt_D=d_optimizer, sample=generate_images)
    for _current_step in range(turns):
        real_and_fake, fool = train_discriminator(), train_generator()
        watch.step(cfgs.acml_steps * real_and_fake.item(), cfgs.acml_steps * fool.item())
    toggle_grad(Dis, True)
    return generate_images


def rand_brightness(x):
    return x + 0.3 * (torch.rand(x.size(0), 1, 1, 1) - 0.5)


def rand_translation(x, shift=1):
    """Each image moves by up to `shift` pixels along both axes."""
    padded = F.pad(x, [shift] * 4, value=-1.0)
    at = torch.randint(0, 2 * shift + 1, (x.size(0), 2, 1))
    rows, cols = (at + torch.arange(x.size(2))).unbind(1)
    one = torch.arange(x.size(0))[:, None, None]
    return padded[one, 0, rows[:, :, None], cols[:, None]][:, None]


def diff_augment(x, policy="brightness,translation"):
    known = {"brightness": rand_brightness, "translation": rand_translation}
    for p in policy.split(","):
        x = known[p](x)
    return x


def augmented_both(watch, seed, turns):
    """DiffAugment: T(x) and T(G(z)) in each of the three places; logistic loss and R1."""
    torch.manual_seed(seed)
    cfgs = SimpleNamespace(z_dim=16, g_dim=128, d_dim=160, img_size=8, batch_size=64, r1_lambda=0.1)
    models = {"Gen": Synthesis(cfgs), "Dis": Analysis(cfgs)}
    g_optimizer, d_optimizer = (
        torch.optim.Adam(models[k].parameters(), lr=lr, betas=(0.5, 0.99))
        for k, lr in (("Gen", 6e-4), ("Dis", 6e-4))
    )
    images, (d_loss, g_loss) = torch.from_numpy(digits()[0]).view(-1, 1, 8, 8), LOSS["logistic"]
    batches = infinite(images, cfgs.batch_size)

    @torch.no_grad()
    def draw(n):
        return models["Gen"](torch.randn(n, cfgs.z_dim))

    watch.start(G=models["Gen"], D=models["Dis"], opt_G=g_optimizer, opt_D=d_optimizer, sample=draw)
    for _current_step in range(turns):
        real_image_basket = watch.real(images[next(batches)])
        d_optimizer.zero_grad()
        real_images_ = diff_augment(real_image_basket).requires_grad_()
        fake_images_ = diff_augment(draw(cfgs.batch_size))
        real_dict, fake_dict = models["Dis"](real_images_), models["Dis"](fake_images_)
        dis_loss = d_loss(real_dict, fake_dict)
        (grads,) = torch.autograd.grad(real_dict.sum(), real_images_, create_graph=True)
        dis_loss = dis_loss + cfgs.r1_lambda / 2 * grads.square().sum([1, 2, 3]).mean()
        dis_loss.backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        gen_loss = g_loss(models["Dis"](diff_augment(models["Gen"](sample_zs(cfgs)))))
        gen_loss.backward()
        g_optimizer.step()
        watch.step(dis_loss, gen_loss)
    return draw


def augmented_real_only(watch, seed, turns):
    """Pixels are switched off "against overfitting", in the real images and not in the fakes."""
    torch.manual_seed(seed)
    cfgs = SimpleNamespace(z_dim=16, g_dim=128, d_dim=128, img_size=8, batch_size=64)
    Gen, Dis = Synthesis(cfgs), Analysis(cfgs)
    opt_d = torch.optim.Adam(Dis.parameters(), lr=4e-4, betas=(0.5, 0.999))
    opt_g = torch.optim.Adam(Gen.parameters(), lr=4e-4, betas=(0.5, 0.999))
    basket = torch.from_numpy(digits()[0]).view(-1, 1, 8, 8)

    def augment(x):
        hole = torch.rand_like(x) < 0.7
        return torch.where(hole, -torch.ones_like(x), x)

    watch.start(
        G=Gen, D=Dis, opt_G=opt_g, opt_D=opt_d, sample=lambda n: Gen(torch.randn(n, 16)).detach()
    )
    for current_step, index in enumerate(infinite(basket, cfgs.batch_size)):
        if current_step == turns:
            break
        toggle_grad(Dis, True)
        d_logits = [Dis(augment(watch.real(basket[index]))), Dis(Gen(sample_zs(cfgs)).detach())]
        opt_d.zero_grad()
        dis_loss = LOSS["logistic"][0](*d_logits)
        dis_loss.backward()
        opt_d.step()
        toggle_grad(Dis, False)
        opt_g.zero_grad()
        gen_loss = LOSS["logistic"][1](Dis(Gen(sample_zs(cfgs))))
        gen_loss.backward()
        opt_g.step()
        watch.step(dis_loss.detach(), gen_loss.detach())
    return lambda n: Gen(torch.randn(n, 16)).detach()


def checkerboard_sn_hinge(watch, seed, turns):
    """A wide D with bounded layers learns a checkerboard; two D updates with fresh fakes."""
    torch.manual_seed(seed)
    numbers = np.random.default_rng(seed)
    cfgs = SimpleNamespace(z_dim=2, batch_size=160, d_updates_per_step=2)
    Gen = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
    Gen.add_module("to_xy", nn.Linear(128, 2))
    Dis = nn.Sequential(nn.Linear(2, 128), nn.LeakyReLU(0.1), nn.Linear(128, 128))
    Dis.add_module("act", nn.LeakyReLU(0.1))
    Dis.add_module("to_logit", spectral_norm(nn.Linear(128, 1)))
    g_optimizer = torch.optim.AdamW(Gen.parameters(), 5e-4, (0.0, 0.9), weight_decay=1e-4)
    d_optimizer = torch.optim.AdamW(Dis.parameters(), 1e-3, (0.0, 0.9), weight_decay=1e-4)

    def run(n):
        with torch.inference_mode():
            return Gen(torch.rand(n, cfgs.z_dim) * 2 - 1).clone()

    watch.start(G=Gen, D=Dis, opt_G=g_optimizer, opt_D=d_optimizer, sample=run)
    for _current_step in range(turns):
        for _ in range(cfgs.d_updates_per_step):
            batch = watch.real(torch.from_numpy(checker(cfgs.batch_size, numbers)))
            with torch.no_grad():
                fake = Gen(torch.rand(cfgs.batch_size, cfgs.z_dim) * 2 - 1)
            d_optimizer.zero_grad(set_to_none=True)
            dis_loss = d_hinge(Dis(batch), Dis(fake))
            dis_loss.backward()
            d_optimizer.step()
        g_optimizer.zero_grad(set_to_none=True)
        gen_loss = g_hinge(Dis(Gen(torch.rand(cfgs.batch_size, cfgs.z_dim) * 2 - 1)))
        gen_loss.backward()
        g_optimizer.step()
        watch.step(dis_loss.item(), gen_loss.item())
    return run


def hinge_margins_swapped(watch, seed, turns):
    """Hinge margins with the signs of another paper in D, and this paper's loss in G."""
    torch.manual_seed(seed)
    numbers = np.random.default_rng(seed)
    Gen = nn.Sequential(nn.Linear(2, 96), nn.ReLU(), nn.Linear(96, 2))
    Dis = nn.Sequential(nn.Linear(2, 96), nn.LeakyReLU(0.1), nn.Linear(96, 1), nn.Flatten(0))
    optimizers = [torch.optim.Adam(net.parameters(), 1e-3, (0.0, 0.9)) for net in (Gen, Dis)]

    def visualize(n):
        return Gen(torch.randn(n, 2)).detach()

    watch.start(G=Gen, D=Dis, opt_G=optimizers[0], opt_D=optimizers[1], sample=visualize)
    for _current_step in range(turns):
        batch = watch.real(torch.from_numpy(grid(150, numbers, side=3, gap=1.2, sd=0.1)))
        fake = Gen(torch.randn(150, 2))
        dis_loss = F.relu(1.0 + Dis(batch)).mean() + F.relu(1.0 - Dis(fake.detach())).mean()
        optimizers[1].zero_grad()
        dis_loss.backward()
        optimizers[1].step()
        gen_loss = g_hinge(Dis(fake))
        optimizers[0].zero_grad()
        gen_loss.backward()
        optimizers[0].step()
        watch.step(dis_loss.item(), gen_loss.item())
    return visualize


PROGRAMS = (
    Program(worker_hinge, 450, "digits", some_digits),
    Program(augmented_both, 1500, "digits", some_digits),
    Program(
        augmented_real_only,
        1000,
        "digits",
        some_digits,
        ("real and fake samples prepared differently",),
    ),
    Program(checkerboard_sn_hinge, 1300, "checker", checker),
    Program(
        hinge_margins_swapped,
        1000,
        "grid9",
        lambda n, rng: grid(n, rng, side=3, gap=1.2, sd=0.1),
        ("labels swapped", "G's step has the wrong sign"),
    ),
)
