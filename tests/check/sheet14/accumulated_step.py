"""One step from several backward passes: correct in several styles, and the classic mistakes."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, softplus


def shares(D, opt, x, size):
    opt.zero_grad()
    loss = _added(D, x, size)
    opt.step()
    return loss


def weighted_means(D, opt, x, size):
    opt.zero_grad(set_to_none=True)
    total = torch.zeros(())
    for start in range(0, len(x), size):
        part = x[start : start + size]
        mean = softplus(-D(part)).mean()
        (mean * len(part) / len(x)).backward()
        total += mean.detach() * len(part)
    opt.step()
    return total / len(x)


def sums_then_divided(D, opt, x, size):
    """Gather the sums' gradients, and divide them before the step."""
    for p in D.parameters():
        p.grad = None
    losses = []
    for part in torch.split(x, size):
        loss = softplus(-D(part)).sum()
        loss.backward()
        losses.append(loss.item())
    for p in D.parameters():
        p.grad /= len(x)
    opt.step()
    return sum(losses) / len(x)


def with_cross_entropy(D, opt, x, size):
    D.zero_grad()
    loss = 0
    for part in x.split(size):
        logit = D(part)
        one = torch.ones_like(logit)
        part_loss = binary_cross_entropy_with_logits(logit, one, reduction="sum") / x.shape[0]
        part_loss.backward()
        loss = loss + part_loss.detach()
    opt.step()
    return loss


def along_the_slope(D, opt, x, size):
    """The slope of each logit by hand, given to backward."""
    opt.zero_grad()
    loss = 0.0
    for part in x.split(size):
        logit = D(part)
        logit.backward(-torch.sigmoid(-logit.detach()) / len(x))
        loss += softplus(-logit.detach()).sum().item() / len(x)
    opt.step()
    return torch.tensor(loss)


def own_buffer(D, opt, x, size):
    """Gradients by torch.autograd.grad, added up aside."""
    params = list(D.parameters())
    gathered = [torch.zeros_like(p) for p in params]
    loss = 0.0
    for part in x.split(size):
        share = -logsigmoid(D(part)).sum() / len(x)
        for total, g in zip(gathered, torch.autograd.grad(share, params), strict=True):
            total += g
        loss += float(share)
    for p, g in zip(params, gathered, strict=True):
        p.grad = g
    opt.step()
    return loss


def in_a_while_loop(D, opt, x, size):
    opt.zero_grad()
    n, rest, loss = len(x), x, 0.0
    while len(rest):
        part, rest = rest[:size], rest[size:]
        share = torch.log1p(torch.exp(-D(part))).sum().div(n)
        share.backward()
        loss += share.item()
    opt.step()
    opt.zero_grad()
    return loss


def from_the_end(D, opt, x, size):
    opt.zero_grad()
    parts = [x[i : i + size] for i in range(0, len(x), size)]
    values = []
    while parts:
        part = parts.pop()
        mean = softplus(-D(part)).mean()
        mean.mul(len(part)).div(len(x)).backward()
        values += [mean.item()] * len(part)
    opt.step()
    return sum(values) / len(values)


def by_a_closure(D, opt, x, size):
    def closure():
        opt.zero_grad()
        loss = torch.zeros(())
        for part in x.split(size):
            share = softplus(-D(part)).sum() / len(x)
            share.backward()
            loss += share.detach()
        return loss

    return opt.step(closure)


def valued_apart(D, opt, x, size):
    """The value of each part by a pass of its own, whose graph is dropped at once."""
    opt.zero_grad()
    total = 0.0
    for part in x.split(size):
        total += softplus(-D(part)).sum().item()
        (softplus(-D(part)).sum() / len(x)).backward()
    opt.step()
    return total / len(x)


def by_a_transform(D, opt, x, size):
    params = dict(D.named_parameters())
    gathered = {name: torch.zeros_like(p) for name, p in params.items()}

    def share(params, part):
        return softplus(-torch.func.functional_call(D, params, (part,))).sum() / len(x)

    total = 0.0
    for part in x.split(size):
        grads, value = torch.func.grad_and_value(share)(params, part)
        total += value.item()
        gathered = {name: g + grads[name] for name, g in gathered.items()}
    for name, p in params.items():
        p.grad = gathered[name].detach()
    opt.step()
    return total


def _step(D, opt, x, size, times=lambda part, x: len(part) / len(x), parts=None):
    """Return the loss of a step whose parts are weighed by `times`; the mistakes change a thing."""
    opt.zero_grad()
    loss = 0.0
    for part in parts or x.split(size):
        mean = softplus(-D(part)).mean()
        (times(part, x) * mean).backward()
        loss += len(part) / len(x) * mean.item()
    opt.step()
    return loss


def means_added(D, opt, x, size):
    return _step(D, opt, x, size, lambda part, x: 1.0)


def samples_summed(D, opt, x, size):
    return _step(D, opt, x, size, lambda part, x: len(part))


def divided_twice(D, opt, x, size):
    parts = len(x.split(size))
    return _step(D, opt, x, size, lambda part, x: len(part) / len(x) / parts)


def mean_divided_by_n(D, opt, x, size):
    return _step(D, opt, x, size, lambda part, x: 1 / len(x))


def all_parts_alike(D, opt, x, size):
    parts = len(x.split(size))
    return _step(D, opt, x, size, lambda part, x: 1 / parts)


def by_the_size(D, opt, x, size):
    return _step(D, opt, x, size, lambda part, x: size / len(x))


def rest_left_out(D, opt, x, size):
    whole = len(x) // size
    return _step(D, opt, x, size, lambda part, x: 1 / whole, [*x.split(size)][:whole])


def rest_left_out_of_the_sum(D, opt, x, size):
    whole = len(x) // size
    return _step(D, opt, x, size, parts=[*x.split(size)][:whole])


def first_part_alone(D, opt, x, size):
    return _step(D, opt, x, size, parts=[x[:size]])


def cleared_each_time(D, opt, x, size):
    loss = 0.0
    for part in x.split(size):
        opt.zero_grad()
        loss += _added(D, part, size) * len(part) / len(x)
    opt.step()
    return loss


def stepped_each_time(D, opt, x, size):
    return sum(_step(D, opt, part, size, lambda p, _: len(p) / len(x)) for part in x.split(size))


def small_batches(D, opt, x, size):
    return sum(shares(D, opt, part, size) * len(part) for part in x.split(size)) / len(x)


def climbs(D, opt, x, size):
    return _step(D, opt, x, size, lambda part, x: -len(part) / len(x))


def _added(D, x, size):
    loss = 0.0
    for part in x.split(size):
        share = softplus(-D(part)).sum() / len(x)
        share.backward()
        loss += share.item()
    return loss


def never_steps(D, opt, x, size):
    opt.zero_grad()
    return _added(D, x, size)


def fakes_loss(D, opt, x, size):
    return shares(lambda part: -D(part), opt, x, size)


def never_cleared(D, opt, x, size):
    loss = _added(D, x, size)
    opt.step()
    return loss


def one_backward_for_all(D, opt, x, size):
    opt.zero_grad()
    loss = sum(softplus(-D(part)).sum() for part in x.split(size)) / len(x)
    loss.backward()
    opt.step()
    return loss.detach()


def the_whole_batch(D, opt, x, size):
    return shares(D, opt, x, len(x))


def graphs_kept(D, opt, x, size):
    opt.zero_grad()
    losses = []
    for part in x.split(size):
        losses.append(softplus(-D(part)).sum() / len(x))
        losses[-1].backward(retain_graph=True)
    opt.step()
    return sum(losses).item()


def graphs_of_slopes_kept(D, opt, x, size):
    params, loss, grads = list(D.parameters()), 0.0, []
    for part in x.split(size):
        share = softplus(-D(part)).sum() / len(x)
        loss = loss + share
        grads.append(torch.autograd.grad(share, params, create_graph=True))
    for p, *each in zip(params, *grads, strict=True):
        p.grad = sum(each).detach()
    opt.step()
    return loss.item()


def valued_as_a_whole(D, opt, x, size):
    value = softplus(-D(x)).mean().item()
    shares(D, opt, x, size)
    return value


def numbered_as_a_whole(D, opt, x, size):
    value = torch.no_grad()(lambda: softplus(-D(x)).mean().item())()
    shares(D, opt, x, size)
    return value


def in_evaluation(D, opt, x, size):
    loss = shares(D.eval(), opt, x, size)
    D.train()
    return loss


def sample_by_sample(D, opt, x, size):
    return shares(D, opt, x, 1)


def last_loss(D, opt, x, size):
    last = softplus(-D(x.split(size)[-1])).mean().item()
    shares(D, opt, x, size)
    return last


def summed_means(D, opt, x, size):
    means = [softplus(-D(part)).mean().item() for part in x.split(size)]
    shares(D, opt, x, size)
    return sum(means)


def loss_after_the_step(D, opt, x, size):
    shares(D, opt, x, size)
    with torch.no_grad():
        return softplus(-D(x)).mean().item()


def no_loss(D, opt, x, size):
    shares(D, opt, x, size)


def left_in_evaluation(D, opt, x, size):
    return shares(D.eval(), opt, x, size)


def by_hand(D, opt, x, size):
    loss = never_steps(D, opt, x, size)
    with torch.no_grad():
        for p in D.parameters():
            p -= opt.param_groups[0]["lr"] * p.grad
    return loss


def by_a_new_optimiser(D, opt, x, size):
    return shares(D, torch.optim.SGD(D.parameters(), opt.param_groups[0]["lr"]), x, size)


def cleared_where_the_size_divides(D, opt, x, size):
    return never_cleared(D, opt, x, size) if len(x) % size else shares(D, opt, x, size)


def cleared_where_there_are_parts(D, opt, x, size):
    return shares(D, opt, x, size) if size < len(x) else never_cleared(D, opt, x, size)


CORRECT = (
    shares, weighted_means, sums_then_divided, with_cross_entropy, along_the_slope, own_buffer,
    in_a_while_loop, from_the_end, by_a_closure, valued_apart, by_a_transform,
)  # fmt: skip
WHOLE, REST, AFRESH = "equal parts", "a smaller last part", "old gradients"
MEMORY, LOSS = "one part at a time", "the loss"


def clipped(D, opt, x, size):
    """A threshold that is common in papers, which small gradients do not reach."""
    loss = never_steps(D, opt, x, size)
    torch.nn.utils.clip_grad_norm_(D.parameters(), 10.0)
    opt.step()
    return loss


def on_clamped_probabilities(D, opt, x, size):
    opt.zero_grad()
    loss = 0.0
    for part in x.split(size):
        share = -D(part).sigmoid().clamp(1e-7, 1 - 1e-7).log().sum() / len(x)
        share.backward()
        loss += share.item()
    opt.step()
    return loss


MISTAKES = {
    on_clamped_probabilities: (WHOLE, "Where D is sure and calls real samples fake"),
    means_added: (WHOLE, "The parts' means are added"),
    samples_summed: (WHOLE, "summed and not averaged"),
    divided_twice: (WHOLE, "too short"),
    mean_divided_by_n: (WHOLE, "it is a mean already"),
    first_part_alone: (WHOLE, "Only the first part counts"),
    cleared_each_time: (WHOLE, "Only the last part counts"),
    stepped_each_time: (WHOLE, "A step is taken for each part"),
    small_batches: (WHOLE, "training with smaller batches"),
    climbs: (WHOLE, "climbs"),
    never_steps: (WHOLE, "did not move"),
    fakes_loss: (WHOLE, "not by one step down its mean loss"),
    all_parts_alike: (REST, "as if all had as many samples"),
    by_the_size: (REST, "not by one step"),
    rest_left_out: (REST, "left out, and the others averaged"),
    rest_left_out_of_the_sum: (REST, "left out"),
    never_cleared: (AFRESH, "clear them before the first"),
    one_backward_for_all: (MEMORY, "kept at the same time"),
    the_whole_batch: (MEMORY, "kept at the same time"),
    graphs_kept: (MEMORY, "kept at the same time"),
    graphs_of_slopes_kept: (MEMORY, "kept at the same time"),
    valued_as_a_whole: (MEMORY, "kept at the same time"),
    numbered_as_a_whole: (MEMORY, "at once in a pass without gradients"),
    sample_by_sample: (MEMORY, "are of 1 and not of"),
    in_evaluation: (MEMORY, "in evaluation mode"),
    last_loss: (LOSS, "the loss of the last part"),
    summed_means: (LOSS, "the sum of the parts' means"),
    loss_after_the_step: (LOSS, "before its step"),
    no_loss: (LOSS, "None"),
    left_in_evaluation: (WHOLE, "another mode"),
    clipped: (WHOLE, "something holds them back, such as clipping"),
    by_hand: (WHOLE, "the optimiser that was given"),
    by_a_new_optimiser: (WHOLE, "the optimiser that was given"),
    cleared_where_the_size_divides: (AFRESH, "clear them before the first"),
    cleared_where_there_are_parts: (AFRESH, "clear them before the first"),
}
