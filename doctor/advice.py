"""What to change, as it is written in the files of those who run Baton."""

NGINX_UPGRADE = """\
# nginx, in http { … }:
map $http_upgrade $connection_upgrade {
    default upgrade;
    ''      '';
}
# and in the location that has proxy_pass:
proxy_http_version 1.1;
proxy_set_header Upgrade    $http_upgrade;
proxy_set_header Connection $connection_upgrade;"""

NGINX_HOST = """\
# nginx, in the location that has proxy_pass:
proxy_set_header Host             $host;
proxy_set_header X-Forwarded-Host $host;"""

NGINX_PROTO = """\
# nginx, in the location that has proxy_pass:
proxy_set_header X-Forwarded-Proto $scheme;"""

NGINX_FOR = """\
# nginx, in the location that has proxy_pass:
proxy_set_header X-Forwarded-For $remote_addr;"""

NGINX_BUFFERING = """\
# nginx, in the location that has proxy_pass:
proxy_buffering off;
# Elsewhere (a company's proxy, a content delivery network): switch off buffering, or "inspection", for this host."""


def environment(name: str, value: object) -> str:
    """A line of the service's environment."""
    return f"{name}={value}"
