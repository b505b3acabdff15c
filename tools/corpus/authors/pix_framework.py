"""Loops in the shape of the image-to-image collections: a model class, a pool of fakes."""

import itertools
import random
from argparse import Namespace

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from ..data import circles, line3, moons, pair, spirals
from ..entry import Program


class GANLoss(nn.Module):
    def __init__(self, gan_mode, target_real_label=1.0, target_fake_label=0.0):
        super().__init__()
        self.register_buffer("real_label", torch.tensor(target_real_label))
        self.register_buffer("fake_label", torch.tensor(target_fake_label))
        self.loss = {"lsgan": nn.MSELoss(), "vanilla": nn.BCEWithLogitsLoss()}[gan_mode]

    def __call__(self, prediction, target_is_real):
        label = self.real_label if target_is_real else self.fake_label
        return self.loss(prediction, label.expand_as(prediction))


class ImagePool:
    """Half of what is asked for comes from older fakes, which the new ones replace."""

    def __init__(self, pool_size, seed):
        self.pool_size, self.images, self.random = pool_size, [], random.Random(seed)

    def query(self, images):
        return_images = []
        for image in images:
            if len(self.images) < self.pool_size:
                self.images.append(image)
                return_images.append(image)
            elif self.random.uniform(0, 1) > 0.5:
                random_id = self.random.randint(0, self.pool_size - 1)
                return_images.append(self.images[random_id])
                self.images[random_id] = image
            else:
                return_images.append(image)
        return torch.stack(return_images)


class ImagePoolV2(ImagePool):
    """A faster query; what is in the full pool stays there."""

    def query(self, images):
        if len(self.images) < self.pool_size:
            self.images.extend(images)
            return images
        return torch.stack(self.random.sample(self.images, len(images)))


class BaseModel:
    def __init__(self, opt):
        self.opt, self.optimizers = opt, []

    def set_requires_grad(self, nets, requires_grad=False):
        for net in nets:
            for param in net.parameters():
                param.requires_grad = requires_grad

    def setup(self):
        def lambda_rule(epoch):
            return 1.0 - max(0, epoch - self.opt.n_epochs) / float(self.opt.n_epochs_decay + 1)

        self.schedulers = [LambdaLR(o, lr_lambda=lambda_rule) for o in self.optimizers]

    def update_learning_rate(self):
        for scheduler in self.schedulers:
            scheduler.step()

    def adam(self, *nets):
        parameters = itertools.chain(*(net.parameters() for net in nets))
        self.optimizers.append(torch.optim.Adam(parameters, lr=self.opt.lr, betas=(0.5, 0.99)))
        return self.optimizers[-1]


def define_net(input_nc, output_nc, nf, norm_layer=nn.Identity):
    model = [nn.Linear(input_nc, nf), nn.LeakyReLU(0.2, True)]
    model += [nn.Linear(nf, nf), norm_layer(nf), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*model, nn.Linear(nf, output_nc))


class NoiseToPointsModel(BaseModel):
    def __init__(self, opt, pool):
        super().__init__(opt)
        self.netG = define_net(opt.nz, opt.output_nc, opt.ngf)
        self.netD = define_net(opt.output_nc, 1, opt.ndf)
        self.fake_pool, self.criterionGAN = pool, GANLoss(opt.gan_mode)
        self.optimizer_G, self.optimizer_D = self.adam(self.netG), self.adam(self.netD)

    def set_input(self, data):
        self.real_B = data

    def forward(self):
        self.fake_B = self.netG(torch.randn(len(self.real_B), self.opt.nz))

    def backward_D(self):
        fake_B = self.fake_pool.query(self.fake_B.detach())
        self.loss_D_fake = self.criterionGAN(self.netD(fake_B), False)
        self.loss_D_real = self.criterionGAN(self.netD(self.real_B), True)
        self.loss_D = (self.loss_D_fake + self.loss_D_real) * 0.5
        self.loss_D.backward()

    def backward_G(self):
        self.loss_G = self.criterionGAN(self.netD(self.fake_B), True)
        self.loss_G.backward()

    def optimize_parameters(self):
        self.forward()
        self.set_requires_grad([self.netD], True)
        self.optimizer_D.zero_grad()
        self.backward_D()
        self.optimizer_D.step()
        self.set_requires_grad([self.netD], False)
        self.optimizer_G.zero_grad()
        self.backward_G()
        self.optimizer_G.step()
        self.set_requires_grad([self.netD], True)

    @torch.no_grad()
    def test(self, n):
        return self.netG(torch.randn(n, self.opt.nz))


def points_with_pool(watch, seed, turns):
    """LSGAN with the pool of fakes; the rate decays in the second half of the epochs."""
    torch.manual_seed(seed)
    opt = Namespace(nz=4, output_nc=2, ngf=96, ndf=96, lr=1e-3, gan_mode="lsgan", batch_size=100)
    opt.n_epochs, opt.n_epochs_decay, opt.pool_size = turns // 80, turns // 80, 50
    model = NoiseToPointsModel(opt, ImagePool(opt.pool_size, seed))
    model.setup()
    dataset = torch.from_numpy(circles(4000, np.random.default_rng(seed)))
    watch.start(
        G=model.netG,
        D=model.netD,
        opt_G=model.optimizer_G,
        opt_D=model.optimizer_D,
        sample=model.test,
    )
    total_iters = 0
    for _epoch in range(1, opt.n_epochs + opt.n_epochs_decay + 2):
        for data in torch.utils.data.DataLoader(dataset, opt.batch_size, shuffle=True):
            if total_iters == turns:
                break
            total_iters += 1
            model.set_input(watch.real(data))
            model.optimize_parameters()
            watch.step(model.loss_D.item(), model.loss_G.item())
        model.update_learning_rate()
    return model.test


def pool_never_renewed(watch, seed, turns):
    """The pool's faster version: once it is full, D sees its first fakes for ever."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    opt = Namespace(nz=2, output_nc=2, ngf=64, ndf=64, lr=1e-3, gan_mode="vanilla")
    opt.n_epochs, opt.n_epochs_decay = turns, 1
    model = NoiseToPointsModel(opt, ImagePoolV2(512, seed))
    G, D = model.netG, model.netD
    og, od = model.optimizers
    watch.start(G=G, D=D, opt_G=og, opt_D=od, sample=lambda n: model.test(n).cpu().numpy())
    for _total_iters in range(turns):
        model.set_input(watch.real(torch.from_numpy(spirals(64, rng))))
        model.optimize_parameters()
        watch.step(model.loss_D, model.loss_G)
    return lambda n: model.test(n).cpu().numpy()


def rate_below_zero(watch, seed, turns):
    """update_learning_rate() is called in each iteration and the rule has no floor."""
    torch.manual_seed(seed)
    opt = Namespace(nz=3, output_nc=1, ngf=48, ndf=48, lr=2e-3, gan_mode="vanilla")
    opt.n_epochs, opt.n_epochs_decay = 100, 100
    model = NoiseToPointsModel(opt, ImagePool(0, seed))
    model.fake_pool.query = lambda images: images
    model.setup()
    values = torch.from_numpy(line3(3000, np.random.default_rng(seed)))
    watch.start(
        G=model.netG,
        D=model.netD,
        opt_G=model.optimizers[0],
        opt_D=model.optimizers[1],
        sample=model.test,
    )
    steps = {"D": model.backward_D, "G": model.backward_G}
    for _total_iters in range(turns):
        model.real_B = watch.real(values[torch.randint(0, len(values), (100,))])
        for player, backward in steps.items():
            model.forward()
            optimizer = getattr(model, f"optimizer_{player}")
            optimizer.zero_grad(set_to_none=True)
            backward()
            optimizer.step()
        model.update_learning_rate()
        watch.step(model.loss_D.detach(), model.loss_G.detach())
    return model.test


def unpaired_translation(watch, seed, turns):
    """CycleGAN on points: two clouds become two moons and back; G's input is real data of A."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    opt = Namespace(lr=1e-3, n_epochs=8, n_epochs_decay=8, lambda_A=0.5, lambda_B=0.5)
    cycle = BaseModel(opt)
    netG_A, netG_B = define_net(2, 2, 64), define_net(2, 2, 64)
    netD_A, netD_B = define_net(2, 1, 64), define_net(2, 1, 64)
    optimizer_G, optimizer_D = cycle.adam(netG_A, netG_B), cycle.adam(netD_A, netD_B)
    cycle.setup()
    criterionGAN, criterionCycle = GANLoss("lsgan"), nn.L1Loss()
    scenes_A, scenes_B = pair(10_000, rng, half=0.8, sd=0.4), moons(10_000, rng)
    scenes_A, scenes_B = torch.from_numpy(scenes_A), torch.from_numpy(scenes_B)

    def translate(n):
        with torch.no_grad():
            return netG_A(scenes_A[torch.randint(len(scenes_A), (n,))])

    watch.start(G=netG_A, D=netD_B, opt_G=optimizer_G, opt_D=optimizer_D, sample=translate)
    for i in range(turns):
        real_A = scenes_A[torch.randint(len(scenes_A), (100,))]
        real_B = watch.real(scenes_B[torch.randint(len(scenes_B), (100,))])
        fake_B, fake_A = netG_A(real_A), netG_B(real_B)
        rec_A, rec_B = netG_B(fake_B), netG_A(fake_A)
        cycle.set_requires_grad([netD_A, netD_B], False)
        optimizer_G.zero_grad()
        loss_G = criterionGAN(netD_B(fake_B), True) + criterionGAN(netD_A(fake_A), True)
        loss_G = loss_G + criterionCycle(rec_A, real_A) * opt.lambda_A
        loss_G = loss_G + criterionCycle(rec_B, real_B) * opt.lambda_B
        loss_G.backward()
        optimizer_G.step()
        cycle.set_requires_grad([netD_A, netD_B], True)
        optimizer_D.zero_grad()
        loss_D = 0
        for netD, real, fake in ((netD_A, real_A, fake_A), (netD_B, real_B, fake_B)):
            loss_one = criterionGAN(netD(real), True) + criterionGAN(netD(fake.detach()), False)
            (0.5 * loss_one).backward()
            loss_D += loss_one.item() / 2
        optimizer_D.step()
        if i % (turns // 16 + 1) == turns // 16:
            cycle.update_learning_rate()
        watch.step(loss_D, loss_G.item())
    return translate


PROGRAMS = (
    Program(points_with_pool, 2000, "circles", circles),
    Program(pool_never_renewed, 1000, "spirals", spirals, ("D sees old fakes only",)),
    Program(
        rate_below_zero,
        800,
        "line3",
        line3,
        ("learning rate below zero", "diverged", "G's step has the wrong sign"),
    ),
    Program(unpaired_translation, 2000, "moons", moons),
)
