// Package usertimeout makes the kernel notice connections that lead nowhere: to a laptop that was shut, over a network that
// is gone. It is named after TCP_USER_TIMEOUT, the option of Linux that does so.
package usertimeout
