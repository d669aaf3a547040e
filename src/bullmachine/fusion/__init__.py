"""From readings to a signed score with named contributions, and the state that asks for trades."""
