"""The indices that a rank reads: correct in several styles, and the classic mistakes."""

import hashlib
import random
from itertools import cycle, islice

import numpy as np
import torch


def dealt_out(n, rank, world, seed, epoch):
    order = np.random.default_rng((seed, epoch)).permutation(n).tolist()
    order += order[: -n % world]
    return order[rank::world]


def in_blocks(n, rank, world, seed, epoch):
    rng = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    order = torch.randperm(n, generator=rng)
    length = (n + world - 1) // world
    order = torch.cat([order, order[: length * world - n]])
    return order[rank * length : (rank + 1) * length]


def by_bits(n, rank, world, seed, epoch):
    rng = torch.Generator().manual_seed((seed << 20) | epoch)
    order = torch.randperm(n, generator=rng).tolist()
    return [order[i % n] for i in range(rank, n + -n % world, world)]


def as_a_table(n, rank, world, seed, epoch):
    rng = torch.Generator().manual_seed(seed + 7919 * epoch)
    length = -(-n // world)
    order = torch.randperm(n, generator=rng).repeat(2)[: length * world]
    return order.view(length, world)[:, rank].tolist()


def by_pythons_own(n, rank, world, seed, epoch):
    order = list(range(n))
    random.Random(f"{seed}, {epoch}").shuffle(order)
    while len(order) % world:
        order.append(order[len(order) - n])
    return order[rank::world]


def by_a_hash(n, rank, world, seed, epoch):
    def key(i):
        return hashlib.sha256(f"{seed}/{epoch}/{i}".encode()).digest()

    order = sorted(range(n), key=key)
    return list(islice(cycle(order), rank, -(-n // world) * world, world))


def by_noise(n, rank, world, seed, epoch):
    noise = np.random.default_rng([epoch, seed]).random(n)
    order = noise.argsort()
    order = np.resize(order, -(-n // world) * world)
    return order[rank::world]


def modulo(n, rank, world, seed, epoch):
    order = random.Random(seed * 100_003 + epoch).sample(range(n), n)
    return [order[i % n] for i in range(rank, -(-n // world) * world, world)]


def padded_from_the_end(n, rank, world, seed, epoch):
    order = np.random.default_rng((seed, epoch)).permutation(n)
    extra = -n % world
    order = np.concatenate([order, order[n - extra :]])
    return tuple(int(i) for i in np.split(order, world)[rank])


def after_a_state_of_its_own(n, rank, world, seed, epoch):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(epoch + 1):
            order = torch.randperm(n)
    return [*order, *order[: -n % world]][rank::world]


def _order(n, *seeds):
    return np.random.default_rng(seeds).permutation(n).tolist()


def _padded(order, world):
    return order + order[: -len(order) % world]


def the_rank_in_the_seed(n, rank, world, seed, epoch):
    return _padded(_order(n, seed, epoch, rank), world)[rank::world]


def everything(n, rank, world, seed, epoch):
    return _order(n, seed, epoch)


def end_cut_off(n, rank, world, seed, epoch):
    return _order(n, seed, epoch)[: n - n % world][rank::world]


def the_last_again_and_again(n, rank, world, seed, epoch):
    order = _order(n, seed, epoch)
    return (order + order[-1:] * (-n % world))[rank::world]


def from_one(n, rank, world, seed, epoch):
    return [i + 1 for i in dealt_out(n, rank, world, seed, epoch)]


def next_door_as_well(n, rank, world, seed, epoch):
    order = _padded(_order(n, seed, epoch), world)
    length = len(order) // world
    return (order * 2)[rank * length : rank * length + length + 1]


def first_half(n, rank, world, seed, epoch):
    shard = dealt_out(n, rank, world, seed, epoch)
    return shard[: len(shard) // 2]


def unequal(n, rank, world, seed, epoch):
    return _order(n, seed, epoch)[rank::world]


def unequal_blocks(n, rank, world, seed, epoch):
    return np.array_split(_order(n, seed, epoch), world)[rank].tolist()


def one_too_many(n, rank, world, seed, epoch):
    order = _order(n, seed, epoch)
    order += order[: world - n % world] if n % world else []
    return (order + order[: world * bool(n % world)])[rank::world]


def not_shuffled(n, rank, world, seed, epoch):
    return _padded(list(range(n)), world)[rank::world]


def only_turned(n, rank, world, seed, epoch):
    order = [(i + seed + epoch) % n for i in range(n)]
    return _padded(order, world)[rank::world]


def no_epoch(n, rank, world, seed, epoch):
    return dealt_out(n, rank, world, seed, 0)


def no_seed(n, rank, world, seed, epoch):
    return dealt_out(n, rank, world, 0, epoch)


def seed_times_epoch(n, rank, world, seed, epoch):
    return dealt_out(n, rank, world, seed * epoch, 0)


def shuffled_within_the_shard(n, rank, world, seed, epoch):
    shard = not_shuffled(n, rank, world, seed, epoch)
    return [shard[i] for i in _order(len(shard), seed, epoch)]


def from_the_global_state(n, rank, world, seed, epoch):
    order = np.random.permutation(n).tolist()  # noqa: NPY002
    return _padded(order, world)[rank::world]


def seeds_the_global_state(n, rank, world, seed, epoch):
    torch.manual_seed(seed * 1_000_003 + epoch)
    return _padded(torch.randperm(n).tolist(), world)[rank::world]


def seeds_pythons_state(n, rank, world, seed, epoch):
    random.seed(f"{seed}/{epoch}")
    return _padded(random.sample(range(n), n), world)[rank::world]


def torchs_own(n, rank, world, seed, epoch):
    sampler = torch.utils.data.DistributedSampler(range(n), world, rank, seed=seed)
    sampler.set_epoch(epoch)
    return list(sampler)


def floats(n, rank, world, seed, epoch):
    return [float(i) for i in dealt_out(n, rank, world, seed, epoch)]


def _of_the_seed(n, world, seed, change):
    """Return the whole order, one for all epochs but for what `change` makes of it."""
    return _padded(change(_order(n, seed)), world)


def moved_on(n, rank, world, seed, epoch):
    return _of_the_seed(n, world, seed, lambda o: np.roll(o, epoch).tolist())[rank::world]


def moved_on_in_blocks(n, rank, world, seed, epoch):
    order = _of_the_seed(n, world, seed, lambda o: np.roll(o, epoch).tolist())
    length = len(order) // world
    return order[rank * length : (rank + 1) * length]


def counted_on(n, rank, world, seed, epoch):
    return _of_the_seed(n, world, seed, lambda o: [(i + epoch) % n for i in o])[rank::world]


def turned_round(n, rank, world, seed, epoch):
    return _of_the_seed(n, world, seed, lambda o: o[:: (-1) ** epoch])[rank::world]


def dealt_to_other_ranks(n, rank, world, seed, epoch):
    return _of_the_seed(n, world, seed, lambda o: o)[(rank + epoch) % world :: world]


def every_second_epoch_alike(n, rank, world, seed, epoch):
    return dealt_out(n, rank, world, seed, epoch % 2)


def every_tenth_epoch_alike(n, rank, world, seed, epoch):
    return dealt_out(n, rank, world, seed, epoch % 10)


def blocks_of_four(n, rank, world, seed, epoch):
    blocks = _order(-(-n // 4), seed, epoch)
    order = [i for b in blocks for i in range(4 * b, min(n, 4 * b + 4))]
    return _padded(order, world)[rank::world]


def sorted_again(n, rank, world, seed, epoch):
    return sorted(dealt_out(n, rank, world, seed, epoch))


def the_world_in_the_seed(n, rank, world, seed, epoch):
    return _padded(_order(n, seed, epoch, world), world)[rank::world]


def halves_apart(n, rank, world, seed, epoch):
    low, high = _order(n // 2, seed, epoch), _order(n - n // 2, seed, epoch)
    return _padded(low + [n // 2 + i for i in high], world)[rank::world]


def alone_not_shuffled(n, rank, world, seed, epoch):
    return [*range(n)] if world == 1 else dealt_out(n, rank, world, seed, epoch)


def one_each_not_shuffled(n, rank, world, seed, epoch):
    return [rank] if world == n else dealt_out(n, rank, world, seed, epoch)


def seeds_of_a_byte(n, rank, world, seed, epoch):
    return dealt_out(n, rank, world, seed % 256, epoch)


def eight_orders(n, rank, world, seed, epoch):
    return dealt_out(n, rank, world, seed, epoch % 8)


def seeded_back(n, rank, world, seed, epoch):
    """Going back to the seed rewinds what was drawn since."""
    first = torch.initial_seed()
    torch.manual_seed(seed * 1_000_003 + epoch)
    order = torch.randperm(n).tolist()
    torch.manual_seed(first)
    return _padded(order, world)[rank::world]


def hash_of_a_text(n, rank, world, seed, epoch):
    order = list(range(n))
    random.Random(hash(f"{seed}/{epoch}")).shuffle(order)
    return _padded(order, world)[rank::world]


def filled_by_each_rank(n, rank, world, seed, epoch):
    order, length = _order(n, seed, epoch), -(-n // world)
    return (order[rank * length : (rank + 1) * length] + order)[:length]


def hash_of_numbers(n, rank, world, seed, epoch):
    """Python salts the hash of texts alone; the global state is given back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(hash((seed, epoch)) % 2**63)
        order = torch.randperm(n).tolist()
    return _padded(order, world)[rank::world]


CORRECT = (
    dealt_out, in_blocks, as_a_table, by_pythons_own, by_a_hash, by_noise, modulo,
    padded_from_the_end, after_a_state_of_its_own, hash_of_numbers, by_bits,
)  # fmt: skip
WHOLE, EQUAL = "all indices", "equal lengths"
SHUFFLED, ALONE = "shuffled by seed and epoch", "the global random states"
MISTAKES = {
    sorted_again: (SHUFFLED, "rising or falling order"),
    the_rank_in_the_seed: (WHOLE, "an order of its own"),
    everything: (WHOLE, "All ranks read the same"),
    end_cut_off: (WHOLE, "the end of the order is cut off"),
    the_last_again_and_again: (WHOLE, "times by"),
    from_one: (WHOLE, "is no index of"),
    next_door_as_well: (WHOLE, "times by"),
    first_half: (WHOLE, "are not read"),
    from_the_global_state: (WHOLE, "without the global random state"),
    floats: (WHOLE, "a list of whole numbers"),
    torchs_own: (WHOLE, "DistributedSampler"),
    unequal: (EQUAL, "waits for gradients"),
    unequal_blocks: (EQUAL, "waits for gradients"),
    one_too_many: (EQUAL, "enough and needed"),
    not_shuffled: (SHUFFLED, "not shuffled"),
    only_turned: (SHUFFLED, "not shuffled"),
    no_epoch: (SHUFFLED, "the same for epochs"),
    no_seed: (SHUFFLED, "the same for seeds"),
    seed_times_epoch: (SHUFFLED, "the same for epochs"),
    moved_on: (SHUFFLED, "one and the same"),
    moved_on_in_blocks: (SHUFFLED, "one and the same"),
    counted_on: (SHUFFLED, "one and the same"),
    turned_round: (SHUFFLED, "one and the same"),
    dealt_to_other_ranks: (SHUFFLED, "one and the same"),
    every_second_epoch_alike: (SHUFFLED, "the same for epochs"),
    every_tenth_epoch_alike: (SHUFFLED, "the same for epochs"),
    shuffled_within_the_shard: (SHUFFLED, "shuffle all n first"),
    seeds_the_global_state: (ALONE, "global random state has changed"),
    seeds_pythons_state: (ALONE, "global random state has changed"),
    seeded_back: (ALONE, "global random state has changed"),
    hash_of_a_text: (WHOLE, "Python salts the hash() of a text"),
    filled_by_each_rank: (WHOLE, "is read 3 times"),
    blocks_of_four: (SHUFFLED, "Only blocks"),
    the_world_in_the_seed: (SHUFFLED, "and not from world"),
    halves_apart: (SHUFFLED, "only pieces are shuffled"),
    alone_not_shuffled: (SHUFFLED, "when one rank reads alone"),
    one_each_not_shuffled: (SHUFFLED, "one index alone"),
    seeds_of_a_byte: (SHUFFLED, "seeds when one rank"),
    eight_orders: (SHUFFLED, "epochs when one rank"),
}
