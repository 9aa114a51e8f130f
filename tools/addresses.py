"""Which network addresses a skill may speak to. Pure.

Public addresses: yes. Link-local ones, where clouds keep their metadata and credentials, and multicast: never.
Private ones (10/8, 192.168/16, fc00::/7 and so on): where the device's owner allows. Loopback, the device's own
services: where the request itself names it (`localhost`, 127.0.0.1, [::1]); never through a name that merely resolves
to it, nor through a redirect from elsewhere: so nobody on the web can point a device at itself.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_METADATA = frozenset(ip_address(one) for one in ("100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"))
_NAT64 = IPv6Network("64:ff9b::/96")


def parse(host: str) -> Address | None:
    """The address that a host is, if it is written as one."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def names_loopback(host: str) -> bool:
    """Whether a URL's host names the device itself, in so many words."""
    address = parse(host)
    if address is None:
        return host.lower().rstrip(".") == "localhost"
    return _plain(address).is_loopback


def refusal(address: Address, *, private: bool, loopback: bool) -> str:
    """Why this address may not be spoken to; empty where it may."""
    plain = _plain(address)
    if plain in _METADATA or plain.is_link_local:
        return "it is a link-local or cloud metadata address"
    if plain.is_loopback:
        return "" if loopback else "it is the device itself, which only the request may name"
    if plain.is_multicast or plain.is_unspecified or (plain.is_reserved and not plain.is_global):
        return "it is no address of a host"
    if plain.is_global or private:
        return ""
    return "it is a private address, and the device's owner does not allow those"


def _plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one: the kernel or a gateway would unwrap it too."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address
