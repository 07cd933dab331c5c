// Package app composes the product: it turns settings into adapters, and adapters into services that know one another
// by their ports alone. It is the only package of the program that imports them all, so that commands, benchmarks and
// tools use the same composition instead of copies of it.
//
// [Tools] make slides, voices and pictures, and keep nothing. An [App] is Tools with storage, webhooks and the job
// service on a data folder: what serve runs, and with [OpenLocal] what renders one deck without a server. A program or
// service that gives voices or avatars is one value in the list of providers.go.
//
// What is opened is closed by Close, and what is started is stopped by Stop, which comes first. Nothing here is changed
// after it was made.
package app
