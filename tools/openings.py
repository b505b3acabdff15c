"""Look for the seed with which the latent explorer opens on a shipped generator.

    python tools/openings.py mnist --seeds 300

A seed is a plane of latent space. Its 49 pictures are classified by the ruler; what counts is the
number of classes with at least two pictures of which it is at least 90 % sure, then how many it is
so sure of; the middle one must be at least 95 % sure. The best few are looked at: `OPENINGS` in the
explorer keeps the most beautiful.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gancourse import nets, score
from gancourse.live.explorer.pictures import MAP, MIDDLES
from gancourse.maths import latent

SURE, CENTRE = 0.9, 0.95


def judged(G, ruler, seed: int) -> tuple[int, float, float]:
    """Return a plane's number of classes, its share of sure pictures, how sure its middle is."""
    pictures = latent.images_of(G, latent.random_plane(G.z_dim, seed).grid(MAP, MIDDLES))
    sure, kind = score.classify(ruler, pictures.float()).softmax(1).max(1)
    kinds = (kind[sure > SURE].bincount() >= 2).sum().item()
    return kinds, (sure > SURE).float().mean().item(), sure[len(sure) // 2].item()


def main(argv: list[str] | None = None) -> int:
    """Print the best seeds, the best one first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=("mnist", "fashion"))
    parser.add_argument("--seeds", type=int, default=300)
    options = parser.parse_args(argv)
    G, ruler = nets.load_shipped(options.data), score.load_ruler(options.data)
    found = [(*judged(G, ruler, seed), seed) for seed in range(options.seeds)]
    for kinds, share, centre, seed in sorted(f for f in found if f[2] > CENTRE)[:-6:-1]:
        print(f"seed {seed}: {kinds} classes, {share:.0%} sure, the middle {centre:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
