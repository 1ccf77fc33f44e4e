"""`python -m benchmarks`: measures what `make bench` promises, prints each figure beside its goal, and exits 1 when one is missed."""

import sys

from benchmarks import check_speed, jobs, load, load_several, simulate_speed, slack_ack, store_commits, timers, verify_speed

BENCHES = (check_speed.measure, verify_speed.measure, simulate_speed.measure, store_commits.measure, jobs.measure, slack_ack.measure)


def main() -> int:
    """Run every benchmark."""
    results = [measure() for measure in BENCHES] + timers.measure() + load.measure() + load_several.measure()
    for result in results:
        print(result)
    return 0 if all(result.is_met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
