"""Whose requests are counted together, and how often a customer may write.

That is counted in this process's memory: a shared store would be a request of its own.
"""

from collections import OrderedDict
from ipaddress import ip_address, ip_network

from flask_limiter.util import get_remote_address
from limits import parse_many
from werkzeug.exceptions import TooManyRequests

from realtime.connection import Allowance

MOST_KEYS = 20_000


def line_of_visitor() -> str:
    """Whose line a request comes over: its address, or the network of an IPv6 one, for each line has a whole /64
    to choose from (RFC 6177)."""
    given = get_remote_address()
    try:
        address = ip_address(given)
    except ValueError:  # a socket of the machine itself
        return given
    if address.version == 6 and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else given


class Limit:
    """What each key may do, for instance "10 per second; 120 per minute". With several workers, in each of them."""

    def __init__(self, text: str):
        self._rates = [(rate.amount, rate.get_expiry()) for rate in parse_many(text)]
        self._spent: OrderedDict[str, list[Allowance]] = OrderedDict()

    def spend(self, key: str) -> None:
        """Count one deed of `key`; raises TooManyRequests when it is one too many."""
        allowances = self._spent.pop(key, None) or [Allowance(*rate) for rate in self._rates]
        self._spent[key] = allowances  # last in line to be forgotten
        if len(self._spent) > MOST_KEYS:
            self._spent.popitem(last=False)
        refused = [allowance for allowance in allowances if not allowance.spend()]
        if refused:
            wait = max(allowance.seconds / allowance.amount for allowance in refused)
            raise TooManyRequests(retry_after=max(1, round(wait)))
