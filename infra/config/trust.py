"""The file of trust rules that the settings name."""

from infra.config.settings import Settings
from operators.core.errors import TerminalError
from schemas.trust import BadTrustRulesError, TrustRules, parse_trust_rules


def trust_rules(settings: Settings) -> TrustRules | None:
    """The rules; None if every source may set every level.

    Raises:
        TerminalError: The file cannot be read or holds no rules.
    """
    file = settings.trust_rules
    if file is None:
        return None
    try:
        return parse_trust_rules(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TerminalError(f"TUTTI_TRUST_RULES: {file} cannot be read: {error}.") from None
    except BadTrustRulesError as error:
        raise TerminalError(f"TUTTI_TRUST_RULES: {file}: {error}.") from None
