"""`python -m ffkeras` is the command `ffkeras`."""

from ffkeras.commands import main

main()
