"""How often a customer may write. In this process's memory: a count in a shared store would be a request of its own."""

from collections import OrderedDict

from limits import parse_many
from werkzeug.exceptions import TooManyRequests

from realtime.connection import Allowance

MOST_KEYS = 20_000


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
