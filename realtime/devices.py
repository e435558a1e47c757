"""What a browser says of itself, in words a member reads."""

from functools import lru_cache

from ua_parser import parse


@lru_cache(maxsize=1024)
def device_of(user_agent: str) -> str:
    """For instance "iPhone, Safari 19" or "Windows, Chrome 131"; "" when the browser says nothing known."""
    if not user_agent:
        return ""
    found = parse(user_agent)
    device = found.device and found.device.family
    system = found.os and found.os.family
    where = device if device and device not in ("Other", "Mac", "K") else system
    browser = found.user_agent and " ".join(filter(None, (found.user_agent.family, found.user_agent.major)))
    return ", ".join(filter(None, (where, browser)))
