"""Loops with one module for all: forward(data, mode), losses by name, layers shared or late."""

import numpy as np
import torch
from torch import nn

from ..data import digits, grid, moons, some_digits, swiss
from ..entry import Program


class GanModel(nn.Module):
    """netG and netD in one; forward returns the losses of a mode as a dictionary."""

    def __init__(self, netG, netD, z_size, lambda_feat=0.0):
        super().__init__()
        self.netG, self.netD, self.z_size = netG, netD, z_size
        self.lambda_feat = lambda_feat

    def forward(self, data, mode):
        if mode == "generator":
            return self.compute_generator_loss(data)
        if mode == "discriminator":
            return self.compute_discriminator_loss(data)
        if mode == "inference":
            with torch.no_grad():
                return self.generate_fake(data)
        raise ValueError(f"|mode| is invalid: {mode}")

    def create_optimizers(self, lr, beta1=0.5, beta2=0.99):
        optimizer_G = torch.optim.Adam(self.netG.parameters(), lr / 2, (beta1, beta2))
        optimizer_D = torch.optim.Adam(self.netD.parameters(), lr * 2, (beta1, beta2))
        return optimizer_G, optimizer_D

    def generate_fake(self, n):
        return self.netG(torch.randn(n, self.z_size))

    def discriminate(self, fake, real):
        """One pass over both, so that they share statistics; returns logits and features."""
        features, out = [], torch.cat([fake, real])
        for layer in self.netD:
            out = layer(out)
            features.append(out)
        pred_fake, pred_real = out.chunk(2)
        return pred_fake, pred_real, [f.chunk(2) for f in features[:-1]]

    def compute_generator_loss(self, real):
        pred_fake, _, features = self.discriminate(self.generate_fake(len(real)), real)
        losses = {"GAN": -pred_fake.mean()}
        if self.lambda_feat:
            gaps = [(f.mean(0) - r.mean(0).detach()).abs().mean() for f, r in features]
            losses["GAN_Feat"] = self.lambda_feat * sum(gaps) / len(gaps)
        return losses

    def compute_discriminator_loss(self, real):
        with torch.no_grad():
            fake = self.generate_fake(len(real))
        pred_fake, pred_real, _ = self.discriminate(fake, real)
        return {
            "D_Fake": -torch.clamp(-pred_fake - 1, max=0).mean(),
            "D_real": -torch.clamp(pred_real - 1, max=0).mean(),
        }


def relu_net(*sizes, act=nn.ReLU):
    net = nn.Sequential()
    for i in range(len(sizes) - 1):
        net.append(nn.Linear(sizes[i], sizes[i + 1]))
        if i < len(sizes) - 2:
            net.append(act())
    return net


def modes_of_forward(watch, seed, turns):
    """Hinge and feature matching; D's rate is four times G's."""
    torch.manual_seed(seed)
    model = GanModel(relu_net(8, 112, 112, 2), relu_net(2, 112, 112, 1), 8, lambda_feat=0.3)
    optimizer_G, optimizer_D = model.create_optimizers(1e-3)
    rng = np.random.default_rng(seed)
    watch.start(
        G=model.netG,
        D=model.netD,
        opt_G=optimizer_G,
        opt_D=optimizer_D,
        sample=lambda n: model(n, mode="inference"),
    )
    for _i in range(turns):
        data_i = watch.real(torch.from_numpy(grid(150, rng, side=3, gap=1.0, sd=0.1)))
        optimizer_G.zero_grad()
        g_losses = model(data_i, mode="generator")
        g_loss = sum(g_losses.values()).mean()
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        d_losses = model(data_i, mode="discriminator")
        d_loss = sum(d_losses.values()).mean()
        d_loss.backward()
        optimizer_D.step()
        watch.step(d_loss.item(), g_losses["GAN"].item())
    return lambda n: model(n, mode="inference")


class AutoencoderWithD(nn.Module):
    """VAE-GAN: a reconstruction, a KL term, and an adversary that joins later."""

    def __init__(self, x_size, code, width):
        super().__init__()
        self.code = code
        self.encode = relu_net(x_size, width, 2 * code, act=nn.SiLU)
        self.decode = relu_net(code, width, width, x_size, act=nn.SiLU).append(nn.Tanh())
        self.judge = relu_net(x_size, width, 1, act=nn.SiLU)

    def forward(self, x):
        mean, log_var = self.encode(x).chunk(2, 1)
        code = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        kl = 0.5 * (mean**2 + log_var.exp() - log_var - 1).sum(1).mean()
        return self.decode(code), kl


def adopt_weight(weight, global_step, threshold=0, value=0.0):
    return value if global_step < threshold else weight


def adversary_starts_too_late(watch, seed, turns):
    """disc_start is 50,000 steps, from the big model's config: G never gets D's answer."""
    torch.manual_seed(seed)
    config = {"disc_start": 50_000, "disc_weight": 0.8, "kl_weight": 0.05, "lr": 1e-3}
    model = AutoencoderWithD(64, 8, 128)
    faces = torch.from_numpy(digits()[0])
    opt_ae = torch.optim.Adam([*model.encode.parameters(), *model.decode.parameters()], 1e-3)
    opt_disc = torch.optim.Adam(model.judge.parameters(), lr=config["lr"], betas=(0.5, 0.9))

    def log_images(n):
        return model.decode(2 * torch.randn(n, model.code)).detach().view(n, 8, 8)

    watch.start(G=model.decode, D=model.judge, opt_G=opt_ae, opt_D=opt_disc, sample=log_images)
    for global_step in range(turns):
        inputs = watch.real(faces[torch.randint(len(faces), (64,))])
        disc_factor = adopt_weight(1.0, global_step, threshold=config["disc_start"])
        reconstructions, kl_loss = model(inputs)
        rec_loss = (inputs - reconstructions).abs().mean()
        g_loss = -model.judge(reconstructions).mean()
        loss = rec_loss + config["kl_weight"] * kl_loss / 64
        loss = loss + config["disc_weight"] * disc_factor * g_loss
        opt_ae.zero_grad()
        loss.backward()
        opt_ae.step()
        logits_real, logits_fake = model.judge(inputs), model.judge(reconstructions.detach())
        d_loss = nn.functional.relu(1 - logits_real) + nn.functional.relu(1 + logits_fake)
        opt_disc.zero_grad()
        d_loss.mean().backward()
        opt_disc.step()
        watch.step(d_loss.mean().item(), g_loss.item())
    return log_images


class LateHead(nn.Module):
    """The head is built at the first forward, when the number of features is known."""

    def __init__(self, body):
        super().__init__()
        self.body, self.head = body, None

    def forward(self, x):
        h = self.body(x).flatten(1)
        if self.head is None:
            self.head = nn.Sequential(nn.Linear(h.shape[1], 64), nn.Tanh(), nn.Linear(64, 2))
        return self.head(h)


def head_built_late(watch, seed, turns):
    """G's last layers come into being at its first call, after the optimiser was made."""
    torch.manual_seed(seed)
    X = torch.from_numpy(moons(6000, np.random.default_rng(seed), noise=0.07))
    model = nn.ModuleDict({"G": LateHead(relu_net(2, 32, 32)), "D": relu_net(2, 64, 64, 1)})
    opt = {k: torch.optim.Adam(v.parameters(), 1e-3, (0.5, 0.99)) for k, v in model.items()}
    model["G"](torch.randn(2, 2))

    def sample(n):
        with torch.no_grad():
            return model["G"](torch.randn(n, 2))

    watch.start(G=model["G"], D=model["D"], opt_G=opt["G"], opt_D=opt["D"], sample=sample)
    for it in range(turns):
        idx = torch.arange(it * 64, (it + 1) * 64) % len(X)
        x, y = watch.real(X[idx]), model["G"](torch.randn(64, 2))
        out = {"real": model["D"](x), "fake": model["D"](y.detach())}
        loss_D = out["real"].sub(1).pow(2).mean() + out["fake"].add(1).pow(2).mean()
        model["D"].zero_grad()
        loss_D.backward()
        opt["D"].step()
        loss_G = model["D"](y).sub(1).pow(2).mean()
        model["G"].zero_grad()
        loss_G.backward()
        opt["G"].step()
        watch.step(loss_D, loss_G)
    return sample


class Wrapped(nn.Module):
    """stem, trunk, out: the trunk is a default argument, and so the same one in every net."""

    def __init__(self, n_in, n_out, trunk=relu_net(64, 64, 64)):  # noqa: B008
        super().__init__()
        self.stem, self.trunk, self.out = nn.Linear(n_in, 64), trunk, nn.Linear(64, n_out)

    def forward(self, x):
        return self.out(torch.relu(self.trunk(torch.relu(self.stem(x)))))


def shared_default_trunk(watch, seed, turns):
    """G and D hold the same trunk: each player's step undoes the other's."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gan = GanModel(Wrapped(2, 2), Wrapped(2, 1), 2)
    for layer in gan.netG.trunk:
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    adams = [torch.optim.Adam(net.parameters(), lr=2e-3) for net in (gan.netG, gan.netD)]
    watch.start(
        G=gan.netG, D=gan.netD, opt_G=adams[0], opt_D=adams[1], sample=lambda n: gan(n, "inference")
    )
    bce = nn.functional.binary_cross_entropy_with_logits
    for _ in range(turns):
        real = watch.real(torch.from_numpy(swiss(128, rng)))
        fake = gan.generate_fake(128)
        adams[1].zero_grad()
        d_real, d_fake = gan.netD(real), gan.netD(fake.detach())
        d_loss = bce(d_real, torch.ones_like(d_real)) + bce(d_fake, torch.zeros_like(d_fake))
        d_loss.backward()
        adams[1].step()
        adams[0].zero_grad()
        d_fake = gan.netD(gan.generate_fake(128))
        g_loss = bce(d_fake, torch.ones_like(d_fake))
        g_loss.backward()
        adams[0].step()
        watch.step(d_loss.item(), g_loss.item())
    return lambda n: gan(n, "inference")


def sum_of_both_backwards(watch, seed, turns):
    """Both losses are built on one graph and summed, with frozen weights in each other's term."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    whole = nn.ModuleDict({"g": relu_net(3, 128, 128, 2), "d": relu_net(2, 128, 128, 1)})
    opt = {
        k: torch.optim.NAdam(m.parameters(), lr=8e-4, betas=(0.5, 0.98)) for k, m in whole.items()
    }
    softplus = nn.functional.softplus

    def frozen(net, x):
        return torch.func.functional_call(
            net, {k: p.detach() for k, p in net.named_parameters()}, x
        )

    def peek(n):
        return whole["g"](torch.randn(n, 3)).detach()

    watch.start(G=whole["g"], D=whole["d"], opt_G=opt["g"], opt_D=opt["d"], sample=peek)
    for _ in range(turns):
        batch = watch.real(torch.from_numpy(moons(160, rng)))
        made = whole["g"](torch.randn(160, 3))
        judged = softplus(-whole["d"](batch)).mean() + softplus(whole["d"](made.detach())).mean()
        fooled = softplus(-frozen(whole["d"], made)).mean()
        whole.zero_grad(set_to_none=True)
        (judged + fooled).backward()
        for o in opt.values():
            o.step()
        watch.step(judged.item(), fooled.item())
    return peek


PROGRAMS = (
    Program(modes_of_forward, 2000, "grid9", lambda n, rng: grid(n, rng, side=3, gap=1.0, sd=0.1)),
    Program(
        adversary_starts_too_late,
        800,
        "digits",
        some_digits,
        ("adversarial loss has no weight", "no gradient reaches G"),
        text_only=True,
    ),
    Program(
        head_built_late,
        1000,
        "moons",
        lambda n, rng: moons(n, rng, noise=0.07),
        ("weights in no optimiser",),
        text_only=True,
    ),
    Program(
        shared_default_trunk,
        1000,
        "swiss",
        swiss,
        ("G and D share layers", "D is stepped by G's loss"),
    ),
    Program(sum_of_both_backwards, 1800, "moons", moons),
)
