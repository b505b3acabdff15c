"""Loops in the manner of frameworks: Lightning, accelerate with AMP, and torch.func."""

from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad_and_value
from torch.nn import functional as F

from ..data import checker, circles, grid4, moons, ring, ring6
from ..entry import Program


def net(i, o, h=80, norm=False):
    layers = []
    for a, b in ((i, h), (h, h)):
        layers += [nn.Linear(a, b), *([nn.BatchNorm1d(b)] if norm else []), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(h, o))


class Module(nn.Module):
    """The part of a LightningModule that GANs need."""

    def configure_optimizers(self):
        raise NotImplementedError

    def optimizers(self):
        if not hasattr(self, "_optimizers"):
            self._optimizers = self.configure_optimizers()
        return self._optimizers

    def toggle_optimizer(self, optimizer):
        mine = {id(p) for group in optimizer.param_groups for p in group["params"]}
        for p in self.parameters():
            p.requires_grad_(id(p) in mine)

    def untoggle_optimizer(self):
        for p in self.parameters():
            p.requires_grad_(True)

    def manual_backward(self, loss):
        loss.backward()


class Points(Module):
    def __init__(self, lr=1e-3, z=6, h=80):
        super().__init__()
        self.hparams = SimpleNamespace(lr=lr, b1=0.5, b2=0.99, z=z)
        self.generator, self.discriminator = net(z, 2, h), net(2, 1, h)

    def forward(self, n):
        return self.generator(torch.randn(n, self.hparams.z))

    def adam(self, part):
        return torch.optim.Adam(
            part.parameters(), self.hparams.lr, (self.hparams.b1, self.hparams.b2)
        )

    def adversarial_loss(self, y_hat, real):
        y = torch.ones_like(y_hat) if real else torch.zeros_like(y_hat)
        return F.binary_cross_entropy_with_logits(y_hat, y)


def manual_optimization(watch, seed, turns):
    """Manual optimisation, each optimiser toggled for its turn and untoggled after."""

    class GAN(Points):
        def configure_optimizers(self):
            return self.adam(self.generator), self.adam(self.discriminator)

        def training_step(self, x):
            optimizer_g, optimizer_d = self.optimizers()
            self.toggle_optimizer(optimizer_g)
            g_loss = self.adversarial_loss(self.discriminator(self(len(x))), True)
            optimizer_g.zero_grad()
            self.manual_backward(g_loss)
            optimizer_g.step()
            self.untoggle_optimizer()

            self.toggle_optimizer(optimizer_d)
            fake = self(len(x)).detach()
            d_loss = self.adversarial_loss(self.discriminator(x), True)
            d_loss = d_loss + self.adversarial_loss(self.discriminator(fake), False)
            optimizer_d.zero_grad()
            self.manual_backward(d_loss)
            optimizer_d.step()
            self.untoggle_optimizer()
            return d_loss.item(), g_loss.item()

    torch.manual_seed(seed)
    model, rng = GAN(), np.random.default_rng(seed)
    opt_g, opt_d = model.optimizers()
    watch.start(G=model.generator, D=model.discriminator, opt_G=opt_g, opt_D=opt_d, sample=model)
    for _ in range(turns):
        watch.step(*model.training_step(watch.real(torch.from_numpy(ring6(128, rng)))))
    return model


def optimisers_in_the_other_order(watch, seed, turns):
    """configure_optimizers returns D's first, and training_step takes number 0 for G's."""

    class LitGAN(Points):
        def configure_optimizers(self):
            lr = self.hparams.lr
            opt_d = torch.optim.RMSprop(self.discriminator.parameters(), lr=lr)
            opt_g = torch.optim.RMSprop(self.generator.parameters(), lr=lr)
            return [opt_d, opt_g]

        def training_step(self, batch, optimizer_idx):
            score = self.discriminator
            if optimizer_idx == 0:  # generator
                return self.adversarial_loss(score(self(len(batch))), True)
            real_loss = self.adversarial_loss(score(batch), True)
            fake_loss = self.adversarial_loss(score(self(len(batch))), False)
            return (real_loss + fake_loss) / 2

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    lit = LitGAN(lr=3e-4, z=4, h=64)
    opts = lit.optimizers()
    watch.start(
        G=lit.generator, D=lit.discriminator, opt_G=opts[1], opt_D=opts[0], sample=lit.forward
    )
    for _ in range(turns):
        batch = watch.real(torch.from_numpy(circles(100, rng)))
        logged = {}
        for idx, opt in enumerate(opts):
            loss = lit.training_step(batch, idx)
            lit.zero_grad()
            loss.backward()
            opt.step()
            logged[idx] = loss.item()
        watch.step(logged[1], logged[0])
    return lit.forward


def left_toggled(watch, seed, turns):
    """After D's turn the generator stays without gradients; its optimiser has nothing to do."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Points(lr=8e-4)
    opt_g, opt_d = model.adam(model.generator), model.adam(model.discriminator)

    def predict(n):
        with torch.inference_mode():
            return model(n).numpy()

    watch.start(G=model.generator, D=model.discriminator, opt_G=opt_g, opt_D=opt_d, sample=predict)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(grid4(120, rng)))
        opt_g.zero_grad()
        fooled = model.discriminator(model(len(x)))
        loss_g = (fooled - 1).pow(2).mean() / 2
        model.manual_backward(loss_g)
        opt_g.step()

        model.toggle_optimizer(opt_d)
        opt_d.zero_grad()
        judged = model.discriminator(torch.cat([x, model(len(x))]))
        wanted = torch.zeros(2 * len(x), 1).index_fill_(0, torch.arange(len(x)), 1.0)
        loss_d = (judged - wanted).pow(2).mean()
        model.manual_backward(loss_d)
        opt_d.step()
        watch.step(loss_d.item(), loss_g.item())
    return predict


def accumulated_in_bfloat16(watch, seed, turns):
    """Autocast to bfloat16, two micro batches to a step, and an average of G's weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    cfg = SimpleNamespace(accumulate=2, micro=64, z=8, max_norm=20.0, ema=0.995)
    G, D = net(cfg.z, 2), net(2, 1)
    shadow = deepcopy(G)
    opt_g = torch.optim.AdamW(G.parameters(), 1e-3, (0.5, 0.99), weight_decay=0)
    opt_d = torch.optim.AdamW(D.parameters(), 1e-3, (0.5, 0.99), weight_decay=0)

    def pipeline(n):
        with torch.no_grad():
            return shadow(torch.randn(n, cfg.z))

    def update(params, optimizer):
        nn.utils.clip_grad_norm_(params, cfg.max_norm)
        optimizer.step()
        optimizer.zero_grad()

    watch.start(G=G, D=D, opt_G=opt_g, opt_D=opt_d, sample=pipeline)
    for _ in range(turns):
        logs = {"d": 0.0, "g": 0.0}
        for _ in range(cfg.accumulate):
            x = watch.real(torch.from_numpy(grid4(cfg.micro, rng)))
            with torch.autocast("cpu", torch.bfloat16):
                fake = G(torch.randn(cfg.micro, cfg.z)).detach()
                scores = D(x), D(fake)
            loss = F.softplus(-scores[0].float()).mean() + F.softplus(scores[1].float()).mean()
            (loss / cfg.accumulate).backward()
            logs["d"] += loss.item() / cfg.accumulate
        update(D.parameters(), opt_d)
        D.requires_grad_(False)
        for _ in range(cfg.accumulate):
            with torch.autocast("cpu", torch.bfloat16):
                score = D(G(torch.randn(cfg.micro, cfg.z)))
            loss = F.softplus(-score.float()).mean()
            (loss / cfg.accumulate).backward()
            logs["g"] += loss.item() / cfg.accumulate
        D.requires_grad_(True)
        update(G.parameters(), opt_g)
        with torch.no_grad():
            for s, p in zip(shadow.parameters(), G.parameters(), strict=True):
                s.lerp_(p, 1 - cfg.ema)
        watch.step(logs["d"], logs["g"])
    return pipeline


def clipped_before_unscaling(watch, seed, turns):
    """Gradients are clipped to norm 1 while they are still 65,536 times too large."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator, critic = net(5, 2, 96), net(2, 1, 96)
    optimizer_g = torch.optim.Adam(generator.parameters(), 1e-3, (0.0, 0.99), eps=1e-6)
    optimizer_d = torch.optim.Adam(critic.parameters(), 1e-3, (0.0, 0.99), eps=1e-6)
    scalers = [torch.amp.GradScaler("cpu", init_scale=2.0**16) for _ in range(2)]

    def apply(loss, parameters, optimizer, scaler):
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        scaler.step(optimizer)
        scaler.update()
        return float(loss)

    def generate(n):
        return generator(torch.randn(n, 5))

    watch.start(G=generator, D=critic, opt_G=optimizer_g, opt_D=optimizer_d, sample=generate)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(ring(128, rng)))
        fake = generate(len(x))
        hinge = F.relu(1 - critic(x)).mean() + F.relu(1 + critic(fake.detach())).mean()
        d = apply(hinge, list(critic.parameters()), optimizer_d, scalers[0])
        g = apply(-critic(fake).mean(), list(generator.parameters()), optimizer_g, scalers[1])
        watch.step(d, g)
    return generate


class EMA:
    """Averages parameters, as in many repositories; decay warms up."""

    def __init__(self, model, decay):
        self.model, self.decay, self.step = deepcopy(model).eval(), decay, 0

    @torch.no_grad()
    def update(self, model):
        self.step += 1
        beta = min(self.decay, (1 + self.step) / (10 + self.step))
        for mine, theirs in zip(self.model.parameters(), model.parameters(), strict=True):
            mine.mul_(beta).add_(theirs, alpha=1 - beta)


def average_without_buffers(watch, seed, turns):
    """The average leaves out batch norm's running statistics, which samples then go by."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model_g, model_d = net(6, 2, 80, norm=True), net(2, 1, 80)
    adam_g = torch.optim.Adam(model_g.parameters(), lr=2e-3, betas=(0.5, 0.999))
    adam_d = torch.optim.Adam(model_d.parameters(), lr=1e-3, betas=(0.5, 0.999))
    ema = EMA(model_g, 0.99)
    soft = F.softplus

    def from_average(n):
        return ema.model(torch.randn(n, 6)).detach()

    watch.start(G=model_g, D=model_d, opt_G=adam_g, opt_D=adam_d, sample=from_average)
    for _ in range(turns):
        real = watch.real(torch.from_numpy(moons(128, rng)))
        made = model_g(torch.randn(128, 6))
        adam_d.zero_grad()
        loss_d = (soft(-model_d(real)) + soft(model_d(made.detach()))).mean()
        loss_d.backward()
        adam_d.step()
        adam_g.zero_grad()
        loss_g = soft(-model_d(made)).mean()
        loss_g.backward()
        adam_g.step()
        ema.update(model_g)
        watch.step(loss_d, loss_g)
    return from_average


def pure_functions(watch, seed, turns):
    """torch.func makes the gradients; plain Adams write them into the modules' own weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = net(6, 2), net(2, 1)
    theta, phi = dict(G.named_parameters()), dict(D.named_parameters())
    opt_theta = torch.optim.Adam(theta.values(), lr=1e-3, betas=(0.5, 0.999))
    opt_phi = torch.optim.Adam(phi.values(), lr=1e-3, betas=(0.5, 0.999))

    def d_objective(phi, theta, x, z):
        fake = functional_call(G, theta, (z,))
        on_real, on_fake = functional_call(D, phi, (x,)), functional_call(D, phi, (fake,))
        return F.softplus(-on_real).mean() + F.softplus(on_fake).mean()

    def g_objective(theta, phi, z):
        return F.softplus(-functional_call(D, phi, (functional_call(G, theta, (z,)),))).mean()

    def descend(optimizer, params, grads):
        for k, p in params.items():
            p.grad = grads[k]
        optimizer.step()

    def sample(n):
        return functional_call(G, theta, (torch.randn(n, 6),))

    watch.start(G=G, D=D, opt_G=opt_theta, opt_D=opt_phi, sample=sample)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(ring6(128, rng)))
        grads, d_loss = grad_and_value(d_objective)(phi, theta, x, torch.randn(128, 6))
        descend(opt_phi, phi, grads)
        grads, g_loss = grad_and_value(g_objective)(theta, phi, torch.randn(128, 6))
        descend(opt_theta, theta, grads)
        watch.step(d_loss.item(), g_loss.item())
    return sample


def never_written_back(watch, seed, turns):
    """The functional weights are trained, and samples come from the module, which never is."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    maker, judge = net(3, 2, 64), net(2, 1, 64)
    params_m = {k: v.detach().clone().requires_grad_() for k, v in maker.named_parameters()}
    params_j = {k: v.detach().clone().requires_grad_() for k, v in judge.named_parameters()}
    opt_m = torch.optim.Adam(list(params_m.values()), lr=1e-3, betas=(0.5, 0.9))
    opt_j = torch.optim.Adam(list(params_j.values()), lr=1e-3, betas=(0.5, 0.9))

    def make(params, n):
        return functional_call(maker, params, (torch.randn(n, 3),))

    def draw(n):
        maker.eval()
        return maker(torch.randn(n, 3))

    watch.start(G=maker, D=judge, opt_G=opt_m, opt_D=opt_j, sample=draw)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(checker(150, rng)))
        fake = make(params_m, 150).detach()
        loss_j = torch.relu(1 - functional_call(judge, params_j, (x,))).mean()
        loss_j = loss_j + torch.relu(1 + functional_call(judge, params_j, (fake,))).mean()
        opt_j.zero_grad()
        loss_j.backward()
        opt_j.step()
        loss_m = -functional_call(judge, params_j, (make(params_m, 150),)).mean()
        opt_m.zero_grad()
        loss_m.backward()
        opt_m.step()
        watch.step(loss_j, loss_m)
    return draw


PROGRAMS = (
    Program(manual_optimization, 1500, "ring6", ring6),
    # answer: "configure_optimizers returned [opt_d, opt_g] and training_step thought the first
    # was G's, so D minimised G's loss and G minimised D's."
    Program(optimisers_in_the_other_order, 800, "circles", circles, ("wrong optimiser stepped",)),
    # answer: "I never untoggled D's optimiser: G's weights had requires_grad off from turn 2 on."
    Program(left_toggled, 800, "grid4", grid4, ("G stays frozen",)),
    Program(accumulated_in_bfloat16, 900, "grid4", grid4),
    # answer: "I clipped the scaled gradients; scaler.unscale_ has to come first."
    Program(clipped_before_unscaling, 1200, "ring", ring, ("gradients clipped to nothing",)),
    # answer: "The EMA copied parameters only, so its batch norm kept the initial statistics."
    Program(average_without_buffers, 1500, "moons", moons, ("stale batch-norm buffers",)),
    Program(pure_functions, 1300, "ring6", ring6),
    # answer: "I drew from the module, whose weights were never set to the trained dictionary."
    Program(never_written_back, 800, "checker", checker, ("another net draws the samples",)),
)
