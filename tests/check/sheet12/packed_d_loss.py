"""Packing: correct in several styles, and the classic mistakes."""

import torch
from torch.nn import functional as F
from torch.nn.functional import softplus


def _refuse(N, m):
    if N % m:
        raise ValueError(f"{N} samples make no whole packs of m = {m}: drop {N % m} of them.")


def _pack(x, m):
    _refuse(len(x), m)
    return x.reshape(len(x) // m, m * x.shape[1], *x.shape[2:])


def _loss(real, fake):
    return softplus(-real).mean() + softplus(fake).mean()


def _with(pack):
    def answer(D, x_real, x_fake, m):
        for x in (x_real, x_fake):
            _refuse(len(x), m)
        return _loss(D(pack(x_real, m)), D(pack(x_fake, m)))

    return answer


def reshaped(D, x_real, x_fake, m):
    return _loss(D(_pack(x_real, m)), D(_pack(x_fake, m)))


def strided(D, x_real, x_fake, m):
    return _with(lambda x, m: torch.cat([x[i::m] for i in range(m)], dim=1))(D, x_real, x_fake, m)


def stacked(D, x_real, x_fake, m):
    def pack(x, m):
        return torch.stack([torch.cat(list(part)) for part in x.split(m)])

    return _with(pack)(D, x_real, x_fake, m)


def flattened(D, x_real, x_fake, m):
    return _with(lambda x, m: x.unflatten(0, (-1, m)).flatten(1, 2))(D, x_real, x_fake, m)


def viewed(D, x_real, x_fake, m):
    _refuse(x_real.size(0), m)
    _refuse(x_fake.size(0), m)
    packed = [x.contiguous().view(-1, m * x.size(1), *x.size()[2:]) for x in (x_real, x_fake)]
    real, fake = map(D, packed)
    return F.binary_cross_entropy_with_logits(
        real, torch.ones_like(real)
    ) + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))


def by_logsigmoid(D, x_real, x_fake, m):
    real, fake = D(_pack(x_real, m)), D(_pack(x_fake, m))
    return -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()


def in_one_batch(D, x_real, x_fake, m):
    """Packs of both kinds in one batch: each pack is of one kind."""
    packs = torch.cat([_pack(x_real, m), _pack(x_fake, m)])
    real, fake = D(packs).split([len(x_real) // m, len(x_fake) // m])
    return _loss(real, fake)


def checked_by_division(D, x_real, x_fake, m):
    packed = []
    for x in (x_real, x_fake):
        packs, rest = divmod(len(x), m)
        if rest != 0:
            raise ValueError(f"m={m} does not divide the batch size {len(x)}")
        packed.append(torch.reshape(x, (packs, -1, *x.shape[2:])))
    real, fake = D(packed[0]), D(packed[1])
    zero = torch.zeros(())
    return torch.logaddexp(zero, -real).mean() + torch.logaddexp(zero, fake).mean()


def pack_by_pack(D, x_real, x_fake, m):
    total = 0.0
    for x, sign in ((x_real, -1), (x_fake, 1)):
        _refuse(len(x), m)
        for start in range(0, len(x), m):
            pack = torch.cat(tuple(x[start : start + m]), dim=0)[None]
            total = total + softplus(sign * D(pack)) * m / len(x)
    return total.squeeze()


def far_apart(D, x_real, x_fake, m):
    return _with(lambda x, m: torch.cat(x.chunk(m), 1))(D, x_real, x_fake, m)


def one_sample_m_times(D, x_real, x_fake, m):
    return _with(lambda x, m: torch.cat([x] * m, 1))(D, x_real, x_fake, m)


def first_m_times(D, x_real, x_fake, m):
    return _with(lambda x, m: torch.cat([x[::m]] * m, 1))(D, x_real, x_fake, m)


def alternating(D, x_real, x_fake, m):
    def pack(x, m):
        return x.unflatten(0, (-1, m)).transpose(1, 2).flatten(1, 2)

    return _with(pack)(D, x_real, x_fake, m)


def wrong_axis(D, x_real, x_fake, m):
    def pack(x, m):
        return x.reshape(m * x.shape[1], len(x) // m, *x.shape[2:]).transpose(0, 1)

    return _with(pack)(D, x_real, x_fake, m)


def overlapping(D, x_real, x_fake, m):
    return _with(lambda x, m: torch.cat([x.roll(-i, 0) for i in range(m)], 1))(D, x_real, x_fake, m)


def not_packed(D, x_real, x_fake, m):
    return _loss(D(x_real), D(x_fake))


def stacked_on_a_new_axis(D, x_real, x_fake, m):
    return _with(lambda x, m: x.unflatten(0, (-1, m)))(D, x_real, x_fake, m)


def labels_exchanged(D, x_real, x_fake, m):
    return _loss(D(_pack(x_fake, m)), D(_pack(x_real, m)))


def all_real(D, x_real, x_fake, m):
    return softplus(-D(_pack(x_real, m))).mean() + softplus(-D(_pack(x_fake, m))).mean()


def one_label_for_each_sample(D, x_real, x_fake, m):
    real, fake = (D(_pack(x, m)).repeat_interleave(m) for x in (x_real, x_fake))
    packs = len(x_real) // m
    return softplus(-real).sum() / packs + softplus(fake).sum() / packs


def over_samples(D, x_real, x_fake, m):
    real, fake = (D(_pack(x, m)) for x in (x_real, x_fake))
    return (softplus(-real).sum() + softplus(fake).sum()) / len(x_real)


def summed(D, x_real, x_fake, m):
    real, fake = (D(_pack(x, m)) for x in (x_real, x_fake))
    return softplus(-real).sum() + softplus(fake).sum()


def halved(D, x_real, x_fake, m):
    return reshaped(D, x_real, x_fake, m) / 2


def real_alone(D, x_real, x_fake, m):
    return softplus(-D(_pack(x_real, m))).mean()


def mixed(D, x_real, x_fake, m):
    both = torch.stack([x_real, x_fake], 1).flatten(0, 1)
    return softplus(-D(_pack(both, m))).mean()


def mixed_halves(D, x_real, x_fake, m):
    both = torch.stack([x_real, x_fake], 1).flatten(0, 1)
    logits = D(_pack(both, m))
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, 0.5))


def as_a_number(D, x_real, x_fake, m):
    return reshaped(D, x_real, x_fake, m).item()


def rest_dropped(D, x_real, x_fake, m):
    N = len(x_real) // m * m
    return reshaped(D, x_real[:N], x_fake[:N], m)


def left_to_pytorch(D, x_real, x_fake, m):
    real, fake = (D(x.reshape(-1, m * x.shape[1], *x.shape[2:])) for x in (x_real, x_fake))
    return _loss(real, fake)


def by_assert(D, x_real, x_fake, m):
    assert len(x_real) % m == 0, f"{len(x_real)} and {m}"
    return reshaped(D, x_real, x_fake, m)


def refused_without_numbers(D, x_real, x_fake, m):
    if len(x_real) % m:
        raise ValueError("bad batch")
    return reshaped(D, x_real, x_fake, m)


def left_in_evaluation(D, x_real, x_fake, m):
    D.eval()
    return reshaped(D, x_real, x_fake, m)


def by_probabilities(D, x_real, x_fake, m):
    real, fake = (torch.sigmoid(D(_pack(x, m))) for x in (x_real, x_fake))
    loss = F.binary_cross_entropy
    return loss(real, torch.ones_like(real)) + loss(fake, torch.zeros_like(fake))


class Indivisible(ValueError):
    pass


def by_an_error_of_its_own(D, x_real, x_fake, m):
    for x in (x_real, x_fake):
        if len(x) % m:
            raise Indivisible(f"N = {len(x)}, m = {m}")
    return reshaped(D, x_real, x_fake, m)


CORRECT = (
    reshaped, strided, stacked, flattened, viewed, by_logsigmoid, in_one_batch,
    checked_by_division, pack_by_pack, by_an_error_of_its_own,
)  # fmt: skip
POINTS, PICTURES, REFUSED = "packs of points", "packs of pictures", "a batch that does not divide"


def _packs(x, m):
    return x.reshape(len(x) // m, -1, *x.shape[2:])


def averaged_together(D, x_real, x_fake, m):
    """Twice the mean over all packs: right only where there are as many of each kind."""
    for x in (x_real, x_fake):
        if len(x) % m:
            raise ValueError(f"{m} does not divide {len(x)}")
    return 2 * softplus(torch.cat([-D(_packs(x_real, m)), D(_packs(x_fake, m))])).mean()


def real_alone_looked_at(D, x_real, x_fake, m):
    if len(x_real) % m:
        raise ValueError(f"{m} does not divide {len(x_real)}")
    x_fake = x_fake[: len(x_fake) // m * m]
    return softplus(-D(_packs(x_real, m))).mean() + softplus(D(_packs(x_fake, m))).mean()


def fakes_alone_looked_at(D, x_real, x_fake, m):
    if len(x_fake) % m:
        raise ValueError(f"{m} does not divide {len(x_fake)}")
    x_real = x_real[: len(x_real) // m * m]
    return softplus(-D(_packs(x_real, m))).mean() + softplus(D(_packs(x_fake, m))).mean()


def the_other_number_named(D, x_real, x_fake, m):
    if len(x_real) % m or len(x_fake) % m:
        raise ValueError(f"{m} does not divide {len(x_real)}")
    return softplus(-D(_packs(x_real, m))).mean() + softplus(D(_packs(x_fake, m))).mean()


def _padded(x, m):
    return torch.cat([x, x.new_zeros(max(0, m - len(x)), *x.shape[1:])])


def few_padded(D, x_real, x_fake, m):
    return reshaped(D, _padded(x_real, m), _padded(x_fake, m), m)


def pooled_where_single(D, x_real, x_fake, m):
    if m > 1:
        return reshaped(D, x_real, x_fake, m)
    return 2 * softplus(torch.cat([-D(x_real), D(x_fake)])).mean()


def sequences_turned(D, x_real, x_fake, m):
    x_real, x_fake = (x.flip(2) if x.dim() == 3 else x for x in (x_real, x_fake))
    return reshaped(D, x_real, x_fake, m)


def bounded(D, x_real, x_fake, m):
    return reshaped(lambda x: D(x).clamp(-50, 50), x_real, x_fake, m)


MISTAKES = {
    by_probabilities: (POINTS, "Where D is very sure"),
    far_apart: (POINTS, "N / m apart"),
    one_sample_m_times: (POINTS, "one sample m times"),
    first_m_times: (POINTS, "the first of its m samples"),
    alternating: (POINTS, "alternate in a pack"),
    wrong_axis: (POINTS, "cuts along the wrong axis"),
    overlapping: (POINTS, "Packs overlap"),
    not_packed: (POINTS, "D was given a batch that it does not take"),
    stacked_on_a_new_axis: (POINTS, "D was given a batch that it does not take"),
    labels_exchanged: (POINTS, "The labels have changed places"),
    all_real: (POINTS, "All packs count as real"),
    one_label_for_each_sample: (POINTS, "A pack counts m times"),
    over_samples: (POINTS, "divided by the number of samples"),
    summed: (POINTS, "are summed"),
    halved: (POINTS, "halves the loss"),
    real_alone: (POINTS, "Only the real packs count"),
    mixed: (POINTS, "Real and fake samples share a pack"),
    mixed_halves: (POINTS, "Real and fake samples share a pack"),
    as_a_number: (PICTURES, "No gradient of the loss"),
    rest_dropped: (REFUSED, "nothing is said"),
    left_to_pytorch: (REFUSED, "ends in "),
    by_assert: (REFUSED, "raise a ValueError"),
    refused_without_numbers: (REFUSED, "bad batch"),
    left_in_evaluation: (PICTURES, "another mode"),
    averaged_together: (POINTS, "Both kinds are averaged together, and doubled"),
    real_alone_looked_at: (REFUSED, "nothing is said"),
    fakes_alone_looked_at: (REFUSED, "nothing is said"),
    the_other_number_named: (REFUSED, "the number of that kind"),
    few_padded: (REFUSED, "made up"),
    pooled_where_single: (PICTURES, "Both kinds are averaged together, and"),
    sequences_turned: (PICTURES, "This is not the mean"),
    bounded: (POINTS, "Has a bound come in"),
}
