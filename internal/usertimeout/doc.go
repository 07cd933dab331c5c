// Package usertimeout sets the TCP user timeout of connections (RFC 5482), with which the kernel notices those that
// lead nowhere: to a laptop that was shut, over a network that is gone.
package usertimeout
