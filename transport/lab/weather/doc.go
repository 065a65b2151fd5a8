// Package weather simulates a bad network on loopback: a TCP proxy between an SSH client
// and a server that delays, cuts or silences each connection at the point where it hurts.
//
// A [Weather] is the fate of one connection: the fault, and when it strikes. A [Proxy] stands
// before one server and asks which weather its next connection gets. A
// [Forecast] answers that out of a seed: the same seed gives the same weather to
// the same connection of the same host.
//
// Terms: a cut ends a connection or a direction of it: a reset, a close,
// half-open, a black hole. A cut strikes when its phase has been reached and so
// many bytes have passed since. The proxy sees by itself how far a handshake is.
// It can't see past the encryption and must be told: see [Proxy.Reach].
//
// The proxy knows nothing of the product, and sends nothing of its own but
// noise before the banner and a banner again.
package weather
