"""`python -m simulator`: write the steps of a synthetic world, or show what is in it.

python -m simulator --seed 7 --out steps.ndjson      one JSON object a line, in the order to send
python -m simulator --seed 7 --summary               a table of the world
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from .history import CertificateGranted, FacilityRegistered
from .inventories import all_steps
from .oracle import IN_FORCE, Oracle
from .rules import ONE_DAY, rules_of
from .world import AS_OF, World, world


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when all went well."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="the same seed, the same world")
    parser.add_argument("--members", type=int, default=389, help="memberships in force")
    parser.add_argument("--chinese", type=int, default=87, help="how many of them in China")
    parser.add_argument("--as-of", type=date.fromisoformat, default=AS_OF, help="the world's day")
    parser.add_argument("--policies", type=Path, help="take figures from DIR/*/policy/*.json")
    parser.add_argument("--out", type=Path, help="write the steps there, one JSON object a line")
    parser.add_argument("--summary", action="store_true", help="print a table of the world")
    chosen = parser.parse_args(arguments)
    if chosen.out is None and not chosen.summary:
        parser.error("nothing to do: give --out FILE, --summary, or both")
    rules = rules_of(chosen.policies) if chosen.policies else None
    try:
        made = world(chosen.seed, chosen.members, chosen.chinese, chosen.as_of, rules)
    except ValueError as error:
        parser.error(str(error))
    if chosen.out is not None:
        with chosen.out.open("w", encoding="ascii") as file:
            file.writelines(step.line() + "\n" for step in all_steps(made))
    if chosen.summary:
        print(summary(made))
    return 0


def summary(made: World) -> str:
    """The world in numbers, as its oracle sees it at the end of its day."""
    oracle = Oracle(made.entries, made.rules)
    state = oracle.state(made.as_of + ONE_DAY, made.as_of)
    members = state["members"]
    countries = {name: seat.country for name, seat in made.members.items()}
    classes = {name: seat.membership_class.value for name, seat in made.members.items()}
    in_force = [name for name, shown in members.items() if shown["status"] in IN_FORCE]
    sites = Counter(
        entry.member_id for entry in made.entries if isinstance(entry, FacilityRegistered)
    )
    granted = sum(isinstance(entry, CertificateGranted) for entry in made.entries)
    rows: list[tuple[str, object]] = [
        ("synthetic world of seed", made.seed),
        ("as of", made.as_of),
        ("told since", made.first_day),
        ("members in force", len(in_force)),
        ("  of them in China", sum(countries[name] == "CN" for name in in_force)),
        ("  by class when they joined", _counts(classes[name] for name in in_force)),
        ("all, by status", _counts(str(shown["status"]) for shown in members.values())),
        (
            "certification of those in force",
            _counts(str(members[name]["certification"]) for name in in_force),
        ),
        ("facilities", sum(sites.values())),
        ("  in the largest group", max(sites.values(), default=0)),
        ("certificates granted", granted),
        (
            "open deadlines",
            _counts(
                deadline.kind for deadline in oracle.deadlines(made.as_of + ONE_DAY, made.as_of)
            ),
        ),
        ("steps", sum(1 for _ in all_steps(made))),
    ]
    return "\n".join(f"{name:<34} {value}" for name, value in rows)


def _counts(values: Iterable[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(values).most_common())


if __name__ == "__main__":
    sys.exit(main())
