"""The committed costs of operations, and what has moved."""

import dataclasses

# A share of what is committed, and the least difference that is one: not every request has each event, and answers may
# arrive, and commands to Redis leave, one by one or together.
TOLERANCES = {"instructions": (0.02, 1), "allocations": (0.02, 0.2), "system_calls": (0.1, 0.5),
              "statements": (0.02, 0.05), "rows": (0.02, 0.05), "bytes": (0.02, 1)}
HEADER = "# What a request of each operation costs; docs/regressions.md.\n"


@dataclasses.dataclass
class Cost:
    instructions: float = 0
    allocations: float = 0
    system_calls: float = 0
    statements: float = 0
    rows: float = 0
    bytes: float = 0


FIELDS = [field.name for field in dataclasses.fields(Cost)]


def read_costs(file):
    lines = [line.split("\t") for line in file.read_text().splitlines() if not line.startswith("#")]
    return {name: Cost(*map(float, figures)) for name, *figures in lines[1:]}


def write_costs(file, costs):
    lines = ["\t".join(["operation", *(field.replace("_", " ") for field in FIELDS)])]
    lines += ["\t".join([name, *(f"{getattr(cost, field):.10g}" for field in FIELDS)]) for name, cost in costs.items()]
    file.write_text(HEADER + "".join(f"{line}\n" for line in lines))


def differences(committed, measured):
    """A sentence for each figure that has moved, upwards or downwards."""
    found = []
    for name, cost in measured.items():
        if name not in committed:
            found.append(f"{name}: has no committed costs")
            continue
        for field in FIELDS:
            old, new = getattr(committed[name], field), getattr(cost, field)
            share, least = TOLERANCES[field]
            if abs(new - old) > max(share * old, least):
                moved = f", {new / old - 1:+.1%}" if old else ""
                found.append(f"{name}: {field.replace('_', ' ')} {old:,.10g} -> {new:,.10g}{moved}")
    found += [f"{name}: is not measured any more" for name in committed if name not in measured]
    return found
