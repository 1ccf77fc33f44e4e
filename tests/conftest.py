"""What holds for every test: no test fails because the machine is slow, and CI throws the same dice every time."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "firebreak",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("firebreak")
