"""``python -m functorch_compat``, the same as ``functorch-compat``."""

import sys

from functorch_compat.cli import main

sys.exit(main())
