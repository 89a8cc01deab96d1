"""``python -m ioc``: the same as the ``ioc`` script, for whoever knows the interpreter but not the path."""

from ioc.cli import main

main()
