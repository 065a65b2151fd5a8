// Package aixsim simulates AIX 7.2 virtual machines: a [State] behind AIX's
// own commands at their absolute paths, reached over real SSH through
// transport/lab/sshtest.
//
// A host is given a POSIX sh script and answers as AIX would, wrong in the
// ways AIX is wrong. It knows nothing of the product that talks to it: a
// repair works here only if it removes the true cause, because whether RMC is
// connected is computed from the causes alone (see [Host.Connected]).
//
// A host can be cut off: when a command takes away the address by which SSH
// sessions come in, a [Fleet] cuts them and lets nobody in until it is back (see
// [Host.Reachable]). It can be restarted, from its own disk ([Host.Boot]) or from
// another ([Host.SwapBoot]).
//
// The shell is mvdan.cc/sh with every handler replaced: no real binary and no
// real file can be reached from a script, but for the device /dev/null.
//
// Facts of AIX are those of aix-facts.md; facts unsure there are unsure here:
// [Vary] draws one of the ways in which it could be (see [Variant]).
package aixsim
