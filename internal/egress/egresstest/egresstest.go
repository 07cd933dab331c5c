// Package egresstest resolves names in tests of outgoing requests: a DNS server in this process with the test's
// answers. No query leaves the machine, and a name may resolve differently the second time, as an attacker's does.
package egresstest

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Names is a DNS server.
type Names struct {
	conn   net.PacketConn
	answer func(name string) []netip.Addr

	mu    sync.Mutex // guards asked
	asked map[string]bool
}

// Serve answers questions for IPv4 addresses, until the test ends. No address means that the name does not exist.
func Serve(t *testing.T, answer func(name string) []netip.Addr) *Names {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &Names{conn: conn, answer: answer, asked: map[string]bool{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return n
}

// Resolver asks only this server.
func (n *Names) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", n.conn.LocalAddr().String())
	}}
}

// Asked reports whether a name was looked up.
func (n *Names) Asked(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[name]
}

func (n *Names) serve() {
	buf := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if reply := n.reply(buf[:size]); reply != nil {
			_, _ = n.conn.WriteTo(reply, from) // a lost reply is queried again
		}
	}
}

func (n *Names) reply(question []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	n.mu.Lock()
	n.asked[name] = true
	n.mu.Unlock()
	addresses := n.answer(name)
	if len(addresses) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range addresses {
		if q.Type == dnsmessage.TypeA && a.Is4() {
			h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		}
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}
