"""Whether tests try all combinations, which takes too long for each change: `THOROUGH=1 pytest`, before a release."""

import os

THOROUGH = os.environ.get("THOROUGH") == "1"
