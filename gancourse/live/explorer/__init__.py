"""The latent explorer: `LatentExplorer` stands in `facade`.

`steering` knows where the learner is, `pictures` reads G, `page` answers what shows the explorer,
`view` is that in a page, and `export` writes files.
"""

from gancourse.live.explorer.facade import LatentExplorer

__all__ = ["LatentExplorer"]
