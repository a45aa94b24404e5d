"""What every test gets: budgets, needs, one seed."""

pytest_plugins = [
    "pytester",
    "tests.plugins.budget",
    "tests.plugins.require",
    "tests.plugins.seeds",
    "tests.plugins.servers",
]
