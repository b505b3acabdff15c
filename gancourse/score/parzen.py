"""Likelihood by Parzen windows: a Gaussian on each sample. How GANs were scored in 2014. Lesson 11.

Its numbers say little: k-means centroids beat the data themselves (Theis et al. 2016).
"""

import math

import torch
from torch import Tensor

WIDTHS = torch.logspace(-1, 0, 10)
CHUNK = 500  # test images at a time: their distances to 10,000 samples are 20 MB


def log_likelihoods(x: Tensor, samples: Tensor, widths: Tensor) -> Tensor:
    """Return log p(x) [len(widths), N] of x [N, d], p a Gaussian of each width on each sample.

    log p(x) = logsumexp_s(-|x - s|^2 / 2 w^2) - log S - d log(w sqrt(2 pi)), in nats.
    """
    d = x.shape[1]
    centre = samples.mean(0)  # near 0, so that differences of squares keep their digits
    parts = []
    for part in (x - centre).split(CHUNK):
        square = torch.cdist(part, samples - centre, compute_mode="use_mm_for_euclid_dist")
        square = square.square_()
        found = [torch.logsumexp(-square / (2 * w**2), 1) for w in widths.tolist()]
        parts.append(torch.stack(found))
    constant = math.log(len(samples)) + d * (widths.log() + math.log(2 * math.pi) / 2)
    return torch.cat(parts, 1) - constant[:, None]


def score(samples: Tensor, valid: Tensor, test: Tensor) -> tuple[float, float, float]:
    """Return the mean log-likelihood of `test`, its standard error, and the width that was chosen.

    Samples [S, d], `valid` and `test` are in [0, 1]; the width of WIDTHS is that which does best
    on `valid`. Source: Goodfellow et al. 2014, arXiv 1406.2661, section 5, and its program.
    """
    width = WIDTHS[log_likelihoods(valid, samples, WIDTHS).mean(1).argmax()]
    found = log_likelihoods(test, samples, width[None])[0].double()
    return found.mean().item(), (found.std() / len(found) ** 0.5).item(), width.item()


def centroids(x: Tensor, k: int, seed: int = 0, epochs: int = 3) -> Tensor:
    """Return k means [k, d] of x [N, d] by mini-batches: blurred averages, no samples at all."""
    from sklearn.cluster import MiniBatchKMeans  # slow to import

    fitted = MiniBatchKMeans(
        k, init="random", n_init=1, max_iter=epochs, batch_size=4 * k, random_state=seed,
        max_no_improvement=None, reassignment_ratio=0.0,
    ).fit(x.numpy())  # fmt: skip
    return torch.from_numpy(fitted.cluster_centers_).float()
