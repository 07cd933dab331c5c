// Package tcptimeout sets TCP_USER_TIMEOUT, so that the kernel closes connections whose other end no longer answers: a
// laptop that was shut, a network that is gone.
package tcptimeout
