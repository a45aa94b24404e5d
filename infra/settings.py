"""What a process is told from outside: `CASTMARK_*` variables, checked before anything starts.

A wrong value stops the start with the variable's name, what is wrong and what would be right; the
value itself is never repeated, because it may be a secret.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "CASTMARK_"
SERVICE = "{service}"
ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
DATABASES = ("sqlite:///", "postgresql+psycopg://")


class Misconfigured(ValueError):
    """The process must not start like this; the message says what to change."""


def _addresses(value: object) -> object:
    """`a:9092,b:9092` from the environment; a list from code."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _host_and_port(address: str) -> str:
    host_port = ADDRESS.fullmatch(address)
    if host_port is None or not 0 < int(host_port[1]) < 65_536:
        raise ValueError("each address is host:port")
    return address


def _database(url: str) -> str:
    if not url.startswith(DATABASES):
        raise ValueError(f"it starts with {' or '.join(DATABASES)}")
    return url


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it starts with https:// (or http://) and names a host")
    return url.rstrip("/")


def _key_address(url: str) -> str:
    """Who can change these bytes on their way can sign in as anybody."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("it starts with https:// (http:// only on this machine)")
    return url


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that host: 127.0.0.0/8, ::1 or localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Address = Annotated[str, AfterValidator(_host_and_port)]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
WebUrl = Annotated[str, AfterValidator(_web_address)]
KeyUrl = Annotated[str, AfterValidator(_web_address), AfterValidator(_key_address)]


class Settings(BaseSettings):
    """All settings of a process. Each description is the sentence shown when the value is wrong."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    environment: Literal["production", "development"] = Field(
        "production",
        validation_alias=f"{PREFIX}ENV",
        description="production or development; the development issuer exists only in the latter",
    )
    host: str = Field("127.0.0.1", description="the address to listen on, say 127.0.0.1")
    port: int = Field(8000, ge=1, le=65_535, description="a port from 1 to 65535")
    data: Path = Field(Path("var"), description="the folder for all that is kept on disk")
    database_url: DatabaseUrl | None = Field(
        None,
        repr=False,
        description="postgresql+psycopg://user:password@host/castmark_{service} or"
        " sqlite:///folder/{service}.sqlite; {service} becomes the service's name;"
        " unset = SQLite files in the data folder",
    )
    migration_database_url: DatabaseUrl | None = Field(
        None, repr=False, description="the same database, as the role that owns the tables"
    )
    log: Literal["embedded", "kafka"] = Field(
        "embedded", description="embedded (the stores, tailed) or kafka"
    )
    kafka_bootstrap: Annotated[list[Address], NoDecode, BeforeValidator(_addresses)] = Field(
        ["127.0.0.1:9092"], min_length=1, description="host:port, more of them after commas"
    )
    kafka_user: str | None = Field(
        None, min_length=1, description="a user that Kafka knows; unset = Kafka asks nobody's name"
    )
    kafka_password_file: Path | None = Field(
        None, description="a file that holds the password of that user, and nothing else"
    )
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="SCRAM-SHA-512, SCRAM-SHA-256, or PLAIN through TLS"
    )
    kafka_tls: bool = Field(False, description="true or false; whether Kafka speaks TLS")
    kafka_ca_file: Path | None = Field(
        None, description="certificates to trust Kafka's with; unset = the system's"
    )
    oidc_issuer: KeyUrl | None = Field(
        None, description="the `iss` of the tokens to accept, say https://login.example.org/asi"
    )
    jwks_url: KeyUrl | None = Field(
        None, description="where the issuer's keys are; unset = asked of the issuer's discovery"
    )
    audience: str = Field(
        "castmark", min_length=1, description="the `aud` that a token must be made for"
    )
    oidc_client_id: str | None = Field(
        None,
        min_length=1,
        description="the name by which the issuer knows the pages; unset = nobody signs in to them",
    )
    oidc_client_secret: str | None = Field(
        None,
        min_length=16,
        repr=False,
        description="the secret that the issuer gave that client, 16 characters or more",
    )
    oidc_scope: str = Field(
        "openid",
        pattern=r"^(?:[!#-\[\]-~]+ )*openid(?: [!#-\[\]-~]+)*$",
        description="openid, and the scopes besides by which the issuer puts `roles` and our"
        " audience into an access token, with spaces between",
    )
    simulated: bool = Field(
        False, description="true or false; stores created now may have their clock moved by hand"
    )
    membership_url: WebUrl | None = Field(None, description="where membership answers, https://...")
    audits_url: WebUrl | None = Field(None, description="where audits answers, https://...")
    ghg_url: WebUrl | None = Field(None, description="where greenhouse gases answer, https://...")
    certification_url: WebUrl | None = Field(
        None, description="where certification answers, https://..."
    )
    coc_url: WebUrl | None = Field(
        None, description="where the chain of custody answers, https://..."
    )
    feed_url: WebUrl | None = Field(None, description="where the public feed answers, https://...")
    portal_url: WebUrl | None = Field(None, description="where the portal answers, https://...")
    public_url: WebUrl | None = Field(
        None,
        description="what everybody reaches the pages by, https://...: QR codes on paper carry it;"
        " unset = where the portal answers",
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.jwks_url is not None and self.oidc_issuer is None:
            raise ValueError(f"{PREFIX}JWKS_URL needs {PREFIX}OIDC_ISSUER, whose keys they are")
        self._sign_in_agrees()
        if self.migration_database_url is not None and self.database_url is None:
            raise ValueError(f"{PREFIX}MIGRATION_DATABASE_URL needs {PREFIX}DATABASE_URL beside it")
        if (self.kafka_user is None) is not (self.kafka_password_file is None):
            raise ValueError(f"{PREFIX}KAFKA_USER and {PREFIX}KAFKA_PASSWORD_FILE need each other")
        if self.kafka_user is None and (self.kafka_tls or self.kafka_ca_file is not None):
            raise ValueError(f"{PREFIX}KAFKA_TLS and {PREFIX}KAFKA_CA_FILE need a KAFKA_USER")
        if self.kafka_mechanism == "PLAIN" and not self.kafka_tls:
            raise ValueError(f"{PREFIX}KAFKA_MECHANISM=PLAIN shows the password: use it with TLS")
        return self

    def _sign_in_agrees(self) -> None:
        if (self.oidc_client_id is None) is not (self.oidc_client_secret is None):
            both = f"{PREFIX}OIDC_CLIENT_ID and {PREFIX}OIDC_CLIENT_SECRET"
            raise ValueError(f"{both} need each other")
        if self.oidc_client_id is None:
            return
        if self.oidc_issuer is None:
            raise ValueError(f"{PREFIX}OIDC_CLIENT_ID needs {PREFIX}OIDC_ISSUER, which knows it")
        parts = urlsplit(self.public)
        if parts.path:
            raise ValueError(f"{PREFIX}PUBLIC_URL is a host without a path: pages begin at /")
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise ValueError(
                f"{PREFIX}PUBLIC_URL must be https://... where people sign in: whoever sees"
                " a session on its way could use it"
            )

    @property
    def here(self) -> str:
        """The address of this very process, which serves whatever has no address of its own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def url_of(
        self,
        part: Literal["membership", "audits", "ghg", "certification", "coc", "feed", "portal"],
    ) -> str:
        """Where another part of the platform answers: its own setting, else this process."""
        known: dict[str, str | None] = {
            "membership": self.membership_url,
            "audits": self.audits_url,
            "ghg": self.ghg_url,
            "certification": self.certification_url,
            "coc": self.coc_url,
            "feed": self.feed_url,
            "portal": self.portal_url,
        }
        return known[part] or self.here

    @property
    def public(self) -> str:
        """What everybody reaches the pages by: it is printed, and read years later."""
        return self.public_url or self.url_of("portal")

    def database_of(self, service: str) -> str:
        """The database URL of a service's own store."""
        if self.database_url is None:
            return f"sqlite:///{self.data / f'{service}.sqlite'}"
        return self.database_url.replace(SERVICE, service)

    def migration_database_of(self, service: str) -> str:
        """The same database as the owner of its tables (on SQLite there is one role for all)."""
        if self.migration_database_url is None:
            return self.database_of(service)
        return self.migration_database_url.replace(SERVICE, service)


def load_settings(**chosen: object) -> Settings:
    """Settings from the environment, where `chosen` ones do not stand before it.

    Raises Misconfigured with one line per wrong variable.
    """
    try:
        return Settings(**chosen)  # type: ignore[arg-type]  # the model itself judges each value
    except ValidationError as error:
        raise Misconfigured("\n".join(_sentence(fault) for fault in error.errors())) from None


def _sentence(fault: ErrorDetails) -> str:
    """`CASTMARK_PORT is wrong: ...; right would be: a port from 1 to 65535`."""
    message = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return message
    name = str(fault["loc"][0])
    for field, info in Settings.model_fields.items():
        if name in (field, info.validation_alias):
            variable = info.validation_alias or f"{PREFIX}{field.upper()}"
            return f"{variable} is wrong: {message}; right would be: {info.description}"
    return f"{name} is not a setting"
