"""`python -m gancourse` is the command `gancourse`."""

from gancourse.cli import main

main()
