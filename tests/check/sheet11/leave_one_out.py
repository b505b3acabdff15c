"""The leave-one-out test: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from torch.nn import functional as F

INF = float("inf")


def _pile(x_fake, x_real):
    pile = torch.cat([x_fake, x_real]).flatten(1)
    return pile, torch.arange(len(pile)) < len(x_fake)


def _shares(kind, guess):
    right = (kind == guess).double()
    return right[kind].mean().item(), right[~kind].mean().item()


def _test(x_fake, x_real, p=2.0):
    pile, kind = _pile(x_fake, x_real)
    D = torch.cdist(pile, pile, p=p).fill_diagonal_(INF)
    return _shares(kind, kind[D.argmin(1)])


def infinite_diagonal(x_fake, x_train, x_held):
    return _test(x_fake, x_held)


def four_blocks(x_fake, x_train, x_held):
    """Nearest within a kind against nearest in the other."""
    fake, held = x_fake.flatten(1), x_held.flatten(1)
    across = torch.cdist(fake, held)
    to_fake = torch.cdist(fake, fake).fill_diagonal_(INF).amin(1)
    to_held = torch.cdist(held, held).fill_diagonal_(INF).amin(1)
    return (to_fake < across.amin(1)).float().mean(), (to_held < across.amin(0)).float().mean()


def by_sklearn(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    nearest = NearestNeighbors(n_neighbors=1).fit(pile.numpy()).kneighbors()[1][:, 0]
    return _shares(kind, kind[torch.from_numpy(nearest)])


def one_left_out(x_fake, x_train, x_held):
    """A classifier for each picture, fitted without it."""
    pile, kind = _pile(x_fake, x_held)
    guess = []
    for i in range(len(pile)):
        others = torch.arange(len(pile)) != i
        model = KNeighborsClassifier(1).fit(pile[others].numpy(), kind[others].numpy())
        guess.append(bool(model.predict(pile[i : i + 1].numpy())[0]))
    return _shares(kind, torch.tensor(guess))


def in_numpy(x_fake, x_train, x_held):
    pile = np.concatenate([x_fake.numpy(), x_held.numpy()]).reshape(len(x_fake) + len(x_held), -1)
    D = ((pile[:, None] - pile[None]) ** 2).sum(-1)
    np.fill_diagonal(D, np.inf)
    kind = np.arange(len(pile)) < len(x_fake)
    right = kind[D.argmin(1)] == kind
    return right[kind].mean(), right[~kind].mean()


def in_plain_python(x_fake, x_train, x_held):
    pile = [(x, "fake") for x in x_fake] + [(x, "real") for x in x_held]
    right = {"fake": [], "real": []}
    for i, (x, kind) in enumerate(pile):
        others = [(float((x - y).norm()), k) for j, (y, k) in enumerate(pile) if i != j]
        right[kind].append(min(others)[1] == kind)
    return [sum(r) / len(r) for r in right.values()]


def by_mask(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    D = (pile[:, None] - pile).pow(2).sum(2)
    nearest = (D + torch.eye(len(D)) * 1e9).topk(1, largest=False).indices.squeeze(1)
    labels = kind.float()
    right = 1 - (labels[nearest] - labels).abs()
    return torch.stack([right[: len(x_fake)].mean(), right[len(x_fake) :].mean()])


def sorted_and_left_out(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    order = torch.cdist(pile, pile).argsort(1)
    own = torch.arange(len(pile))
    nearest = torch.where(order[:, 0] == own, order[:, 1], order[:, 0])
    return _shares(kind, kind[nearest])


def by_votes(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    D = torch.cdist(pile.double(), pile.double())
    D[range(len(D)), range(len(D))] = D.max() + 1
    return _shares(kind, D[:, kind].amin(1) < D[:, ~kind].amin(1))


def against_training(x_fake, x_train, x_held):
    return _test(x_fake, x_train)


def against_all(x_fake, x_train, x_held):
    return _test(x_fake, torch.cat([x_train, x_held]))


def training_among_neighbours(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, torch.cat([x_held, x_train]))
    D = torch.cdist(pile, pile).fill_diagonal_(INF)
    right = (kind[D.argmin(1)] == kind).float()
    N, end = len(x_fake), len(x_fake) + len(x_held)
    return right[:N].mean().item(), right[N:end].mean().item()


def exchanged(x_fake, x_train, x_held):
    return infinite_diagonal(x_fake, x_train, x_held)[::-1]


def errors(x_fake, x_train, x_held):
    return tuple(1 - s for s in infinite_diagonal(x_fake, x_train, x_held))


def counted(x_fake, x_train, x_held):
    fake, held = infinite_diagonal(x_fake, x_train, x_held)
    return fake * len(x_fake), held * len(x_held)


def of_all(x_fake, x_train, x_held):
    fake, held = counted(x_fake, x_train, x_held)
    N = len(x_fake) + len(x_held)
    return fake / N, held / N


def one_share_twice(x_fake, x_train, x_held):
    share = sum(of_all(x_fake, x_train, x_held))
    return share, share


def one_share(x_fake, x_train, x_held):
    return sum(of_all(x_fake, x_train, x_held))


def oneself(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    D = (pile[:, None] - pile).square().sum(2)
    return _shares(kind, kind[D.argmin(1)])


def across_alone(x_fake, x_train, x_held):
    return 0.0, 0.0


def second(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    D = torch.cdist(pile, pile).fill_diagonal_(INF)
    return _shares(kind, kind[D.argsort(1)[:, 1]])


def furthest(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    return _shares(kind, kind[torch.cdist(pile, pile).argmax(1)])


def three_votes(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    D = torch.cdist(pile, pile).fill_diagonal_(INF)
    return _shares(kind, kind[D.argsort(1)[:, :3]].sum(1) >= 2)


def absolute(x_fake, x_train, x_held):
    return _test(x_fake, x_held, p=1.0)


def by_angle(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    pile = F.normalize(pile, dim=1)
    D = (-pile @ pile.T).fill_diagonal_(INF)
    return _shares(kind, kind[D.argmin(1)])


def zeros_left_out(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    D = (pile[:, None] - pile).square().sum(2)
    D[D == 0] = INF
    return _shares(kind, kind[D.argmin(1)])


def second_of_sorted(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    D = (pile[:, None] - pile).square().sum(2)
    return _shares(kind, kind[D.sort(dim=1, stable=True).indices[:, 1]])


CORRECT = (
    infinite_diagonal, four_blocks, by_sklearn, one_left_out, in_numpy, in_plain_python, by_mask,
    sorted_and_left_out, by_votes,
)  # fmt: skip
ALIKE, APART, COPIES = "kinds that are alike", "kinds that differ", "copies"


def by_halves_of_the_pile(x_fake, x_train, x_held):
    """The first half counts as fake, however many fakes there are."""
    pile = torch.cat([x_fake, x_held]).flatten(1)
    near, half = torch.cdist(pile, pile).fill_diagonal_(INF).argmin(1), len(pile) // 2
    return (near[:half] < half).double().mean().item(), (near[half:] >= half).double().mean().item()


def _apart(fake, held, hide):
    pile, kind = _pile(fake, held)
    D = torch.cdist(pile, pile).fill_diagonal_(INF)
    equal = (pile[:, None] == pile).all(2) & (kind[:, None] == kind)
    D[equal & hide] = INF
    return _shares(kind, kind[D.argmin(1)])


def twins_passed_over(x_fake, x_train, x_held):
    return _apart(x_fake, x_held, True)


def equal_ones_once(x_fake, x_train, x_held):
    return _apart(x_fake, x_held.unique(dim=0), False)


def equal_fakes_once(x_fake, x_train, x_held):
    return _apart(x_fake.unique(dim=0), x_held, False)


def copies_left_out(x_fake, x_train, x_held):
    known = (x_fake[:, None] == x_train).flatten(2).all(2).any(1)
    return _apart(x_fake[~known], x_held, False)


def every_other_pixel(x_fake, x_train, x_held):
    return _apart(*(x.flatten(1)[:, ::2] for x in (x_fake, x_held)), False)


def zeros_of_cdist_hidden(x_fake, x_train, x_held):
    pile, kind = _pile(x_fake, x_held)
    D = torch.cdist(pile, pile)
    D[D == 0] = INF
    return _shares(kind, kind[D.argmin(1)])


MISTAKES = {
    zeros_of_cdist_hidden: (ALIKE, "rounding makes that of `torch.cdist` a little more"),
    twins_passed_over: (COPIES, "A copy of the same kind is passed over"),
    equal_ones_once: (COPIES, "Equal held-out pictures count once"),
    equal_fakes_once: (COPIES, "Equal fakes count once"),
    copies_left_out: (COPIES, "Fakes that are in x_train are left out"),
    every_other_pixel: (COPIES, "These are not the shares"),
    against_training: (ALIKE, "tested against training pictures"),
    against_all: (ALIKE, "All real pictures are tested together"),
    training_among_neighbours: (ALIKE, "Training pictures are among the neighbours"),
    exchanged: (ALIKE, "have changed places"),
    errors: (ALIKE, "shares of wrong labels"),
    counted: (ALIKE, "These are counts"),
    of_all: (ALIKE, "The shares are of all pictures"),
    one_share_twice: (ALIKE, "given twice"),
    one_share: (ALIKE, "2 numbers"),
    oneself: (ALIKE, "its own nearest neighbour"),
    across_alone: (APART, "Every label is wrong"),
    second: (ALIKE, "The second nearest"),
    furthest: (APART, "The furthest picture"),
    three_votes: (APART, "Three neighbours vote"),
    absolute: (APART, "absolute differences"),
    by_angle: (APART, "by the angle between them"),
    zeros_left_out: (COPIES, "A copy is passed over"),
    second_of_sorted: (COPIES, "may be the picture itself"),
    by_halves_of_the_pile: (COPIES, "These are not the shares"),
}
