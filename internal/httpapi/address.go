package httpapi

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"lectern"
)

// visit is what is known of a request: who sent it, from where, and how it reached the server. guard fills it.
type visit struct {
	id     string      // of the request
	key    lectern.Key // of the request; on a server without keys: the default owner with the scope admin
	cookie bool        // the key came as a session
	from   netip.Addr  // the client: the peer, or the address that a trusted proxy reports; invalid: unknown
	host   string      // as the client wrote it, with its port
	https  bool        // the client speaks TLS, here or to a trusted proxy
}

type visitKey struct{}

// visitOf returns the visit of the request that ctx belongs to; without a request an empty one.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// requestID is the id of the request that ctx belongs to.
func requestID(ctx context.Context) string { return visitOf(ctx).id }

// ParseNetworks parses networks and single addresses, such as the values of the setting http.trusted_proxies.
func ParseNetworks(items []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, item := range items {
		if a, err := netip.ParseAddr(item); err == nil {
			out = append(out, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(item)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// peer is the address at the other end of the connection.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

func (s *server) proxy(a netip.Addr) bool {
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// locate sets v.from, v.host and v.https. It uses forwarding headers only if a trusted proxy sent them.
func (s *server) locate(v *visit, r *http.Request) {
	v.from, v.host, v.https = peer(r), r.Host, r.TLS != nil
	if !s.proxy(v.from) {
		return
	}
	chain, proto := forwarded(r.Header)
	for _, hop := range slices.Backward(chain) { // the last entry is the nearest
		if !hop.IsValid() {
			break
		}
		v.from = hop
		if !s.proxy(hop) {
			break
		}
	}
	v.https = v.https || strings.EqualFold(proto, "https")
	if h := strings.TrimSpace(r.Header.Get("X-Forwarded-Host")); h != "" && !strings.Contains(h, ",") {
		v.host = h
	}
}

// forwarded returns the addresses that proxies report, the farthest first, and the scheme by which the nearest proxy
// was reached. X-Forwarded-For overrides Forwarded, and Forwarded overrides X-Real-IP.
func forwarded(h http.Header) (chain []netip.Addr, proto string) {
	proto = last(h.Values("X-Forwarded-Proto"))
	if list := h.Values("X-Forwarded-For"); len(list) > 0 {
		for item := range strings.SplitSeq(strings.Join(list, ","), ",") {
			chain = append(chain, node(item))
		}
		return chain, proto
	}
	for element := range strings.SplitSeq(strings.Join(h.Values("Forwarded"), ","), ",") {
		for pair := range strings.SplitSeq(element, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			switch strings.ToLower(name) {
			case "for":
				chain = append(chain, node(value))
			case "proto":
				proto = strings.Trim(value, `"`)
			}
		}
	}
	if a := node(h.Get("X-Real-IP")); len(chain) == 0 && a.IsValid() {
		chain = append(chain, a)
	}
	return chain, proto
}

func last(values []string) string {
	all := strings.Split(strings.Join(values, ","), ",")
	return strings.TrimSpace(all[len(all)-1])
}

// node parses the address of one hop, with or without a port. The result is invalid if the hop is obfuscated or not an
// address.
func node(s string) netip.Addr {
	s = strings.Trim(strings.TrimSpace(s), `"`)
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// relays are the headers that proxies add, besides X-Forwarded-…, in canonical form.
var relays = []string{
	"Forwarded", "Via", "X-Real-Ip", "Client-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-For",
	"X-Original-Host", "X-Proxyuser-Ip", "True-Client-Ip",
	"Cf-Connecting-Ip", "Cdn-Loop", "Fastly-Client-Ip", "Fly-Client-Ip", "X-Azure-Clientip", "X-Envoy-External-Address",
}

// relayed returns the name of a header that a proxy added; "" if there is none.
func relayed(h http.Header) string {
	for name := range h {
		if strings.HasPrefix(name, "X-Forwarded-") || slices.Contains(relays, name) {
			return name
		}
	}
	return ""
}

// hostAllowed reports whether requests for this host are answered. A web page whose domain resolves to this machine
// (DNS rebinding) still sends its own domain as Host. Names of loopback and IP addresses cannot be redirected like
// that.
func (s *server) hostAllowed(host string, keyed bool) bool {
	name := hostname(host)
	switch {
	case local(name), slices.Contains(s.Hosts, name), s.base != nil && name == strings.ToLower(s.base.Hostname()):
		return true
	case len(s.Hosts) > 0:
		return false
	}
	return keyed || s.Keyless && net.ParseIP(name) != nil
}

// trusted reports whether a page of this origin may use the interface. Pages of localhost may if the server itself is
// reached by loopback: on another machine, localhost is not the server.
func (s *server) trusted(origin string, v *visit) bool {
	if slices.Contains(s.Origins, "*") || slices.Contains(s.Origins, origin) || s.own(origin, v) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return local(u.Hostname()) && local(hostname(v.host)) && v.from.IsLoopback()
}

// own reports whether the origin is this server's own: the host of the request, or that of BaseURL.
func (s *server) own(origin string, v *visit) bool {
	u, err := url.Parse(origin)
	if s.base != nil && origin == s.base.Scheme+"://"+s.base.Host {
		return true
	}
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && strings.EqualFold(u.Host, v.host)
}

func local(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return strings.ToLower(h)
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}
