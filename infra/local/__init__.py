"""Real servers for one machine: Apache Kafka and PostgreSQL as private processes, without Docker.

For development, `make cluster` and tests. Every server listens on 127.0.0.1 only, keeps its files
in a folder of its own and is gone, with its folder, when its owner ends in whatever way.
"""
