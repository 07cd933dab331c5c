// Package egress checks the addresses to which users make this machine connect: the pictures of a deck, the receivers
// of webhooks.
//
// This machine can often reach servers that those users cannot: databases, admin pages, the cloud's metadata service.
// So an address is checked twice. [Policy.Judge] refuses an address by its text, without the network. [Policy.Control],
// in the dialer, checks each address from DNS just before the connection, so a name that resolves differently the
// second time gains nothing. All packages that connect to addresses of users share this package: two lists of forbidden
// networks would soon differ.
package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// MaxURL is the longest address, in bytes.
const MaxURL = 4096

// Policy is the set of allowed addresses. The zero value is for untrusted users: only the public internet.
type Policy struct {
	// Private lists private networks that are allowed: servers of an intranet or a test.
	Private []netip.Prefix
	// Ports lists the allowed ports; nil: all.
	Ports []uint16
}

// Everywhere is the policy for addresses that only the operator writes: every network is allowed.
func Everywhere() Policy { return Policy{Private: prefixes("0.0.0.0/0", "::/0")} }

// Refused is the reason why the policy forbids an address, as the end of a sentence: "it points at this machine".
// net/http's errors wrap it.
type Refused struct{ Why string }

// Error implements error.
func (r *Refused) Error() string { return r.Why }

// Judge refuses an address whose text shows that it is forbidden: a scheme other than http or https, a user name, no
// host, a name of this machine, a private address in any notation. It returns an allowed address without its fragment.
// Control may still refuse its host after DNS.
func (p Policy) Judge(address string) (*url.URL, *Refused) {
	if len(address) > MaxURL {
		return nil, &Refused{Why: fmt.Sprintf("its address is longer than %d bytes", MaxURL)}
	}
	if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return nil, &Refused{Why: "its address contains a space, a backslash or a control character"}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, &Refused{Why: "its address is not well formed"}
	}
	switch scheme := strings.ToLower(u.Scheme); {
	case scheme == "":
		return nil, &Refused{Why: "its address must begin with https:// or http://"}
	case scheme != "http" && scheme != "https":
		return nil, &Refused{Why: fmt.Sprintf("only https and http addresses can be reached, not %.20q", scheme)}
	}
	if u.Opaque != "" || u.Host == "" || u.Hostname() == "" {
		return nil, &Refused{Why: "its address names no server"}
	}
	if u.User != nil {
		return nil, &Refused{Why: "its address contains a user name or password"}
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, &Refused{Why: "its address has a port that does not exist"}
		} else if r := p.judgePort(uint16(n)); r != nil {
			return nil, r
		}
	}
	if r := p.judgeHost(u.Hostname()); r != nil {
		return nil, r
	}
	u.Fragment = ""
	return u, nil
}

func (p Policy) judgePort(n uint16) *Refused {
	if p.Ports == nil || slices.Contains(p.Ports, n) {
		return nil
	}
	words := make([]string, len(p.Ports))
	for i, port := range p.Ports {
		words[i] = fmt.Sprint(port)
	}
	return &Refused{Why: fmt.Sprintf("its address has port %d, and only %s may be used (assets.ports)", n,
		strings.Join(words, ", "))}
}

func (p Policy) judgeHost(host string) *Refused {
	host = strings.ToLower(strings.TrimRight(host, "."))
	if host == "" {
		return &Refused{Why: "its address names no server"}
	}
	if strings.Contains(host, "%") {
		return &Refused{Why: "its address names a network interface of this machine"}
	}
	if ip, ok := literal(host); ok {
		return p.JudgeIP(ip)
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "localhost.localdomain" ||
		host == "ip6-localhost" || host == "ip6-loopback" {
		if p.allowsAnyOf(netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()) {
			return nil
		}
		return &Refused{Why: "it points at this machine"}
	}
	if strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".local") || !strings.Contains(host, ".") {
		if len(p.Private) > 0 {
			return nil // the dialer checks the name's addresses
		}
		return &Refused{Why: "it points at a private network"}
	}
	return nil
}

// literal reads an IP address in every notation that some resolver accepts: 127.0.0.1, 127.1, 0x7f000001, 2130706433,
// 0177.0.0.1, ::1, ::ffff:127.0.0.1.
func literal(host string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip, true
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	numbers := make([]uint64, len(parts))
	for i, p := range parts {
		n, ok := parseNumber(p)
		if !ok {
			return netip.Addr{}, false // a name
		}
		numbers[i] = n
	}
	var value uint64
	for i, n := range numbers {
		last := i == len(parts)-1
		bits := 8
		if last {
			bits = 8 * (5 - len(parts))
		}
		if n >= 1<<bits {
			// Out of range: neither an address nor a name. It counts as an address that JudgeIP refuses.
			return netip.IPv4Unspecified(), true
		}
		value = value<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}

// parseNumber reads a number as inet_aton does: decimal, octal after 0, hexadecimal after 0x.
func parseNumber(s string) (uint64, bool) {
	base, digits := 10, s
	switch {
	case strings.HasPrefix(s, "0x"):
		base, digits = 16, s[2:]
		if digits == "" {
			return 0, true
		}
	case len(s) > 1 && s[0] == '0':
		base, digits = 8, s[1:]
	}
	if digits == "" || strings.ContainsAny(digits, "+-_") {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		if strings.Trim(digits, "0123456789") == "" {
			return 1 << 40, true // too long, or 8 and 9 in an octal number: all digits, so not a name
		}
		return 0, false
	}
	return n, true
}

// The networks that are not the public internet, beyond those that netip.Addr recognises.
var special = prefixes(
	"0.0.0.0/8",        // this network
	"100.64.0.0/10",    // carrier-grade NAT; some clouds' metadata
	"192.0.0.0/24",     // protocol assignments; metadata of one cloud
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"198.18.0.0/15",    // benchmarking
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"240.0.0.0/4",      // reserved, and broadcast
	"168.63.129.16/32", // a cloud's own services
	"::/96",            // IPv4-compatible
	"64:ff9b:1::/48",   // local NAT64
	"100::/64",         // discard
	"2001::/23",        // protocol assignments, Teredo among them
	"2001:db8::/32",    // documentation
	"3fff::/20",        // documentation
	"5f00::/16",        // segment routing
	"fec0::/10",        // site-local
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// JudgeIP returns why an address is forbidden, or nil.
func (p Policy) JudgeIP(ip netip.Addr) *Refused {
	ip = ip.WithZone("").Unmap()
	if p.allowsAnyOf(ip) {
		return nil
	}
	// An IPv4 address that a gateway would extract from an IPv6 one counts as itself.
	if inner, ok := embedded(ip); ok {
		if r := p.JudgeIP(inner); r != nil {
			return r
		}
	}
	switch {
	case !ip.IsValid() || ip.IsUnspecified():
		return &Refused{Why: "its address is not that of a machine"}
	case ip.IsLoopback():
		return &Refused{Why: "it points at this machine"}
	case ip.IsPrivate() || ip.IsLinkLocalUnicast():
		return &Refused{Why: "it points at a private network"}
	case ip.IsMulticast() || ip.IsInterfaceLocalMulticast() || ip.IsLinkLocalMulticast():
		return &Refused{Why: "it points at a group of machines"}
	}
	for _, network := range special {
		if network.Contains(ip) {
			return &Refused{Why: "it points at a private network"}
		}
	}
	if ip.Is6() && !global6.Contains(ip) && !nat64.Contains(ip) {
		return &Refused{Why: "it points at a private network"}
	}
	return nil
}

var (
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4  = netip.MustParsePrefix("2002::/16")
)

// embedded returns the IPv4 address in an IPv6 one to which NAT64 or 6to4 would connect.
func embedded(ip netip.Addr) (netip.Addr, bool) {
	if !ip.Is6() {
		return netip.Addr{}, false
	}
	b := ip.As16()
	switch {
	case nat64.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixTo4.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

func (p Policy) allowsAnyOf(ips ...netip.Addr) bool {
	for _, network := range p.Private {
		for _, ip := range ips {
			if network.Contains(ip) {
				return true
			}
		}
	}
	return false
}

// Dialer connects only to allowed addresses. It checks each address when it connects, independently of earlier lookups.
func (p Policy) Dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second, ControlContext: p.Control}
}

// Control checks an address after DNS, just before the connection. It is a net.Dialer's ControlContext.
func (p Policy) Control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return &Refused{Why: "it does not use TCP"}
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return &Refused{Why: "its address is not well formed"}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return &Refused{Why: "its address has a port that does not exist"}
	} else if r := p.judgePort(uint16(n)); r != nil {
		return r
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return &Refused{Why: "its address is not well formed"}
	}
	if r := p.JudgeIP(ip); r != nil {
		return r
	}
	return nil
}
