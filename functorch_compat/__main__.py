"""Lets ``python -m functorch_compat`` do the same as ``functorch-compat``."""

import sys

from functorch_compat.cli import main

sys.exit(main())
