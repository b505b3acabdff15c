"""The real data: image sets as one tensor in memory, and toy distributions with exact densities."""

from gancourse.data.images import IMAGE_SETS, ImageSet, image_set, load_images
from gancourse.data.toys import TOYS, Toy, load_points, mixture

__all__ = [
    "IMAGE_SETS",
    "TOYS",
    "ImageSet",
    "Toy",
    "image_set",
    "load_images",
    "load_points",
    "mixture",
]
