"""A running Grafana: where it is, who we are there, and its errors as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from grafana_api.grafana_api import (
    GrafanaClientError,
    GrafanaException,
    GrafanaServerError,
    GrafanaUnauthorizedError,
)
from grafana_api.grafana_face import GrafanaFace

from infra.config.secrets import read_secret
from infra.config.settings import Settings
from operators.core.errors import TerminalError

ANSWER_S: Final = 15.0
ANSWER_BYTES: Final = 16 * 1024 * 1024
"""Longest answer that is read: a dashboard has some 40 KB."""
NOT_FOUND: Final = 404
CONFLICT: Final = 409
CHANGED: Final = 412
_FORBIDDEN: Final = 403
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class GrafanaError(TerminalError):
    """Grafana is not there, or it refused; the message says what to do."""


def connect(settings: Settings) -> GrafanaFace:
    """A client of the Grafana that the settings name. Nothing is asked yet.

    Raises:
        GrafanaError: There is no address or no token.
        TerminalError: The file of the token cannot be read, or others can read it.
    """
    if settings.grafana_url is None:
        raise GrafanaError("Where is Grafana? Set TUTTI_GRAFANA_URL, as https://host:3000.")
    url = urlsplit(settings.grafana_url)
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    client = GrafanaFace(
        _token(settings),
        host=host,
        port=url.port,
        url_path_prefix=url.path.strip("/") + "/" if url.path.strip("/") else "",
        protocol=url.scheme,
        verify=str(settings.grafana_ca_file) if settings.grafana_ca_file else True,
        timeout=ANSWER_S,
    )
    session: requests.Session = client.api.s
    session.max_redirects = 0
    session.hooks["response"].append(_bounded)
    if url.hostname in _LOOPBACK:
        session.trust_env = False  # never through a proxy
    return client


def _token(settings: Settings) -> str:
    if settings.grafana_token_file is not None:
        token = read_secret(settings.grafana_token_file, "TUTTI_GRAFANA_TOKEN_FILE")
    elif settings.grafana_token is not None:
        token = settings.grafana_token.get_secret_value().strip()
    else:
        raise GrafanaError(
            "Grafana asks for a token: make a service account with the role Admin, put its token"
            " into a file with mode 0600, and set TUTTI_GRAFANA_TOKEN_FILE."
        )
    if not token or not (token.isascii() and token.isprintable()) or " " in token:
        raise GrafanaError("The token of Grafana must be one word of ASCII characters.")
    return token


def _bounded(response: requests.Response, **_: Any) -> requests.Response:
    """Read no more of an answer than it may have."""
    body = response.raw.read(ANSWER_BYTES + 1, decode_content=True)
    if len(body) > ANSWER_BYTES:
        raise requests.exceptions.ContentDecodingError(f"more than {ANSWER_BYTES} bytes")
    response.raw = BytesIO(body)
    return response


@contextmanager
def as_sentences(doing: str, url: str) -> Iterator[None]:
    """Turn what the client raises into sentences.

    Args:
        doing: What is done, as in "Grafana refused it while DOING".
        url: Grafana's address.

    Raises:
        GrafanaError: In place of all that.
    """
    try:
        yield
    except GrafanaException as error:
        raise GrafanaError(_sentence(error, doing, url)) from None
    except requests.exceptions.SSLError as error:
        raise GrafanaError(
            f"The certificate of {url} is not trusted ({_reason(error)}): set"
            " TUTTI_GRAFANA_CA_FILE to the authority that signed it."
        ) from None
    except requests.exceptions.TooManyRedirects:
        raise GrafanaError(
            f"{url} sends elsewhere: set TUTTI_GRAFANA_URL to the address at which Grafana itself"
            " answers, with https and its path."
        ) from None
    except requests.exceptions.ProxyError:
        raise GrafanaError(
            f"{url} is behind a proxy that does not pass us on: see HTTPS_PROXY and NO_PROXY."
        ) from None
    except requests.exceptions.Timeout:
        raise GrafanaError(
            f"{url} did not answer within {ANSWER_S:.0f} s, while {doing}."
        ) from None
    except requests.exceptions.ConnectionError:
        raise GrafanaError(
            f"Nothing answers at {url}: does Grafana run there? Set TUTTI_GRAFANA_URL."
        ) from None
    except (requests.exceptions.RequestException, ValueError, TypeError, KeyError):
        # A page of something else: the client looks for a message in it, or for JSON.
        raise GrafanaError(
            f"What answers at {url} is not Grafana, or something stands between: its answer makes"
            f" no sense, while {doing}."
        ) from None


def status(error: GrafanaException) -> int:
    """The HTTP status that Grafana answered."""
    return int(error.status_code)


def _sentence(error: GrafanaException, doing: str, url: str) -> str:
    if isinstance(error, GrafanaUnauthorizedError):
        return (
            f"{url} does not know the token (401): it was deleted, has run out, or belongs to"
            " another Grafana."
        )
    if status(error) == _FORBIDDEN:
        return (
            f"The token may not do this (403), while {doing}: its service account needs the role"
            f" Admin, for data sources, or Editor with --no-data-sources. {_said(error)}"
        )
    if status(error) == CHANGED:
        return (
            f"Grafana refused it while {doing} (412): somebody has saved a change meanwhile, or"
            f" another dashboard has this name. See tutti dashboards diff. {_said(error)}"
        )
    if isinstance(error, GrafanaServerError):
        return f"Grafana has a problem of its own ({status(error)}), while {doing}. {_said(error)}"
    if isinstance(error, GrafanaClientError):
        return f"Grafana refused it while {doing} ({status(error)}). {_said(error)}"
    return f"Grafana refused it while {doing}. {_said(error)}"


def _said(error: GrafanaException) -> str:
    """Grafana's own words, shortened."""
    response = error.response
    words = response.get("message", "") if isinstance(response, dict) else str(response)
    return f"It says: {str(words)[:300]}" if words else "It says nothing."


def _reason(error: Exception) -> str:
    inner = error.args[0] if error.args else error
    inner = getattr(inner, "reason", inner)
    return str(inner.args[-1] if getattr(inner, "args", None) else inner)[:200]
