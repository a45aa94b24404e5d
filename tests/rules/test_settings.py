"""Settings: what may be said, what is said when it is wrong."""

from pathlib import Path

import pytest
from faststream.kafka.security import parse_security

from infra.kafka_security import Security, faststream, kafka_python, librdkafka, security_of
from infra.settings import Misconfigured, Settings, is_loopback, load_settings

PASSWORD = "hunter2"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without settings of ours."""
    for field in Settings.model_fields:
        monkeypatch.delenv(f"CASTMARK_{field.upper()}", raising=False)
    monkeypatch.delenv("CASTMARK_ENV", raising=False)


def test_without_any_variable_it_is_production_on_this_machine() -> None:
    settings = load_settings()
    assert (settings.environment, settings.host, settings.port) == ("production", "127.0.0.1", 8000)
    assert settings.database_of("membership") == "sqlite:///var/membership.sqlite"
    assert settings.migration_database_of("membership") == "sqlite:///var/membership.sqlite"
    assert settings.log == "embedded"


def test_variables_are_read_and_chosen_values_stand_before_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CASTMARK_ENV", "development")
    monkeypatch.setenv("CASTMARK_PORT", "9000")
    monkeypatch.setenv("CASTMARK_DATA", "elsewhere")
    monkeypatch.setenv("CASTMARK_LOG", "")  # empty is unset
    settings = load_settings(port=9001)
    assert (settings.environment, settings.port, settings.log) == ("development", 9001, "embedded")
    assert settings.data == Path("elsewhere")


def test_kafka_addresses_are_a_list_and_never_one_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASTMARK_KAFKA_BOOTSTRAP", "a:9092, b.example.org:9093,[::1]:9094,")
    assert load_settings().kafka_bootstrap == ["a:9092", "b.example.org:9093", "[::1]:9094"]
    assert load_settings(kafka_bootstrap=["c:1"]).kafka_bootstrap == ["c:1"]


def test_one_url_serves_every_service() -> None:
    settings = load_settings(
        database_url="postgresql+psycopg://app@db/castmark_{service}",
        migration_database_url="postgresql+psycopg://owner@db/castmark_{service}",
    )
    assert settings.database_of("audits") == "postgresql+psycopg://app@db/castmark_audits"
    assert (
        settings.migration_database_of("audits") == "postgresql+psycopg://owner@db/castmark_audits"
    )


def test_parts_are_found_where_they_are_said_to_be() -> None:
    settings = load_settings(membership_url="https://m.example.org/", host="::1", port=81)
    assert settings.url_of("membership") == "https://m.example.org"
    assert settings.url_of("portal") == "http://[::1]:81"


def test_what_paper_carries_is_where_the_portal_answers_unless_it_is_said_otherwise() -> None:
    assert load_settings(portal_url="https://p.example.org").public == "https://p.example.org"
    said = load_settings(portal_url="https://p.example.org", public_url="https://asi.example.org/")
    assert said.public == "https://asi.example.org"


@pytest.mark.parametrize(
    ("variable", "value", "right"),
    [
        ("CASTMARK_ENV", "staging", "production or development"),
        ("CASTMARK_PORT", "http", "a port from 1 to 65535"),
        ("CASTMARK_PORT", "70000", "a port from 1 to 65535"),
        ("CASTMARK_LOG", "rabbit", "embedded (the stores, tailed) or kafka"),
        ("CASTMARK_KAFKA_BOOTSTRAP", "a", "host:port"),
        ("CASTMARK_KAFKA_BOOTSTRAP", "a:9092;b:9092", "host:port"),
        ("CASTMARK_KAFKA_BOOTSTRAP", ",", "host:port"),
        ("CASTMARK_DATABASE_URL", f"postgresql://u:{PASSWORD}@db/x", "postgresql+psycopg://"),
        ("CASTMARK_DATABASE_URL", f"mysql://u:{PASSWORD}@db/x", "postgresql+psycopg://"),
        ("CASTMARK_OIDC_ISSUER", "login.example.org", "https://"),
        ("CASTMARK_OIDC_ISSUER", "http://login.example.org", "https://"),
        ("CASTMARK_SIMULATED", "perhaps", "true or false"),
        ("CASTMARK_FEED_URL", "ftp://x", "https://"),
    ],
)
def test_a_wrong_value_is_told_by_name_and_never_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, right: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Misconfigured) as wrong:
        load_settings()
    message = str(wrong.value)
    assert message.startswith(f"{variable} is wrong: ")
    assert right in message
    assert PASSWORD not in message
    assert wrong.value.__cause__ is None


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASTMARK_PORT", "x")
    monkeypatch.setenv("CASTMARK_LOG", "x")
    with pytest.raises(Misconfigured) as wrong:
        load_settings()
    assert len(str(wrong.value).splitlines()) == 2


def test_settings_that_need_each_other_say_so() -> None:
    with pytest.raises(Misconfigured, match="CASTMARK_JWKS_URL needs CASTMARK_OIDC_ISSUER"):
        load_settings(jwks_url="https://login.example.org/keys")
    with pytest.raises(Misconfigured, match="needs CASTMARK_DATABASE_URL"):
        load_settings(migration_database_url="sqlite:///x")
    with pytest.raises(Misconfigured, match="prot is not a setting"):
        load_settings(prot=1)


SIGN_IN = {
    "oidc_issuer": "https://login.example.org/asi",
    "oidc_client_id": "pages",
    "oidc_client_secret": "a secret that is long enough",
    "public_url": "https://castmark.example.org",
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"oidc_client_secret": None}, "need each other"),
        ({"oidc_client_id": None}, "need each other"),
        ({"oidc_issuer": None}, "OIDC_CLIENT_ID needs CASTMARK_OIDC_ISSUER"),
        ({"oidc_client_secret": "short"}, "16 characters or more"),
        ({"public_url": "http://castmark.example.org"}, "PUBLIC_URL must be https"),
        ({"public_url": None, "host": "0.0.0.0"}, "PUBLIC_URL must be https"),
        ({"public_url": "https://example.org/castmark"}, "without a path"),
        ({"oidc_scope": "profile"}, "OIDC_SCOPE is wrong"),
    ],
)
def test_signing_in_to_the_pages_is_said_whole(changes: dict[str, object], sentence: str) -> None:
    settings = load_settings(**SIGN_IN, oidc_scope="profile openid api://castmark/.default")
    assert str(SIGN_IN["oidc_client_secret"]) not in repr(settings)
    assert load_settings(**{**SIGN_IN, "public_url": None}).public == "http://127.0.0.1:8000"
    with pytest.raises(Misconfigured, match=sentence) as wrong:
        load_settings(**{**SIGN_IN, **changes})
    assert "long enough" not in str(wrong.value)


def test_a_password_is_not_shown_with_the_settings() -> None:
    url = f"postgresql+psycopg://u:{PASSWORD}@db/x"
    assert PASSWORD not in repr(load_settings(database_url=url, migration_database_url=url))


def test_an_issuer_on_this_machine_may_do_without_https() -> None:
    assert load_settings(oidc_issuer="http://127.0.0.1:8080/r/").oidc_issuer == (
        "http://127.0.0.1:8080/r"
    )
    for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost"):
        assert is_loopback(host)
    for host in ("0.0.0.0", "10.0.0.1", "::", "example.org", "127.0.0.1.example.org", ""):
        assert not is_loopback(host)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"kafka_user": "castmark"}, "need each other"),
        ({"kafka_password_file": "secret"}, "need each other"),
        ({"kafka_tls": True}, "need a KAFKA_USER"),
        ({"kafka_ca_file": "ca.pem"}, "need a KAFKA_USER"),
        (
            {"kafka_user": "a", "kafka_password_file": "b", "kafka_mechanism": "PLAIN"},
            "use it with TLS",
        ),
        ({"kafka_mechanism": "GUESS"}, "CASTMARK_KAFKA_MECHANISM is wrong"),
    ],
)
def test_how_kafka_is_signed_in_to_is_said_whole(chosen: dict[str, object], sentence: str) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        load_settings(**chosen)


def test_every_kafka_client_is_told_the_same(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    assert security_of(load_settings()) is None
    assert (librdkafka(None), kafka_python(None), faststream(None)) == ({}, {}, None)
    security = security_of(
        load_settings(kafka_user="castmark", kafka_password_file=file, kafka_tls=True)
    )
    assert security == Security("castmark", PASSWORD, tls=True)
    assert PASSWORD not in repr(security)
    assert librdkafka(security) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "castmark",
        "sasl.password": PASSWORD,
    }
    theirs = kafka_python(security)
    assert (theirs["security_protocol"], theirs["sasl_plain_password"]) == ("SASL_SSL", PASSWORD)
    made = parse_security(faststream(security))
    assert (made["security_protocol"], made["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    with pytest.raises(Misconfigured, match="KAFKA_PASSWORD_FILE cannot be read"):
        security_of(load_settings(kafka_user="castmark", kafka_password_file=tmp_path / "none"))
