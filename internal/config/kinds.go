package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// words is a setting that is a list. valid reports whether an item is allowed.
func words(key, doc, allowed string, valid func(string) bool, at func(*Config) *List) Setting {
	return Setting{key, doc, allowed + ", or nothing", func(c *Config, s string) error {
		items := List(strings.Trim(s, "[]")).Items()
		for _, item := range items {
			if !valid(item) {
				return fmt.Errorf("%q is not allowed", item)
			}
		}
		*at(c) = List(strings.Join(items, ", "))
		return nil
	}, func(c Config) string { return string(*at(&c)) }}
}

func portNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n <= 65535
}

func hostName(s string) bool {
	return net.ParseIP(s) != nil || !strings.ContainsAny(s, ":/@?# \t*") && len(s) <= 253
}

func originName(s string) bool {
	if s == "*" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Path == "" && u.RawQuery == "" &&
		u.User == nil
}

func network(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, err := netip.ParsePrefix(s)
	return err == nil
}

// optionalAddress is a setting that is an address to listen at, or empty.
func optionalAddress(key, doc string, at func(*Config) *string) Setting {
	s := address(key, doc, at)
	set := s.set
	s.Allowed += ", or nothing"
	s.set = func(c *Config, text string) error {
		if text == "" {
			*at(c) = ""
			return nil
		}
		return set(c, text)
	}
	return s
}
