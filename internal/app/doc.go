// Package app composes the program: it makes adapters by the settings, and passes them to the services that use them
// through their ports. It is the only package of the program that imports them all. Commands, benchmarks and tools use
// this composition, so there are no copies of it.
//
// [Tools] make slides, voices and pictures, and store nothing. An [App] is Tools with storage, webhooks and the job
// service on a data folder. `lectern serve` runs one; [OpenLocal] makes one that renders a single deck without a
// server. A program or service that provides voices or avatars is one value in the list in providers.go.
//
// After Start call Stop, and then Close. After Open alone call Close.
package app
