// Package tcptimeout sets TCP_USER_TIMEOUT, so that the kernel closes connections whose other end does not answer: a
// closed laptop, a lost network.
package tcptimeout
