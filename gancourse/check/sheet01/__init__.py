"""Sheet 01, the game: V from samples, its error, what moves G, and who moves first."""
