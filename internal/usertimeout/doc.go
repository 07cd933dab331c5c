// Package lost has the kernel notice connections that lead nowhere: to a laptop that was shut, over a network that is gone.
package lost
