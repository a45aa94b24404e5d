"""How we sign in to a broker that asks who we are: SASL, with or without TLS, for each client.

Without a `Security` a client speaks plainly, as to the internal listener of a broker of ours.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from .settings import PREFIX, Misconfigured, Settings

FASTSTREAM = {
    "SCRAM-SHA-512": SASLScram512,
    "SCRAM-SHA-256": SASLScram256,
    "PLAIN": SASLPlaintext,
}


@dataclass(frozen=True, slots=True)
class Security:
    """A user, and whether what is said goes through TLS (`ca_file`: whose certificates count,
    where the system does not know them)."""

    user: str
    password: str = field(repr=False)
    mechanism: str = "SCRAM-SHA-512"
    tls: bool = False
    ca_file: Path | None = None

    @property
    def protocol(self) -> str:
        """Kafka's word for it."""
        return "SASL_SSL" if self.tls else "SASL_PLAINTEXT"


def security_of(settings: Settings) -> Security | None:
    """What the settings say; Misconfigured when the password cannot be read."""
    if settings.kafka_user is None or settings.kafka_password_file is None:
        return None
    try:
        password = settings.kafka_password_file.read_text().strip()
    except OSError as error:
        raise Misconfigured(
            f"{PREFIX}KAFKA_PASSWORD_FILE cannot be read: {error.strerror}; it holds the password"
            " of the Kafka user, and nothing else"
        ) from None
    return Security(
        settings.kafka_user,
        password,
        settings.kafka_mechanism,
        settings.kafka_tls,
        settings.kafka_ca_file,
    )


def librdkafka(security: Security | None) -> dict[str, str]:
    """Settings of confluent-kafka."""
    if security is None:
        return {}
    found = {
        "security.protocol": security.protocol,
        "sasl.mechanism": security.mechanism,
        "sasl.username": security.user,
        "sasl.password": security.password,
    }
    if security.ca_file is not None:
        found["ssl.ca.location"] = str(security.ca_file)
    return found


def kafka_python(security: Security | None) -> dict[str, Any]:
    """Settings of kafka-python."""
    if security is None:
        return {}
    return {
        "security_protocol": security.protocol,
        "sasl_mechanism": security.mechanism,
        "sasl_plain_username": security.user,
        "sasl_plain_password": security.password,
        "ssl_cafile": None if security.ca_file is None else str(security.ca_file),
    }


def faststream(security: Security | None) -> BaseSecurity | None:
    """FastStream's object for it."""
    if security is None:
        return None
    context = ssl.create_default_context(cafile=security.ca_file) if security.tls else None
    made: BaseSecurity = FASTSTREAM[security.mechanism](
        security.user, security.password, ssl_context=context
    )
    return made
